"""Every JSON route of notifications."""

from fastapi import APIRouter

from flowpilot.notifications.channels import api as channels
from flowpilot.notifications.delivery import api as delivery
from flowpilot.notifications.inbox import api as inbox

router = APIRouter()
for part in (inbox, channels, delivery):
    router.include_router(part.router)
