"""Trouble with the ticket system: those who can do something about it are notified, once.

Refused credentials are for those who can enter new ones, and a posting that failed is for the person whose it is.
"""

from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.identity.actor import Permission
from flowpilot.notifications.delivery.trouble import TroubleKind
from flowpilot.notifications.mailing import mail_later
from flowpilot.notifications.notices import Notice, may, notify, settle, those_who_may, with_unread
from flowpilot.notifications.people import people
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.hooks import Changed, CredentialsRefused, PostingFailed, PostingsMended


async def report_refused(db: Db, refused: CredentialsRefused) -> None:
    """Notify everybody who manages the connection."""
    members = await people(db, refused.account_id)
    trouble = Notice(refused.connection_id, TroubleKind.TICKET_SYSTEM_REFUSES, refused.name, refused.reason)
    managing = those_who_may(members, Permission.MANAGE_PSA)
    await notify(db, refused.account_id, managing, trouble, refused.at)
    if managing:
        await mail_later(db, refused.account_id, refused.connection_id)


async def report_failed(db: Db, failed: PostingFailed) -> None:
    """Notify the person whose posting failed.

    Those who manage the connection are notified as well if the person has left, or cannot do it alone; of many
    postings that fail, once, until they have read it.
    """
    members = await people(db, failed.account_id)
    whose = {user for user in (failed.user_id,) if user in members and may(members[user], Permission.WORK)}
    trouble = Notice(failed.posting_id, TroubleKind.POSTING_FAILED, failed.ticket_id, failed.reason)
    notified = set(whose)
    if failed.needs_settings or not whose:
        managing = those_who_may(members, Permission.MANAGE_PSA)
        notified |= managing - await with_unread(db, failed.account_id, managing, TroubleKind.POSTING_FAILED)
    await notify(db, failed.account_id, notified, trouble, failed.at)


async def settle_failed(db: Db, mended: PostingsMended) -> None:
    """Settle the notices of postings that are tried again, or given up."""
    await settle(db, mended.account_id, mended.posting_ids, mended.at)


async def settle_refused(db: Db, changed: Changed) -> None:
    """Settle the notice once the connection goes on, or is removed. Another change leaves it as it is."""
    query = select(PsaConnection.id).where(
        PsaConnection.account_id == changed.account_id,
        PsaConnection.id == changed.connection_id,
        PsaConnection.removed_at.is_(None),
        PsaConnection.pause_kind.is_not(None),
    )
    if await db.scalar(query) is None:
        await settle(db, changed.account_id, [changed.connection_id], changed.at)
