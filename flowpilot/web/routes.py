"""Every page of the web interface."""

from flowpilot.http.routers import collect
from flowpilot.web import api_docs, home, notifications, stopwatch, tickets
from flowpilot.web.access import routes as access
from flowpilot.web.analytics import routes as analytics
from flowpilot.web.clients import routes as clients
from flowpilot.web.flows import routes as flows
from flowpilot.web.handoffs import routes as handoffs
from flowpilot.web.imports import routes as imports
from flowpilot.web.postings import routes as postings
from flowpilot.web.proposals import routes as proposals
from flowpilot.web.sessions import routes as sessions
from flowpilot.web.settings import routes as settings

router = collect(
    api_docs,
    access,
    home,
    settings,
    imports,
    notifications,
    stopwatch,
    tickets,
    analytics,
    sessions,
    handoffs,
    flows,
    clients,
    postings,
    proposals,
)
