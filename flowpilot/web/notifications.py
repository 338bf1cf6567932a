"""Notifications: what the signed-in person was notified of."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel

from flowpilot.clock import Now
from flowpilot.http.paging import ListPage
from flowpilot.identity.access import CanView
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.notifications.inbox import api
from flowpilot.notifications.inbox.schemas import NotificationOut, ReadIn
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, is_own_path, render

router = APIRouter(prefix="/notifications", include_in_schema=False)


Show = Literal["all", "unread"]


class OneRead(BaseModel):
    """The page to open after a notification is marked as read, or the list to return to."""

    path: str | None = None
    show: Show = "unread"


class AllRead(BaseModel):
    """The newest notification that the page showed: later ones stay unread."""

    up_to: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications(Page):
    """All notifications, or the unread ones."""

    template: ClassVar[str] = "notifications.html"
    found: ListPage[NotificationOut]
    show: Show
    is_first: bool


@router.get("")
async def show_list(
    request: Request,
    actor: CanView,
    db: ReadSession,
    frame: CurrentFrame,
    show: Show | None = None,
    cursor: uuid.UUID | None = None,
) -> Response:
    """The unread notifications if there are any, otherwise all."""
    chosen: Show = show or ("unread" if frame.counts.unread_count else "all")
    page = Notifications(
        title="Notifications",
        found=await api.shown(actor, db, 50, cursor, unread=chosen == "unread"),
        show=chosen,
        is_first=cursor is None,
    )
    return render(request, page, frame)


@router.post("/read")
async def read_all(body: Annotated[AllRead, Form()], actor: CanView, db: WriteSession, now: Now) -> Response:
    await api.mark_read(ReadIn(up_to=body.up_to), actor, db, now)
    return go_to("/notifications", "All notifications are marked as read.")


@router.post("/{notification_id}/read")
async def read_one(
    notification_id: uuid.UUID, body: Annotated[OneRead, Form()], actor: CanView, db: WriteSession, now: Now
) -> Response:
    """Mark one as read, and open its page if asked to."""
    await api.mark_read(ReadIn(ids=[notification_id]), actor, db, now)
    if body.path is not None and is_own_path(body.path):
        return go_to(body.path)
    return go_to(f"/notifications?show={body.show}")
