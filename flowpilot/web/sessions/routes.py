"""Every page of a session."""

from flowpilot.http.routers import collect
from flowpilot.web.sessions import (
    actions,
    changes,
    facts,
    flow,
    listing,
    new,
    note,
    pages,
    suggestions,
    verifying,
)
from flowpilot.web.sessions.earlier import similar
from flowpilot.web.sessions.edits import removal, steps
from flowpilot.web.sessions.escalating import form as escalating

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
    escalating,
    steps,
    removal,
    similar,
    facts,
    suggestions,
)
