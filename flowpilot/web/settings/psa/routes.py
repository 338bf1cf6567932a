"""Every page of the ticket system's settings."""

from flowpilot.http.routers import collect
from flowpilot.web.settings.psa import boards, companies, pages, rules

# Paths with a word come before those with an id.
router = collect(boards, companies, rules, pages)
