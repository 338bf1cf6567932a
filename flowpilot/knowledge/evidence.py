"""The sessions that a proposal comes from, as cases to merge."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db, ReadDb
from flowpilot.flows.filling import fill_tree
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.flows.tree import Tree
from flowpilot.knowledge.drafting.cases import Case, Texts, case_of, taken_in
from flowpilot.knowledge.models import FlowProposal, ProposalSession
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.queries import SessionHistory, read_session
from flowpilot.sessions.similar.likeness import Traits
from flowpilot.sessions.similar.words import words_of

# A draft is merged from at most so many sessions, the newest: more make it no better, and the tree unreadable.
MOST_CASES = 12


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sessions, oldest first, as cases, and the problem of each as it was described."""

    cases: Sequence[Case]
    problems: Sequence[str]


async def traits_of(db: ReadDb, history: SessionHistory) -> Traits:
    """What a session is compared by."""
    session = history.session
    done = " ".join(one.text for one in taken_in(history, {}))
    problem_words, done_words = await words_of(db, [session.problem_summary, done])
    return Traits(problem_words, done_words, session.problem_domain)


async def add_session(
    db: Db,
    proposal: FlowProposal,
    history: SessionHistory,
    traits: Traits,
    now: datetime,
    *,
    is_chosen: bool = False,
) -> None:
    """Put a session into a proposal. One that a person chose for it before becomes one that the analysis found."""
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
            added_at=now,
        )
        db.add(found)
    found.is_chosen = is_chosen
    await db.flush()


async def read_evidence(db: ReadDb, account_id: uuid.UUID, proposal_id: uuid.UUID) -> Evidence:
    """The newest of the proposal's sessions that count. Their numbers are those of the whole list."""
    histories = await newest_histories(db, account_id, await session_ids(db, account_id, proposal_id))
    texts = await _texts_to_everybody(db, account_id, [history for _, history in histories])
    taken = [taken_in(history, texts) for _, history in histories]
    problems = [history.session.problem_summary for _, history in histories]
    words = iter(await words_of(db, [*problems, *(one.text for each in taken for one in each)]))
    problem_words = [next(words) for _ in problems]
    cases = [
        case_of(number, history, each, [next(words) for _ in each], problem)
        for (number, history), each, problem in zip(histories, taken, problem_words, strict=True)
    ]
    return Evidence(cases, problems)


async def newest_histories(
    db: ReadDb, account_id: uuid.UUID, ids: Sequence[uuid.UUID]
) -> list[tuple[int, SessionHistory]]:
    """The newest of a proposal's sessions, each with its number among all of them, from 1."""
    return [(n, await read_session(db, account_id, id_)) for n, id_ in list(enumerate(ids, 1))[-MOST_CASES:]]


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
