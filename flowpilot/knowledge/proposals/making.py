"""A proposal that a person asks for, merged from the sessions that they chose: a new flow, or a change to one."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError
from flowpilot.flows.locking import lock_library
from flowpilot.flows.queries import FlowNotFoundError, flow_facts, flow_text
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record
from flowpilot.knowledge.content import MAX_TITLE
from flowpilot.knowledge.drafting.cases import in_flow
from flowpilot.knowledge.drafting.change import goes_on_beyond
from flowpilot.knowledge.evidence import add_session, read_evidence, session_ids, traits_of
from flowpilot.knowledge.locking import lock_proposal
from flowpilot.knowledge.models import (
    IS_OF_PROPOSAL,
    FlowProposal,
    ProposalKind,
    ProposalSession,
    ProposalStatus,
)
from flowpilot.knowledge.needs import shows_something
from flowpilot.knowledge.redrafting import redraft
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.reading.histories import read_histories
from flowpilot.sessions.similar.grouping import same_problems
from flowpilot.sessions.similar.words import worth_in
from flowpilot.text import tidy


class NothingDoneError(ConflictError):
    """There is nothing to merge."""

    def __init__(self) -> None:
        super().__init__(
            "Nobody wrote down what they did in these sessions, so there is nothing to make a flow of. Choose "
            "sessions with steps."
        )


class NothingAlikeError(ConflictError):
    """The sessions had different problems."""

    def __init__(self) -> None:
        super().__init__(
            "No two of these sessions had the same problem, so they make no flow. Read them, and write the flow "
            "by hand."
        )


class PlaceGoneError(ConflictError):
    """The flow is not published, or its published version has no such node."""

    def __init__(self) -> None:
        super().__init__(
            "The published flow no longer has this step, so nothing can be added there. Open the flow to read "
            "what it does now."
        )


@dataclass(frozen=True, slots=True)
class Place:
    """The node of a flow to which a way on is added."""

    flow_id: uuid.UUID
    node: str


@dataclass(frozen=True, slots=True)
class Made:
    """What was asked for. `is_new`: it was not there before. `unlike`: how many sessions had another problem."""

    proposal: FlowProposal
    is_new: bool
    unlike: int = 0


async def make(
    db: Db,
    actor: Actor,
    sessions: Sequence[uuid.UUID],
    title: str | None,
    now: datetime,
    *,
    at: Place | None = None,
    only_alike: bool = False,
) -> Made:
    """Propose a flow from exactly these sessions, whatever their state. Those without any step are left out.

    Args:
        at: where a flow is to be changed; None for a new flow.
        only_alike: a new flow from the largest group of them that had the same problem.

    Returns: the proposal, and whether it is new; a pending one that already holds most of the sessions is not, and
        neither is a pending change at the same place, which these sessions join.

    Raises:
        SessionNotFoundError: the account has no such session.
        NothingDoneError: nobody did anything in any of them, or nothing beyond that place.
        NothingAlikeError: only those with the same problem were asked for, and no two of them had.
        PlaceGoneError: the published flow has no such place.
    """
    # Two presses of the same button take turns, and the second finds what the first one made.
    await lock_library(db, actor.account_id)
    chosen = list(dict.fromkeys(sessions))
    if at is not None:
        return await _make_change(db, actor, chosen, title, now, at)
    if not only_alike and (held := await _holding_most(db, actor.account_id, chosen)) is not None:
        return Made(held, is_new=False)
    telling = await _telling(db, actor.account_id, chosen)
    if not only_alike:
        return Made(await _propose(db, actor, telling, title, now), is_new=True)
    alike = await _largest_alike(db, actor.account_id, telling)
    unlike = len(telling) - len(alike)
    held = await _holding_most(db, actor.account_id, [history.session.id for history in alike])
    if held is not None:
        return Made(held, is_new=False, unlike=unlike)
    return Made(await _propose(db, actor, alike, title, now), is_new=True, unlike=unlike)


async def _make_change(
    db: Db, actor: Actor, sessions: Sequence[uuid.UUID], title: str | None, now: datetime, at: Place
) -> Made:
    await _check_place(db, actor.account_id, at)
    telling = await _telling(db, actor.account_id, sessions)
    pending = await _pending_at(db, actor.account_id, at)
    if pending is None:
        proposal = await _propose(db, actor, telling, title, now, at)
    else:
        proposal = pending
        held = set(await session_ids(db, actor.account_id, pending.id))
        await _merge(db, proposal, [one for one in telling if one.session.id not in held], now)
    evidence = await read_evidence(db, actor.account_id, proposal.id)
    if not any(goes_on_beyond(in_flow(case, at.flow_id), at.node) for case in evidence.cases):
        raise NothingDoneError
    return Made(proposal, is_new=pending is None)


async def _check_place(db: Db, account_id: uuid.UUID, at: Place) -> None:
    try:
        facts = await flow_facts(db, account_id, at.flow_id)
    except FlowNotFoundError as error:
        raise PlaceGoneError from error
    if facts.published_version is None:
        raise PlaceGoneError
    base, _ = await flow_text(db, account_id, at.flow_id, facts.published_version)
    if at.node not in base.tree.nodes:
        raise PlaceGoneError


async def _telling(db: Db, account_id: uuid.UUID, sessions: Sequence[uuid.UUID]) -> list[SessionHistory]:
    """Those of the sessions in which somebody did something, oldest first."""
    histories = await read_histories(db, account_id, sessions)
    telling = sorted(filter(shows_something, histories), key=lambda one: (one.session.created_at, one.session.id))
    if not telling:
        raise NothingDoneError
    return telling


async def _largest_alike(
    db: Db, account_id: uuid.UUID, histories: Sequence[SessionHistory]
) -> list[SessionHistory]:
    """The most of them that had the same problem; of groups of one size, the one that began first."""
    worth = await worth_in(db, account_id)
    groups = same_problems(await traits_of(db, histories), worth)
    largest = max(groups, key=len)
    if len(largest) == 1 and len(histories) > 1:
        raise NothingAlikeError
    return [histories[number] for number in largest]


async def _propose(
    db: Db,
    actor: Actor,
    histories: Sequence[SessionHistory],
    title: str | None,
    now: datetime,
    at: Place | None = None,
) -> FlowProposal:
    domains = Counter(history.session.problem_domain for history in histories)
    proposal = FlowProposal(
        account_id=actor.account_id,
        id=new_id(),
        kind=ProposalKind.NEW_FLOW if at is None else ProposalKind.FLOW_CHANGE,
        status=ProposalStatus.PENDING,
        given_title=None if title is None else tidy(title, MAX_TITLE),
        domain=domains.most_common(1)[0][0],
        flow_id=None if at is None else at.flow_id,
        node=None if at is None else at.node,
        source_session_id=histories[0].session.id,
        created_at=now,
    )
    db.add(proposal)
    await db.flush()
    await _merge(db, proposal, histories, now)
    await record(db, actor.account_id, actor.user_id, "proposal.made", ("proposal", proposal.id), at=now)
    return proposal


async def _merge(db: Db, proposal: FlowProposal, histories: Sequence[SessionHistory], now: datetime) -> None:
    """Add the sessions, and draft the proposal from all that it has."""
    for history, traits in zip(histories, await traits_of(db, histories), strict=True):
        await add_session(db, proposal, history, traits, now, is_chosen=True)
    worth = await worth_in(db, proposal.account_id)
    await redraft(db, await lock_proposal(db, proposal.account_id, proposal.id), worth)


async def _pending_at(db: Db, account_id: uuid.UUID, at: Place) -> FlowProposal | None:
    """The pending change at the place, as the analysis finds it."""
    return await db.scalar(
        select(FlowProposal)
        .where(
            FlowProposal.account_id == account_id,
            FlowProposal.kind == ProposalKind.FLOW_CHANGE,
            FlowProposal.flow_id == at.flow_id,
            FlowProposal.node == at.node,
            FlowProposal.status == ProposalStatus.PENDING,
        )
        .order_by(FlowProposal.id)
        .limit(1)
    )


async def _holding_most(db: Db, account_id: uuid.UUID, sessions: Sequence[uuid.UUID]) -> FlowProposal | None:
    """The pending proposal with the most of the sessions, if these are more than half of them."""
    most = func.count().label("most")
    return await db.scalar(
        select(FlowProposal)
        .join(ProposalSession, IS_OF_PROPOSAL)
        .where(
            FlowProposal.account_id == account_id,
            FlowProposal.status == ProposalStatus.PENDING,
            ProposalSession.account_id == account_id,
            ProposalSession.session_id.in_(sessions),
        )
        .group_by(FlowProposal.account_id, FlowProposal.id)
        .having(most * 2 > len(sessions))
        .order_by(most.desc(), FlowProposal.id)
        .limit(1)
    )
