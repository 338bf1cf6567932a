"""A ticket system that refuses FlowPilot's credentials: those who can enter new ones are notified, once."""

import uuid
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.announce import announce
from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.identity.actor import PERMISSIONS, Permission
from flowpilot.identity.models import Account
from flowpilot.jobs import enqueue
from flowpilot.notifications.delivery.trouble import TroubleKind, report_by_email
from flowpilot.notifications.models import Notification, NotificationDelivery
from flowpilot.notifications.people import people
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.hooks import Changed, CredentialsRefused

MAIL_JOB = "notifications.mail_refused"


async def report_refused(db: Db, refused: CredentialsRefused) -> None:
    """Notify everybody who manages the connection."""
    members = await people(db, refused.account_id)
    managing = [user for user, person in members.items() if Permission.MANAGE_PSA in PERMISSIONS[person.role]]
    content = {
        "kind": TroubleKind.TICKET_SYSTEM_REFUSES,
        "name": refused.name,
        "reason": refused.reason,
        "since": refused.at.isoformat(),
        "zone": await db.scalar(select(Account.timezone).where(Account.id == refused.account_id)),
    }
    about = {
        "account_id": refused.account_id,
        "route_id": refused.connection_id,
        "content": content,
        "created_at": refused.at,
    }
    if managing:
        rows = [{"id": new_id(), "user_id": user, **about} for user in managing]
        await db.execute(insert(Notification).values(rows))
        await announce(db, refused.account_id, "notifications")
        # Whether there is a mail server, only the worker's settings say.
        await enqueue(db, MAIL_JOB, account_id=refused.account_id, connection_id=refused.connection_id)


async def mail_refused(db: Db, account_id: uuid.UUID, connection_id: uuid.UUID, now: datetime) -> None:
    """Send the notices that still apply by e-mail as well, each once."""
    sent = exists().where(
        NotificationDelivery.account_id == account_id, NotificationDelivery.notification_id == Notification.id
    )
    query = (
        select(Notification.user_id, Notification.id)
        .where(
            Notification.account_id == account_id,
            Notification.route_id == connection_id,
            Notification.settled_at.is_(None),
            ~sent,
        )
        .with_for_update()
    )
    members = await people(db, account_id)
    notices = {row.user_id: row.id for row in await db.execute(query)}
    reached = {user: notice for user, notice in notices.items() if user in members and members[user].email}
    await report_by_email(db, account_id, reached, now)


async def settle_refused(db: Db, changed: Changed) -> None:
    """Settle the notice once the connection goes on, or is removed. Another change leaves it as it is."""
    query = select(PsaConnection.id).where(
        PsaConnection.account_id == changed.account_id,
        PsaConnection.id == changed.connection_id,
        PsaConnection.removed_at.is_(None),
        PsaConnection.pause_kind.is_not(None),
    )
    if await db.scalar(query) is not None:
        return
    notices = (
        Notification.account_id == changed.account_id,
        Notification.route_id == changed.connection_id,
        Notification.settled_at.is_(None),
    )
    settling = update(Notification).where(*notices).values(settled_at=changed.at)
    if (await db.scalars(settling.returning(Notification.id))).all():
        await announce(db, changed.account_id, "notifications")
