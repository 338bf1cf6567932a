"""Turning a resolved session into a proposal, or into more evidence for one."""

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
from flowpilot.knowledge.evidence import Evidence, add_session, read_evidence, traits_of
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
from flowpilot.sessions.queries import SessionHistory, read_session
from flowpilot.sessions.similar.likeness import Traits, likest, mean_likeness
from flowpilot.sessions.similar.words import Worth, words_of, worth_in
from flowpilot.text import tidy

# A session is compared with so many sessions of proposals, the newest.
_MOST_COMPARED = 1000

# A rejected proposal keeps what is like it from being proposed again.
_JOINED = (ProposalStatus.PENDING, ProposalStatus.REJECTED)


async def analyse(db: Db, account_id: uuid.UUID, session_id: uuid.UUID, now: datetime) -> FlowProposal | None:
    """Let a session that no flow covered propose what is missing, or strengthen a proposal that says the same.

    Only one analysis of an account may run at a time. Running it again for a session changes only the draft.

    Returns: the proposal; None if the session proposes nothing.
    """
    history = await read_session(db, account_id, session_id)
    found = await _proposal_with(db, account_id, session_id)
    need = need_of(history)
    if found is None and need is None:
        return None
    worth = await worth_in(db, account_id)
    if found is None and need is not None:
        found = await _join(db, history, need, worth, now)
    if found is not None:
        await redraft(db, await lock_proposal(db, account_id, found.id), worth)
    return found


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
    typical = await _most_typical(db, evidence.problems, worth)
    proposal.title = tidy(proposal.given_title or typical or "Problem without a description", MAX_TITLE)
    content: ProposalContent | None
    if proposal.kind == ProposalKind.NEW_FLOW:
        content = new_flow(merge(evidence.cases, worth), proposal.title, proposal.domain, evidence.problems)
    else:
        content = await _changed_flow(db, proposal, evidence, worth)
    if content is not None:
        # What the AI worded is merged anew, like the rest.
        proposal.content, proposal.origin = content.model_dump(mode="json"), "manual"
    await db.flush()


async def redraft_changes(db: Db, account_id: uuid.UUID, flow_id: uuid.UUID) -> None:
    """Merge the pending changes to a flow anew, because another version of it was published."""
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
    return changed_flow(change(base.tree, proposal.node, cases, worth), base)


async def _most_typical(db: Db, problems: Sequence[str], worth: Worth) -> str:
    """The description that has most in common with the others."""
    words = await words_of(db, problems)
    one_by_one = [Traits(each, frozenset()) for each in words]
    scored = [
        (mean_likeness(each, one_by_one, worth), -number, problem)
        for number, (each, problem) in enumerate(zip(one_by_one, problems, strict=True))
        if problem.strip()
    ]
    return max(scored)[2] if scored else ""


async def _join(db: Db, history: SessionHistory, need: Need, worth: Worth, now: datetime) -> FlowProposal:
    traits = await traits_of(db, history)
    proposal = await _like(db, history, need, traits, worth) or await _propose(db, history, need, now)
    await add_session(db, proposal, history, traits, now)
    return proposal


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


async def _proposal_with(db: Db, account_id: uuid.UUID, session_id: uuid.UUID) -> FlowProposal | None:
    """The proposal into which the analysis put the session."""
    return await db.scalar(
        select(FlowProposal)
        .join(ProposalSession, IS_OF_PROPOSAL)
        .where(
            FlowProposal.account_id == account_id,
            ProposalSession.account_id == account_id,
            ProposalSession.session_id == session_id,
            ProposalSession.is_chosen.is_(False),
        )
    )
