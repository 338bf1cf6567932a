"""Every page of the reports and their rows."""

from flowpilot.http.routers import collect
from flowpilot.web.analytics import outcomes, pages, rows

router = collect(pages, outcomes, rows)
