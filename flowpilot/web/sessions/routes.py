"""Every page of a session."""

from flowpilot.http.routers import collect
from flowpilot.web.sessions import actions, listing, new, pages

# Its path would also match that of one session.
router = collect(new, listing, pages, actions)
