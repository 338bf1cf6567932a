"""JSON routes of notifications: a member's own, the channels, and what was sent."""

from fastapi import APIRouter

from flowpilot.notifications.channels.api import router as channels
from flowpilot.notifications.delivery.api import router as deliveries
from flowpilot.notifications.inbox.api import router as inbox

router = APIRouter()
router.include_router(inbox)
router.include_router(channels)
router.include_router(deliveries)
