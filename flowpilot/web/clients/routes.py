"""Every page of clients."""

from flowpilot.http.routers import collect
from flowpilot.web.clients import manage, pages

router = collect(pages, manage)
