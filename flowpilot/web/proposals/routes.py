"""Every page of proposals."""

from flowpilot.http.routers import collect
from flowpilot.web.proposals import decisions, making, pages

router = collect(pages, making, decisions)
