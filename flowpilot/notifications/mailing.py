"""Notices that are sent by e-mail as well, each once, unless they are over by then."""

import uuid
from datetime import datetime

from sqlalchemy import exists, select

from flowpilot.db.session import Db
from flowpilot.jobs import enqueue
from flowpilot.notifications.delivery.trouble import report_by_email
from flowpilot.notifications.models import Notification, NotificationDelivery
from flowpilot.notifications.people import people

MAIL_JOB = "notifications.mail_notices"


async def mail_later(db: Db, account_id: uuid.UUID, about: uuid.UUID) -> None:
    """Let a job send the notices about this. Whether there is a mail server, only the worker's settings say."""
    enqueue(db, MAIL_JOB, account_id=account_id, about=about)


async def mail_notices(db: Db, account_id: uuid.UUID, about: uuid.UUID, now: datetime) -> bool:
    """Send the notices about this that still apply and were not sent yet; whether there are notices about it."""
    of_it = exists().where(Notification.account_id == account_id, Notification.route_id == about)
    if not await db.scalar(select(of_it)):
        return False
    sent = exists().where(
        NotificationDelivery.account_id == account_id, NotificationDelivery.notification_id == Notification.id
    )
    query = (
        select(Notification.user_id, Notification.id)
        .where(
            Notification.account_id == account_id,
            Notification.route_id == about,
            Notification.settled_at.is_(None),
            ~sent,
        )
        .with_for_update()
    )
    members = await people(db, account_id)
    notices = {row.user_id: row.id for row in await db.execute(query)}
    reached = {user: notice for user, notice in notices.items() if user in members and members[user].email}
    await report_by_email(db, account_id, reached, now)
    return True
