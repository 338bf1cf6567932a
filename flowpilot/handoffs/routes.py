"""Every JSON route of handoffs."""

from fastapi import APIRouter

from flowpilot.handoffs import api
from flowpilot.handoffs.live import api as live

router = APIRouter()
# The stream comes first: its path would otherwise be read as that of a handoff called "stream".
for part in (live, api):
    router.include_router(part.router)
