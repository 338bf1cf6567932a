"""Every page of the figures."""

from fastapi import APIRouter

from flowpilot.web.analytics import rows, tabs

router = APIRouter()
for part in (tabs, rows):
    router.include_router(part.router)
