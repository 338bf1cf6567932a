"""Every page of a session."""

from flowpilot.http.routers import collect
from flowpilot.web.sessions import (
    actions,
    changes,
    edits,
    escalate,
    facts,
    flow,
    listing,
    new,
    note,
    pages,
    recalled,
    removal,
    suggestions,
    verifying,
)

# The path of the first would also match that of one session.
router = collect(
    new,
    listing,
    changes,
    pages,
    note,
    flow,
    actions,
    verifying,
    escalate,
    edits,
    removal,
    recalled,
    facts,
    suggestions,
)
