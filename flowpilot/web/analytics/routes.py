"""Every page of the reports and their rows."""

from flowpilot.http.routers import collect
from flowpilot.web.analytics import pages, rows

router = collect(pages, rows)
