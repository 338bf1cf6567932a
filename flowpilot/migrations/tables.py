"""Every table in one place, for Alembic and for the tests that go through all of them."""

from flowpilot.attachments import models as attachments
from flowpilot.baselines import models as baselines
from flowpilot.clients import models as clients
from flowpilot.copilot import models as copilot
from flowpilot.db.base import Base
from flowpilot.flows import models as flows
from flowpilot.freshness import models as freshness
from flowpilot.handoffs import models as handoffs
from flowpilot.handoffs.days import models as handoff_days
from flowpilot.handoffs.questions import models as handoff_questions
from flowpilot.handoffs.rules import models as escalation_rules
from flowpilot.identity import models as identity
from flowpilot.identity.hours import models as account_hours
from flowpilot.imports import models as imports
from flowpilot.imports.saved import models as saved_mappings
from flowpilot.imports.uploads import models as import_uploads
from flowpilot.knowledge import models as knowledge
from flowpilot.knowledge.wording import models as wording
from flowpilot.notifications import models as notifications
from flowpilot.psa import models as psa
from flowpilot.psa.connections import models as psa_connections
from flowpilot.psa.days import models as psa_days
from flowpilot.psa.postings import models as psa_postings
from flowpilot.psa.rules import models as psa_rules
from flowpilot.psa.tickets import models as psa_tickets
from flowpilot.sessions import models as sessions
from flowpilot.sessions.client_notes import models as client_notes
from flowpilot.sessions.days import models as session_days
from flowpilot.sessions.records import models as session_records
from flowpilot.sessions.search import models as session_search
from flowpilot.sessions.suggestions import models as suggestions

__all__ = [
    "APART",
    "TENANT",
    "Base",
    "account_hours",
    "attachments",
    "baselines",
    "client_notes",
    "clients",
    "copilot",
    "escalation_rules",
    "flows",
    "freshness",
    "handoff_days",
    "handoff_questions",
    "handoffs",
    "identity",
    "import_uploads",
    "imports",
    "knowledge",
    "notifications",
    "psa",
    "psa_connections",
    "psa_days",
    "psa_postings",
    "psa_rules",
    "psa_tickets",
    "saved_mappings",
    "session_days",
    "session_records",
    "session_search",
    "sessions",
    "suggestions",
    "wording",
]

metadata = Base.metadata

# Who people are is read before an account is known, and across accounts, so these stand apart from all others.
# Where accounts are spread over machines, these stay on the coordinator, like the queue.
APART = frozenset({"accounts", "users", "memberships", "api_keys", "invitations"})
TENANT = frozenset(table.name for table in metadata.sorted_tables if "account_id" in table.columns) - APART
