"""Every page of the reports and their rows."""

from fastapi import APIRouter

from flowpilot.web.analytics import pages, rows

router = APIRouter()
for part in (pages, rows):
    router.include_router(part.router)
