"""Every route of the reports, their rows and their tables."""

from flowpilot.analytics import api
from flowpilot.analytics.effects import api as effects
from flowpilot.analytics.own import api as own
from flowpilot.analytics.rows import api as rows
from flowpilot.analytics.tables import api as tables
from flowpilot.http.routers import collect

router = collect(api, rows, tables, effects, own)
