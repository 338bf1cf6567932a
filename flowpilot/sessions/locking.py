"""Sessions, locked for one transaction: actions on the same session take turns."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, select

from flowpilot.db.session import Db, ReadDb
from flowpilot.db.statements.built import Built
from flowpilot.errors import NotFoundError
from flowpilot.flows.tree import Tree
from flowpilot.identity.actor import Actor
from flowpilot.sessions import path, policy
from flowpilot.sessions.following.followed import Followed, read_beside
from flowpilot.sessions.models import AISession, AISessionStep, StatusChange
from flowpilot.sessions.runs.run import Run, run_of

# Statements that every step sends are built once: to build them takes longer than PostgreSQL takes to answer.
_LOCKING = (
    select(AISession)
    .where(AISession.account_id == bindparam("account_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def locking(session_id: ColumnElement[uuid.UUID]) -> Built:
    """The statement that locks the session of an account which an expression names."""
    return Built(_LOCKING.where(AISession.id == session_id), populate_existing=True)


_ONE = locking(bindparam("session_id"))
_STEPS = Built(
    select(AISessionStep)
    .where(
        AISessionStep.account_id == bindparam("account_id"), AISessionStep.session_id == bindparam("session_id")
    )
    .order_by(AISessionStep.position)
)


# What a transaction keeps the steps under that it has read.
_READ = "steps"


class SessionNotFoundError(NotFoundError):
    """No such session in the account."""

    def __init__(self) -> None:
        super().__init__("There is no such session.")


@dataclass(frozen=True, slots=True)
class LockedSession:
    """A session that this transaction has to itself. `moment` is the time of what the transaction does.

    It is always later than what happened before, even if two servers' clocks differ: the second to lock the
    session also comes second in its history, and a step after a claim counts as one.
    """

    session: AISession
    moment: datetime


@dataclass(frozen=True, slots=True)
class LoadedSession(LockedSession):
    """A locked session with its steps, what it follows, and the trees of that as they were shown.

    `tree`: of its flow, if it follows one. `inner`: of the sub-flows that it has entered, by version.
    `changes`: all of its status, also those of this transaction.
    `names`, of its people, are empty until somebody reads them, so that nobody reads them again.
    `is_awaited`: whether something may follow from a step that `hooks.on_awaited_step` knows.
    `dismissed`: the suggestions that were, if they were read, which is so without a flow.
    """

    steps: list[AISessionStep]
    followed: Followed
    tree: Tree | None
    inner: dict[uuid.UUID, Tree] = field(default_factory=dict)
    changes: list[StatusChange] = field(default_factory=list)
    names: dict[uuid.UUID, str] = field(default_factory=dict)
    is_awaited: bool = True
    dismissed: list[str] | None = None

    @property
    def where(self) -> path.Position:
        """Where the session is in its flow."""
        return path.position(self.tree, self.steps, self.inner)

    @property
    def run(self) -> Run:
        """What its flow asks to be done and filled in."""
        return run_of(self.where, self.steps, self.inner)


async def lock(
    db: Db, account_id: uuid.UUID, session_id: uuid.UUID, now: datetime, locks: Built = _ONE
) -> LockedSession:
    """Lock a session, or the one that a statement of `locking` finds by this id, before anything else of it is.

    Raises:
        SessionNotFoundError: the account has no such session.
    """
    session = await locks.first(db, account_id=account_id, session_id=session_id)
    if session is None:
        raise SessionNotFoundError
    return _locked(session, now)


async def lock_all(
    db: Db, account_id: uuid.UUID, session_ids: Collection[uuid.UUID], now: datetime
) -> list[LockedSession]:
    """Lock several sessions, always in the same order. Unknown ids are left out."""
    query = _LOCKING.where(AISession.id.in_(session_ids)).order_by(AISession.id)
    return [_locked(session, now) for session in await db.scalars(query, {"account_id": account_id})]


def _locked(session: AISession, now: datetime) -> LockedSession:
    # A log's own clock may be ahead of ours.
    last = session.last_activity_at or session.created_at
    return LockedSession(session, now if last < now else last + timedelta(microseconds=1))


async def lock_for_work(db: Db, actor: Actor, session_id: uuid.UUID, now: datetime) -> LockedSession:
    """Lock a session for somebody who is going to work on it.

    Raises:
        SessionNotFoundError: the account has no such session.
        NotYourSessionError: they neither started it nor work on it, nor are they a team admin.
    """
    locked = await lock(db, actor.account_id, session_id, now)
    policy.check_may_work(locked.session, actor)
    return locked


async def load(db: Db, locked: LockedSession) -> LoadedSession:
    """Read what a step needs of a locked session."""
    session = locked.session
    steps = await steps_of(db, session.account_id, session.id)
    beside = await read_beside(db, session, steps)
    tree, inner = beside.followed.shown(steps)
    return LoadedSession(
        session,
        locked.moment,
        steps,
        beside.followed,
        tree,
        inner,
        changes=beside.changes,
        is_awaited=beside.is_awaited,
        dismissed=beside.dismissed,
    )


async def steps_of(db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID) -> list[AISessionStep]:
    """A session's steps in their order. A transaction that only reads sees one moment, and reads them once."""
    read: dict[uuid.UUID, list[AISessionStep]] = db.info.setdefault(_READ, {}) if db.read_only else {}
    if session_id not in read:
        read[session_id] = await _STEPS.all(db, account_id=account_id, session_id=session_id)
    return [*read[session_id]]


async def steps_of_each(
    db: ReadDb, account_id: uuid.UUID, session_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[AISessionStep]]:
    """The steps of several sessions, each in their order."""
    query = (
        select(AISessionStep)
        .where(AISessionStep.account_id == account_id, AISessionStep.session_id.in_(session_ids))
        .order_by(AISessionStep.session_id, AISessionStep.position)
    )
    steps: dict[uuid.UUID, list[AISessionStep]] = defaultdict(list)
    for step in await db.scalars(query):
        steps[step.session_id].append(step)
    return steps
