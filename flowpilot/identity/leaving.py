"""Leaving: what a member holds is handed over in the transaction that ends their access (docs/decisions/0024).

Identity knows no other feature. Features that give members something to hold add a hook here at start.
"""

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from flowpilot.db.session import Db, ReadDb
from flowpilot.identity.actor import Actor, Role
from flowpilot.identity.assignees import can_work, lock_assignee
from flowpilot.identity.models import ApiKey


@dataclass(frozen=True, slots=True)
class Holding:
    """Something that a member holds. `kind` is the feature's name for it, `name` is for people."""

    kind: str
    id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class Holder:
    """A member of an account, at a moment."""

    account_id: uuid.UUID
    user_id: uuid.UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Leaver(Holder):
    """A member whose access was ended or lowered by `by`. `role` is the new role; None if they were removed.

    Their work goes to `successor`, or without one to a place where everybody sees it.
    """

    role: Role | None
    by: uuid.UUID
    successor: uuid.UUID | None

    @property
    def still_works(self) -> bool:
        """Whether they may still work on sessions and handoffs, and so keep those they hold."""
        return self.role is not None and can_work(self.role)


@dataclass(frozen=True, slots=True)
class LeavingHook:
    """How one feature lists what a member holds, and hands it over."""

    list_held: Callable[[ReadDb, Holder], Awaitable[Sequence[Holding]]]
    hand_over: Callable[[Db, Leaver], Awaitable[Sequence[Holding]]]


hooks: list[LeavingHook] = []


async def holdings(db: ReadDb, holder: Holder) -> list[Holding]:
    """What a member holds. Their own API keys end with their membership; keys they created for programs do not."""
    held = [one for hook in hooks for one in await hook.list_held(db, holder)]
    return held + await _keys(db, holder)


async def hand_over(
    db: Db, actor: Actor, user_id: uuid.UUID, role: Role | None, successor: uuid.UUID | None, now: datetime
) -> list[Holding]:
    """Hand over what a removed or lowered member holds, and return it.

    Call it after their access has changed: from then on they get no new work, and their successor gets only what
    the successor can see.

    Raises:
        NotAssignableError: the successor cannot sign in and claim.
    """
    if not hooks:
        raise RuntimeError("No hooks are set. Call wiring.wire_features first.")
    if successor is not None:
        await lock_assignee(db, actor.account_id, successor, "hand_over_to")
    leaver = Leaver(actor.account_id, user_id, now, role, actor.user_id, successor)
    return [one for hook in hooks for one in await hook.hand_over(db, leaver)]


def on_record(handed_over: Sequence[Holding], successor: uuid.UUID | None) -> dict[str, Any]:
    """The audit log's record of it: how many of each kind, and who has them now."""
    if not handed_over:
        return {}
    counts = Counter(one.kind for one in handed_over)
    return {"handed_over": dict(sorted(counts.items())), "handed_over_to": successor and str(successor)}


async def _keys(db: ReadDb, holder: Holder) -> list[Holding]:
    query = select(ApiKey).where(
        ApiKey.account_id == holder.account_id,
        or_(ApiKey.user_id == holder.user_id, ApiKey.created_by == holder.user_id),
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > holder.at),
    )
    return [
        Holding(
            "api_key" if key.user_id == holder.user_id else "key_made_for_others", key.id, key.name or key.prefix
        )
        for key in await db.scalars(query.order_by(ApiKey.id))
    ]
