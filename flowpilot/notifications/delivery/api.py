"""JSON routes of deliveries: the log of what was sent."""

import uuid

from fastapi import APIRouter

from flowpilot.clock import Now
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.notifications.delivery import queries, schemas, service
from flowpilot.notifications.models import DeliveryStatus

router = APIRouter(prefix="/api/v1", tags=["notifications"])


@router.get("/notification-deliveries")
async def list_deliveries(
    actor: CanWork,
    db: ReadSession,
    channel_id: uuid.UUID | None = None,
    status: DeliveryStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ListPage[schemas.DeliveryOut]:
    """What was sent to the caller, newest first. Callers who manage channels get everything the account sent."""
    rows = await queries.deliveries(db, actor, limit + 1, cursor, channel_id=channel_id, status=status)
    return list_page([schemas.DeliveryOut.model_validate(row) for row in rows], limit)


@router.post("/notification-deliveries/{delivery_id}/retry", status_code=202)
async def retry_delivery(delivery_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> schemas.QueuedOut:
    """Try a failed delivery again."""
    await service.retry(db, actor, delivery_id, now)
    return schemas.QueuedOut(delivery_id=delivery_id)
