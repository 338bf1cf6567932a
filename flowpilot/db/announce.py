"""NOTIFY: tell every server process that something in an account has changed, once it is committed."""

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from psycopg import sql

if TYPE_CHECKING:
    from flowpilot.db.session import Db

CHANNEL = "flowpilot"

Topic = Literal["handoffs", "access", "notifications", "sessions", "presence", "removals"]

_PENDING = "announcements"
# Ids and numbers, as all that is announced is.
_PLAIN = re.compile(r"[\w -]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What has changed in an account, and of some topics the new state in a few words without spaces."""

    topic: Topic
    account_id: uuid.UUID
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.topic, str(self.account_id), *self.details))

    @classmethod
    def read(cls, payload: str) -> Self | None:
        """The announcement in a payload; None if it holds none. Any role that may connect may notify."""
        topic, account, *details = (*payload.split(" "), "")
        known = next((one for one in get_args(Topic) if one == topic), None)
        try:
            return None if known is None else cls(known, uuid.UUID(account), tuple(filter(None, details)))
        except ValueError:
            return None


def announce(
    db: "Db", account_id: uuid.UUID, topic: Topic, subject: uuid.UUID | None = None, *state: object
) -> None:
    """Have it announced that this transaction changed something. Listeners then read what they may see.

    What a transaction announces is sent with its commit, and of each subject the last state.
    """
    pending: dict[Any, Announcement] = db.info.setdefault(_PENDING, {})
    details = () if subject is None else (str(subject), *map(str, state))
    pending[topic, account_id, subject] = Announcement(topic, account_id, details)


async def commit_and_announce(db: "Db") -> None:
    """Commit, and tell listeners in the same round trip. The session itself then has nothing to commit.

    PostgreSQL tells them once it has committed. Without announcements the commit is left to the session.
    """
    pending: dict[Any, Announcement] = db.info.pop(_PENDING, {})
    if pending:
        await db.send_text("; ".join([*map(_notify, pending.values()), "COMMIT"]))


def _notify(announcement: Announcement) -> str:
    payload = str(announcement)
    # The driver's way to quote takes longer than all else here.
    return f"NOTIFY {CHANNEL}, " + (f"'{payload}'" if _PLAIN.fullmatch(payload) else sql.quote(payload))
