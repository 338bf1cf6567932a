"""Reading postings."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import BindParameter, bindparam, func, select

from flowpilot.attachments.models import Attachment
from flowpilot.attachments.queries import attachments_of
from flowpilot.db.lookups import Asked, Lookup
from flowpilot.db.pages import Statement, newest_first
from flowpilot.db.session import ReadDb
from flowpilot.identity.actor import Actor
from flowpilot.identity.queries import names_of
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.hooks import not_theirs
from flowpilot.psa.numbers import bare
from flowpilot.psa.postings.models import WAITING, PsaPosting, PsaPostingStep, State
from flowpilot.psa.postings.policy import OF_THE_SESSION, PostingAction, allowed


@dataclass(frozen=True, slots=True)
class ShownPosting:
    """A posting with its steps; `names` has those of its people who are members, `files` what it attaches."""

    posting: PsaPosting
    steps: Sequence[PsaPostingStep]
    names: dict[uuid.UUID, str]
    allowed: Sequence[PostingAction]
    files: dict[uuid.UUID, Attachment] = field(default_factory=dict)

    @property
    def id(self) -> uuid.UUID:
        """The posting's id, for pages of a list."""
        return self.posting.id


@dataclass(frozen=True, slots=True)
class ToDo:
    """How many postings have failed, how many wait, and of those, how many until somebody sends them.

    `unlinked` wait until their session has a ticket again. `is_paused`: nothing goes over the connection.
    """

    failed: int
    waiting: int
    unsent: int
    unlinked: int
    is_paused: bool


@dataclass(frozen=True, slots=True)
class PostingFilter:
    """Which postings a list shows; None shows them all."""

    state: Collection[State] | None = None
    session_id: uuid.UUID | None = None
    ticket_id: str | None = None


async def postings(
    db: ReadDb, actor: Actor, filter_: PostingFilter, limit: int, before: uuid.UUID | None = None
) -> list[ShownPosting]:
    """Postings, the newest first; with `before`, only those older than that one."""
    query = narrowed(select(PsaPosting).where(PsaPosting.account_id == actor.account_id), filter_)
    rows = list(await db.scalars(newest_first(query, PsaPosting.id, limit, before)))
    return await _with_steps(db, actor, rows)


def narrowed(query: Statement, filter_: PostingFilter) -> Statement:
    """A query of postings with what the filter asks for."""
    if filter_.state is not None:
        query = query.where(PsaPosting.state.in_(filter_.state))
    if filter_.session_id is not None:
        query = query.where(PsaPosting.ai_session_id == filter_.session_id)
    if filter_.ticket_id is not None:
        query = query.where(PsaPosting.ticket_id == bare(filter_.ticket_id))
    return query


async def posting(db: ReadDb, actor: Actor, posting_id: uuid.UUID) -> ShownPosting | None:
    """One posting, if the account has it."""
    query = select(PsaPosting).where(PsaPosting.account_id == actor.account_id, PsaPosting.id == posting_id)
    shown = await _with_steps(db, actor, list(await db.scalars(query)))
    return shown[0] if shown else None


async def counts(db: ReadDb, account_id: uuid.UUID) -> dict[State, int]:
    """How many postings are in each state that somebody waits for, or has to do something about."""
    rows = await db.execute(
        select(PsaPosting.state, func.count())
        .where(PsaPosting.account_id == account_id, PsaPosting.state.in_([*WAITING, State.FAILED]))
        .group_by(PsaPosting.state)
    )
    return {State(state): n for state, n in rows}


def _to_do(account_id: BindParameter[uuid.UUID]) -> Lookup[ToDo]:
    has_failed, is_held = PsaPosting.state == State.FAILED, PsaPosting.state == State.HELD
    paused = select(PsaConnection.id).where(
        PsaConnection.account_id == account_id,
        PsaConnection.removed_at.is_(None),
        PsaConnection.paused_at.is_not(None),
    )
    query = select(
        func.count().filter(has_failed),
        func.count().filter(~has_failed),
        func.count().filter(is_held, PsaPosting.due_at.is_(None), ~PsaPosting.is_unlinked),
        func.count().filter(is_held, PsaPosting.is_unlinked),
        paused.exists(),
    ).where(PsaPosting.account_id == account_id, PsaPosting.state.in_([*WAITING, State.FAILED]))
    return Lookup(query, ToDo)


_TO_DO = _to_do(bindparam("account_id"))


def to_do(account_id: uuid.UUID) -> Asked[ToDo]:
    """How many postings have not arrived, by what they wait for."""
    return _TO_DO.of(account_id=account_id)


async def connections_of(db: ReadDb, account_id: uuid.UUID) -> Sequence[PsaConnection]:
    """All connections of the account, those that were removed too."""
    return (await db.scalars(select(PsaConnection).where(PsaConnection.account_id == account_id))).all()


async def _with_steps(db: ReadDb, actor: Actor, rows: list[PsaPosting]) -> list[ShownPosting]:
    if not rows:
        return []
    account_id = actor.account_id
    steps: dict[uuid.UUID, list[PsaPostingStep]] = defaultdict(list)
    query = select(PsaPostingStep).where(
        PsaPostingStep.account_id == account_id, PsaPostingStep.posting_id.in_([row.id for row in rows])
    )
    for step in await db.scalars(query.order_by(PsaPostingStep.posting_id, PsaPostingStep.position)):
        steps[step.posting_id].append(step)
    people = {step.user_id for of_one in steps.values() for step in of_one}
    people |= {person for row in rows for person in (row.created_by, row.edited_by)}
    names = await names_of(db, account_id, {person for person in people if person is not None})
    attached = {step.attachment_id for of_one in steps.values() for step in of_one} - {None}
    files = await attachments_of(db, account_id, [one for one in attached if one is not None])
    connections = await connections_of(db, account_id)
    others = await not_theirs(db, actor, {row.ai_session_id for row in rows})

    def offered(row: PsaPosting) -> list[PostingAction]:
        actions = allowed(row, steps[row.id], connections)
        return [one for one in actions if one not in OF_THE_SESSION or row.ai_session_id not in others]

    return [ShownPosting(row, steps[row.id], names, offered(row), files) for row in rows]
