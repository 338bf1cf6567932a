"""The sessions that a proposal comes from, as cases to merge."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import or_, select, update

from flowpilot.db.base import new_id
from flowpilot.db.session import Db, ReadDb
from flowpilot.flows.filling import fill_tree
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.flows.tree import Tree
from flowpilot.knowledge.drafting.cases import Case, Texts, case_of, taken_in
from flowpilot.knowledge.models import FlowProposal, ProposalSession
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.problem.titles import problem_of, telling
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.reading.histories import read_histories
from flowpilot.sessions.similar.likeness import Traits
from flowpilot.sessions.similar.words import words_and_remarks

# A draft is merged from at most so many sessions, the newest: more make it no better, and the tree unreadable.
MOST_CASES = 12


@dataclass(frozen=True, slots=True)
class SessionRead:
    """What tells whether a session is as it was read: its removals, its last activity, and its status."""

    session_id: uuid.UUID
    removals: Sequence[Mapping[str, Any]]
    last_activity_at: datetime | None
    status: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sessions, oldest first, as cases, and the problem of each: its title, and all that was described.

    `read`: how they were read.
    """

    cases: Sequence[Case]
    titles: Sequence[str]
    problems: Sequence[str]
    read: Sequence[SessionRead]


def _problem(history: SessionHistory) -> str:
    return telling(history.session.problem_summary, history.session.problem_body)


async def traits_of(db: ReadDb, histories: Sequence[SessionHistory]) -> list[Traits]:
    """What each of these sessions is compared by. Remarks are in the sessions of any problem, and do not count."""
    taken = [taken_in(history, {}) for history in histories]
    problems = [_problem(history) for history in histories]
    said = [*problems, *(one.text for each in taken for one in each)]
    words = zip(*await words_and_remarks(db, said), strict=True)
    problem_words = [next(words)[0] for _ in problems]
    done = [[telling for telling, is_remark in islice(words, len(each)) if not is_remark] for each in taken]
    return [
        Traits(problem, frozenset[str]().union(*each), history.session.problem_domain)
        for history, problem, each in zip(histories, problem_words, done, strict=True)
    ]


async def renew_traits(db: Db, histories: Sequence[SessionHistory]) -> None:
    """Compare these sessions from now on by what they say now, in all their proposals; no statement for none."""
    if not histories:
        return
    by_id = {history.session.id: history for history in histories}
    rows = list(
        await db.scalars(
            select(ProposalSession).where(
                ProposalSession.account_id == histories[0].session.account_id,
                ProposalSession.session_id.in_(by_id),
            )
        )
    )
    said = dict(zip(by_id, await traits_of(db, list(by_id.values())), strict=True))
    for row in rows:
        traits = said[row.session_id]
        row.problem_words, row.done_words = sorted(traits.problem), sorted(traits.done)
    await db.flush()


async def add_session(
    db: Db,
    proposal: FlowProposal,
    history: SessionHistory,
    traits: Traits,
    now: datetime,
    *,
    is_chosen: bool | None,
) -> None:
    """Put a session into a proposal.

    Args:
        db: the transaction.
        proposal: the proposal.
        history: of the session.
        traits: what it is compared by.
        now: when it joins.
        is_chosen: whether a person chose it; None leaves that as it is, so that nobody waits for the row.
    """
    account_id, session_id = proposal.account_id, history.session.id
    found = await db.scalar(
        select(ProposalSession).where(
            ProposalSession.account_id == account_id,
            ProposalSession.proposal_id == proposal.id,
            ProposalSession.session_id == session_id,
        )
    )
    if found is None:
        found = ProposalSession(
            account_id=account_id,
            id=new_id(),
            proposal_id=proposal.id,
            session_id=session_id,
            problem_words=sorted(traits.problem),
            done_words=sorted(traits.done),
            is_chosen=False,
            added_at=now,
        )
        db.add(found)
    if is_chosen is not None:
        found.is_chosen = is_chosen
    await db.flush()


async def found_by_analysis(
    db: Db, account_id: uuid.UUID, sessions: Collection[uuid.UUID], proposals: Collection[uuid.UUID]
) -> None:
    """What a person chose for one of these proposals before, the analysis has found now; no statement for none."""
    if not sessions:
        return
    chosen = update(ProposalSession).where(
        ProposalSession.account_id == account_id,
        ProposalSession.session_id.in_(sessions),
        ProposalSession.proposal_id.in_(proposals),
        ProposalSession.is_chosen,
    )
    await db.execute(chosen.values(is_chosen=False), execution_options={"synchronize_session": False})


async def read_evidence(db: ReadDb, account_id: uuid.UUID, proposal_id: uuid.UUID) -> Evidence:
    """The newest of the proposal's sessions that count. Their numbers are those of the whole list."""
    histories = await newest_histories(db, account_id, await session_ids(db, account_id, proposal_id))
    texts = await _texts_to_everybody(db, account_id, [history for _, history in histories])
    taken = [taken_in(history, texts) for _, history in histories]
    problems = [_problem(history) for _, history in histories]
    said = [*problems, *(one.text for each in taken for one in each)]
    words = zip(*await words_and_remarks(db, said), strict=True)
    problem_words = [next(words)[0] for _ in problems]
    cases = [
        case_of(number, history, each, [next(words) for _ in each], problem)
        for (number, history), each, problem in zip(histories, taken, problem_words, strict=True)
    ]
    titles = [problem_of(history.session.problem_summary).title for _, history in histories]
    return Evidence(cases, titles, problems, [read_of(history) for _, history in histories])


def read_of(history: SessionHistory) -> SessionRead:
    """How a session was read."""
    session = history.session
    return SessionRead(session.id, session.removals, session.last_activity_at, session.status)


async def read_again(
    db: ReadDb, account_id: uuid.UUID, sessions: Collection[uuid.UUID]
) -> dict[uuid.UUID, SessionRead]:
    """How sessions are now, by their ids."""
    query = select(AISession.id, AISession.removals, AISession.last_activity_at, AISession.status).where(
        AISession.account_id == account_id, AISession.id.in_(sessions)
    )
    return {row.id: SessionRead(*row) for row in await db.execute(query)}


async def newest_histories(
    db: ReadDb, account_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> list[tuple[int, SessionHistory]]:
    """The newest of a proposal's sessions, each with its number among all of them, from 1."""
    first = max(len(ids) - MOST_CASES, 0)
    return list(enumerate(await read_histories(db, account_id, ids[first:]), first + 1))


async def session_ids(db: ReadDb, account_id: uuid.UUID, proposal_id: uuid.UUID) -> list[uuid.UUID]:
    """The proposal's sessions that are resolved now or were chosen, in the order in which they joined it."""
    counting = (
        select(ProposalSession.session_id)
        .join(
            AISession,
            (AISession.account_id == ProposalSession.account_id) & (AISession.id == ProposalSession.session_id),
        )
        .where(
            ProposalSession.account_id == account_id,
            ProposalSession.proposal_id == proposal_id,
            AISession.account_id == account_id,
            or_(ProposalSession.is_chosen, AISession.status == SessionStatus.RESOLVED),
        )
        .order_by(ProposalSession.added_at, ProposalSession.id)
    )
    return list(await db.scalars(counting))


async def _texts_to_everybody(db: ReadDb, account_id: uuid.UUID, histories: Sequence[SessionHistory]) -> Texts:
    """What the flows in which steps were taken say at their nodes, with the labels of fields for their values.

    As they are published; a node that is gone, in the version that a session followed.
    """
    flows = {one.flow_id for history in histories for one in taken_in(history, {})} - {None}
    if not flows:
        return {}
    followed = {history.session.flow_version_id for history in histories} - {None}
    followed |= {version_id for history in histories for version_id in history.inner}
    published = select(Flow.published_version_id).where(Flow.account_id == account_id, Flow.id.in_(flows))
    query = (
        select(FlowVersion.tree_id, FlowVersion.structure)
        .where(
            FlowVersion.account_id == account_id,
            or_(FlowVersion.id.in_(followed), FlowVersion.id.in_(published)),
        )
        .order_by(FlowVersion.number)
    )
    return {
        (flow_id, node_id): node.text
        for flow_id, structure in await db.execute(query)
        for node_id, node in fill_tree(Tree.model_validate(structure), {}).nodes.items()
    }
