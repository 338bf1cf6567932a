"""Every table in one place, for Alembic and for the tests that walk them."""

from flowpilot.db.base import Base
from flowpilot.flows import models as flows
from flowpilot.handoffs import models as handoffs
from flowpilot.identity import models as identity
from flowpilot.imports import models as imports
from flowpilot.knowledge import models as knowledge
from flowpilot.psa import models as psa
from flowpilot.sessions import models as sessions

__all__ = ["Base", "flows", "handoffs", "identity", "imports", "knowledge", "psa", "sessions"]

metadata = Base.metadata
