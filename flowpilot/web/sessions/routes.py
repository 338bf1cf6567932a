"""Every page of a session."""

from flowpilot.http.routers import collect
from flowpilot.web.sessions import actions, pages

router = collect(pages, actions)
