"""Functions that are called when something happens to a connection or a posting, in the same transaction.

What waits for it is known to the postings, and whom to notify to the notifications. Neither is known here
(docs/decisions/0010).
"""

import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from flowpilot.db.session import Db, ReadDb
from flowpilot.identity.actor import Actor, ForbiddenError


@dataclass(frozen=True, slots=True)
class Changed:
    """A connection to which something happened, and when."""

    account_id: uuid.UUID
    connection_id: uuid.UUID
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CredentialsRefused(Changed):
    """A connection whose credentials are no longer accepted; `reason` is a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class PostingsMended:
    """Postings that had failed, and are tried again or given up, and when."""

    account_id: uuid.UUID
    posting_ids: Collection[uuid.UUID]
    at: datetime


@dataclass(frozen=True, slots=True)
class PostingFailed:
    """A posting that waits for `user_id`, whose it is; and for those who manage it too, if it `needs_settings`."""

    account_id: uuid.UUID
    posting_id: uuid.UUID
    at: datetime
    ticket_id: str
    reason: str
    user_id: uuid.UUID | None
    needs_settings: bool


# The credentials are no longer accepted, so the connection was paused. Called once, until it goes on.
on_refused: list[Callable[[Db, CredentialsRefused], Awaitable[None]]] = []
# What postings waited for may be here now: the connection goes on, or a member or a status was mapped.
on_ready: list[Callable[[Db, Changed], Awaitable[None]]] = []
# A posting has failed, and then: it is tried again, or given up.
on_posting_failed: list[Callable[[Db, PostingFailed], Awaitable[None]]] = []
on_postings_mended: list[Callable[[Db, PostingsMended], Awaitable[None]]] = []
# It is removed: nothing goes over it any more.
on_removed: list[Callable[[Db, Changed], Awaitable[None]]] = []
# Why somebody may not change what these sessions have posted, for those that are not theirs.
refusals_to_change: list[
    Callable[[ReadDb, Actor, Collection[uuid.UUID]], Awaitable[Mapping[uuid.UUID, ForbiddenError]]]
] = []


async def not_theirs(
    db: ReadDb, actor: Actor, session_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, ForbiddenError]:
    """What all of `refusals_to_change` say."""
    found: dict[uuid.UUID, ForbiddenError] = {}
    for hook in refusals_to_change:
        found |= await hook(db, actor, session_ids)
    return found


async def call(hooks: list[Callable[[Db, Changed], Awaitable[None]]], db: Db, changed: Changed) -> None:
    """Call all of them."""
    for hook in hooks:
        await hook(db, changed)


async def report_mended(db: Db, mended: PostingsMended) -> None:
    """Call all of `on_postings_mended`."""
    for hook in on_postings_mended:
        await hook(db, mended)
