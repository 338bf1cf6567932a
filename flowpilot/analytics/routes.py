"""Every route of the reports, their rows and their tables."""

from fastapi import APIRouter

from flowpilot.analytics import api
from flowpilot.analytics.rows import api as rows
from flowpilot.analytics.tables import api as tables

router = APIRouter()
for part in (api, rows, tables):
    router.include_router(part.router)
