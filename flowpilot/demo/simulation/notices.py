"""Who has read which of their notifications."""

from datetime import datetime, timedelta
from random import Random

from flowpilot.demo.simulation.chance import around
from flowpilot.notifications.models import Notification

_UNREAD_FOR = timedelta(hours=2)
_READ_SHARE = 0.9


def read_notices(rng: Random, notices: list[Notification], now: datetime) -> list[Notification]:
    """The notifications: the newest are unread, and most of the others were read within the hour."""
    for notice in notices:
        is_old = notice.created_at < now - _UNREAD_FOR
        if is_old and rng.random() < _READ_SHARE:
            notice.read_at = min(notice.created_at + timedelta(seconds=around(rng, 900, 0.7)), now)
    return notices
