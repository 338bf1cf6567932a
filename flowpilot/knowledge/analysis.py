"""Turning resolved sessions into proposals, or into more evidence for them."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.flows.queries import FlowNotFoundError, flow_facts, flow_text
from flowpilot.knowledge.content import MAX_TITLE, ProposalContent, changed_flow, new_flow
from flowpilot.knowledge.drafting.cases import in_flow
from flowpilot.knowledge.drafting.change import change
from flowpilot.knowledge.drafting.merge import merge
from flowpilot.knowledge.evidence import Evidence, add_session, read_evidence, renew_traits, traits_of
from flowpilot.knowledge.locking import lock_proposal
from flowpilot.knowledge.models import (
    IS_OF_PROPOSAL,
    FlowProposal,
    ProposalKind,
    ProposalSession,
    ProposalStatus,
)
from flowpilot.knowledge.needs import Need, need_of
from flowpilot.knowledge.proposals.queries import draft_of
from flowpilot.sessions.models import AISession
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.reading.histories import read_histories
from flowpilot.sessions.similar.grouping import likest
from flowpilot.sessions.similar.likeness import Traits, mean_likeness
from flowpilot.sessions.similar.words import Words, Worth, words_of, worth_in
from flowpilot.text import tidy

# A session is compared with so many sessions of proposals, the newest.
_MOST_COMPARED = 1000

# A rejected proposal keeps what is like it from being proposed again.
_JOINED = (ProposalStatus.PENDING, ProposalStatus.REJECTED)


async def analyse(db: Db, account_id: uuid.UUID, session_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Let sessions that no flow covered propose what is missing, or strengthen proposals that say the same.

    Only one analysis of an account may run at a time. Running it again for a session changes only the draft, and
    what the session is compared by.
    """
    histories = await read_histories(db, account_id, session_ids)
    known = await _proposals_with(db, account_id, session_ids)
    needs = [(history, need) for history in histories if (need := need_of(history)) is not None]
    joining = [(history, need) for history, need in needs if history.session.id not in known]
    if not known and not joining:
        return
    worth = await worth_in(db, account_id)
    traits = await traits_of(db, [history for history, _ in joining])
    as_read = await _hold(db, account_id, histories)
    _forget(db, [history for history in histories if history.session.id not in as_read])
    touched = set(known.values())
    await renew_traits(db, [history for history in histories if history.session.id in as_read & known.keys()])
    for (history, need), its in zip(joining, traits, strict=True):
        if history.session.id in as_read:
            touched.add(await _join(db, history, need, its, worth, now))
    # Always in the same order, so that two who lock several never wait for each other.
    for proposal_id in sorted(touched):
        await redraft(db, await lock_proposal(db, account_id, proposal_id), worth)


async def _hold(db: Db, account_id: uuid.UUID, histories: Sequence[SessionHistory]) -> set[uuid.UUID]:
    """Keep these sessions as they are to the end; return those that lost no words since they were read.

    A removal cannot see what this transaction writes of a session, so it has to wait for it. Sessions come before
    whatever else is locked here, and always in the same order. One that lost words is analysed again.
    """
    read = {history.session.id: history.session.removals for history in histories}
    query = select(AISession.id, AISession.removals).where(
        AISession.account_id == account_id, AISession.id.in_(read)
    )
    now = await db.execute(query.order_by(AISession.id).with_for_update(read=True))
    return {row.id for row in now if row.removals == read[row.id]}


def _forget(db: Db, histories: Sequence[SessionHistory]) -> None:
    """Let whoever reads these sessions again in this transaction read them as they are now."""
    for history in histories:
        for row in (history.session, *history.steps):
            db.expunge(row)


async def redraft(db: Db, proposal: FlowProposal, worth: Worth) -> None:
    """Merge a locked proposal's draft again: from its sessions as they are now, into the flow as it is now.

    What was reviewed, or is being edited, stays as the reviewer read it.
    """
    account_id = proposal.account_id
    if proposal.status != ProposalStatus.PENDING or await draft_of(db, account_id, proposal.id) is not None:
        return
    evidence = await read_evidence(db, account_id, proposal.id)
    if not evidence.cases:
        return
    words = await words_of(db, evidence.problems)
    # What only computes does so in a thread, since the server that people work with may be this process.
    typical = await asyncio.to_thread(_most_typical, evidence.titles, words, worth)
    proposal.title = tidy(proposal.given_title or typical or "Problem without a description", MAX_TITLE)
    content: ProposalContent | None
    if proposal.kind == ProposalKind.NEW_FLOW:
        draft = await asyncio.to_thread(merge, evidence.cases, worth)
        content = new_flow(draft, proposal.title, proposal.domain, evidence.titles)
    else:
        content = await _changed_flow(db, proposal, evidence, worth)
    if content is not None:
        # What the AI worded is merged again, like the rest.
        proposal.content, proposal.origin = content.model_dump(mode="json"), "manual"
    await db.flush()


async def redraft_changes(db: Db, account_id: uuid.UUID, flow_id: uuid.UUID) -> None:
    """Merge the pending changes to a flow again, because another version of it was published."""
    waiting = select(FlowProposal.id).where(
        FlowProposal.account_id == account_id,
        FlowProposal.flow_id == flow_id,
        FlowProposal.kind == ProposalKind.FLOW_CHANGE,
        FlowProposal.status == ProposalStatus.PENDING,
    )
    ids = (await db.scalars(waiting.order_by(FlowProposal.id))).all()
    worth = await worth_in(db, account_id) if ids else Worth()
    for proposal_id in ids:
        await redraft(db, await lock_proposal(db, account_id, proposal_id), worth)


async def _changed_flow(
    db: Db, proposal: FlowProposal, evidence: Evidence, worth: Worth
) -> ProposalContent | None:
    """None if the flow, or the node, is gone: then the last draft stays to be read."""
    assert proposal.flow_id is not None
    assert proposal.node is not None
    try:
        facts = await flow_facts(db, proposal.account_id, proposal.flow_id)
    except FlowNotFoundError:
        return None
    if facts.published_version is None:
        return None
    base, _ = await flow_text(db, proposal.account_id, proposal.flow_id, facts.published_version)
    if proposal.node not in base.tree.nodes:
        return None
    proposal.based_on_id = facts.published_version_id
    cases = [in_flow(case, proposal.flow_id) for case in evidence.cases]
    return changed_flow(await asyncio.to_thread(change, base.tree, proposal.node, cases, worth), base)


def _most_typical(titles: Sequence[str], words: Sequence[Words], worth: Worth) -> str:
    """The title of the problem that has most in common with the others; `words`: those of all its description."""
    one_by_one = [Traits(each, frozenset()) for each in words]
    scored = [
        (mean_likeness(each, one_by_one, worth), -number, title)
        for number, (each, title) in enumerate(zip(one_by_one, titles, strict=True))
        if title.strip()
    ]
    return max(scored)[2] if scored else ""


async def _join(
    db: Db, history: SessionHistory, need: Need, traits: Traits, worth: Worth, now: datetime
) -> uuid.UUID:
    proposal = await _like(db, history, need, traits, worth) or await _propose(db, history, need, now)
    await add_session(db, proposal, history, traits, now)
    return proposal.id


async def _propose(db: Db, history: SessionHistory, need: Need, now: datetime) -> FlowProposal:
    session = history.session
    proposal = FlowProposal(
        account_id=session.account_id,
        id=new_id(),
        kind=need.kind,
        status=ProposalStatus.PENDING,
        title=tidy(session.problem_summary, MAX_TITLE),
        domain=session.problem_domain,
        flow_id=need.flow_id,
        node=need.node,
        source_session_id=session.id,
        created_at=now,
    )
    db.add(proposal)
    await db.flush()
    return proposal


async def _like(db: Db, history: SessionHistory, need: Need, traits: Traits, worth: Worth) -> FlowProposal | None:
    """The proposal that says the same: at the same place of a flow, or with the sessions that are most like it."""
    account_id = history.session.account_id
    mine = FlowProposal.account_id == account_id, FlowProposal.kind == need.kind
    if need.kind == ProposalKind.FLOW_CHANGE:
        place = FlowProposal.flow_id == need.flow_id, FlowProposal.node == need.node
        pending = FlowProposal.status == ProposalStatus.PENDING
        same = select(FlowProposal).where(*mine, *place, pending).order_by(FlowProposal.id).limit(1)
        return await db.scalar(same)
    rows = await db.execute(
        select(FlowProposal, ProposalSession, AISession.problem_domain)
        .join(ProposalSession, IS_OF_PROPOSAL)
        .join(
            AISession,
            (AISession.account_id == ProposalSession.account_id) & (AISession.id == ProposalSession.session_id),
        )
        .where(
            *mine,
            ProposalSession.account_id == account_id,
            AISession.account_id == account_id,
            FlowProposal.status.in_(_JOINED),
        )
        .order_by(ProposalSession.id.desc())
        .limit(_MOST_COMPARED)
    )
    groups: dict[FlowProposal, list[Traits]] = defaultdict(list)
    for proposal, row, domain in rows:
        groups[proposal].append(Traits(frozenset(row.problem_words), frozenset(row.done_words), domain))
    return likest(traits, groups, worth)


async def _proposals_with(
    db: Db, account_id: uuid.UUID, session_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, uuid.UUID]:
    """The proposals into which the analysis has put these sessions, by session."""
    query = select(ProposalSession.session_id, ProposalSession.proposal_id).where(
        ProposalSession.account_id == account_id,
        ProposalSession.session_id.in_(session_ids),
        ProposalSession.is_chosen.is_(False),
    )
    return {row.session_id: row.proposal_id for row in await db.execute(query)}
