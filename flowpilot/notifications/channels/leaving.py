"""Members' own channels are removed when they leave: nobody else may change them or know where they lead."""

from collections.abc import Sequence

from sqlalchemy import select

from flowpilot.db.session import Db, ReadDb
from flowpilot.identity.leaving import Holder, Holding, Leaver, LeavingHook
from flowpilot.notifications.channels.service import remove_for_good
from flowpilot.notifications.models import NotificationChannel


async def _list_held(db: ReadDb, holder: Holder) -> list[Holding]:
    return [_holding(channel) for channel in await _own_of(db, holder)]


async def _remove_all(db: Db, leaver: Leaver) -> list[Holding]:
    if leaver.still_works:
        return []
    channels = await _own_of(db, leaver, locked=True)
    for channel in channels:
        await remove_for_good(db, leaver.by, channel, leaver.at)
    return [_holding(channel) for channel in channels]


async def _own_of(db: ReadDb, holder: Holder, *, locked: bool = False) -> Sequence[NotificationChannel]:
    query = (
        select(NotificationChannel)
        .where(
            NotificationChannel.account_id == holder.account_id,
            NotificationChannel.user_id == holder.user_id,
            NotificationChannel.deleted_at.is_(None),
        )
        .order_by(NotificationChannel.id)
    )
    return (await db.scalars(query.with_for_update() if locked else query)).all()


def _holding(channel: NotificationChannel) -> Holding:
    return Holding("notification_channel", channel.id, channel.name)


CHANNELS = LeavingHook(_list_held, _remove_all)
