"""Every page of proposals."""

from flowpilot.http.routers import collect
from flowpilot.web.proposals import decisions, pages

router = collect(pages, decisions)
