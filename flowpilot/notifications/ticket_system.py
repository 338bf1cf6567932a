"""A ticket system that refuses FlowPilot's credentials: those who can enter new ones are notified, once."""

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.announce import announce
from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.identity.actor import PERMISSIONS, Permission
from flowpilot.identity.models import Account
from flowpilot.notifications.delivery.trouble import TroubleKind
from flowpilot.notifications.models import Notification
from flowpilot.notifications.people import people
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.hooks import Changed, CredentialsRefused


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
