"""Every table in one place, for Alembic and for the tests that go through all of them."""

from flowpilot.baselines import models as baselines
from flowpilot.clients import models as clients
from flowpilot.copilot import models as copilot
from flowpilot.db.base import Base
from flowpilot.flows import models as flows
from flowpilot.freshness import models as freshness
from flowpilot.handoffs import models as handoffs
from flowpilot.identity import models as identity
from flowpilot.imports import models as imports
from flowpilot.knowledge import models as knowledge
from flowpilot.knowledge.wording import models as wording
from flowpilot.notifications import models as notifications
from flowpilot.psa import models as psa
from flowpilot.psa.connections import models as psa_connections
from flowpilot.psa.postings import models as psa_postings
from flowpilot.psa.rules import models as psa_rules
from flowpilot.psa.tickets import models as psa_tickets
from flowpilot.sessions import models as sessions
from flowpilot.sessions.client_notes import models as client_notes

__all__ = [
    "Base",
    "baselines",
    "client_notes",
    "clients",
    "copilot",
    "flows",
    "freshness",
    "handoffs",
    "identity",
    "imports",
    "knowledge",
    "notifications",
    "psa",
    "psa_connections",
    "psa_postings",
    "psa_rules",
    "psa_tickets",
    "sessions",
    "wording",
]

metadata = Base.metadata
