"""The draft of a proposal: what its sessions say, merged into what a reviewer reads."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.flows.models import Flow
from flowpilot.flows.queries import FlowNotFoundError, flow_facts, flow_text
from flowpilot.knowledge.content import MAX_TITLE, ProposalContent, changed_flow, new_flow
from flowpilot.knowledge.drafting.cases import in_flow
from flowpilot.knowledge.drafting.change import change
from flowpilot.knowledge.drafting.merge import merge
from flowpilot.knowledge.evidence import MOST_CASES, Evidence, SessionRead, read_evidence, session_ids
from flowpilot.knowledge.locking import lock_proposal
from flowpilot.knowledge.models import FlowProposal, ProposalKind, ProposalStatus
from flowpilot.knowledge.proposals.queries import draft_of
from flowpilot.sessions.similar.likeness import Traits, mean_likeness
from flowpilot.sessions.similar.words import Words, Worth, words_of, worth_in
from flowpilot.text import tidy


class ChangedError(Exception):
    """What was read is no longer so."""


async def redraft(db: Db, proposal: FlowProposal, worth: Worth) -> None:
    """Merge a locked proposal's draft again: from its sessions as they are now, into the flow as it is now.

    What was reviewed, or is being edited, stays as the reviewer read it.
    """
    if not _is_open(await _state(db, proposal)):
        return
    evidence = await read_evidence(db, proposal.account_id, proposal.id)
    draft = await _draft(db, proposal, evidence, worth)
    if draft is not None:
        await _write(db, proposal, draft)


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


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a proposal would say. `content` is None if its flow, or the node, is gone: the last draft stays."""

    title: str
    content: ProposalContent | None
    based_on_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft that was made while nobody waited, and what it was made of. None is written if `draft` is None."""

    proposal_id: uuid.UUID
    state: tuple[object, ...]
    read: Sequence[SessionRead]
    draft: _Draft | None


async def draft_ahead(db: Db, account_id: uuid.UUID, proposal_id: uuid.UUID, worth: Worth) -> Drafted:
    proposal = await db.get_one(FlowProposal, (account_id, proposal_id), populate_existing=True)
    state = await _state(db, proposal)
    evidence = await read_evidence(db, account_id, proposal_id)
    draft = await _draft(db, proposal, evidence, worth) if _is_open(state) else None
    return Drafted(proposal_id, state, evidence.read, draft)


async def _state(db: Db, proposal: FlowProposal) -> tuple[object, ...]:
    """What decides whether a draft is written, and into what: whether it is open comes first."""
    account_id = proposal.account_id
    is_open = proposal.status == ProposalStatus.PENDING and await draft_of(db, account_id, proposal.id) is None
    published = None
    if proposal.flow_id is not None:
        flow = Flow.account_id == account_id, Flow.id == proposal.flow_id
        published = await db.scalar(select(Flow.published_version_id).where(*flow))
    return is_open, proposal.given_title, published


def _is_open(state: tuple[object, ...]) -> bool:
    return bool(state[0])


async def write_checked(db: Db, proposal: FlowProposal, drafted: Drafted) -> None:
    """Write what was drafted into a locked proposal.

    Raises:
        ChangedError: it was decided, or is edited, or has other sessions, or its flow was published meanwhile.
    """
    sessions = await session_ids(db, proposal.account_id, proposal.id)
    read = [one.session_id for one in drafted.read]
    if await _state(db, proposal) != drafted.state or sessions[-MOST_CASES:] != read:
        raise ChangedError
    if drafted.draft is not None:
        await _write(db, proposal, drafted.draft)


async def _draft(db: Db, proposal: FlowProposal, evidence: Evidence, worth: Worth) -> _Draft | None:
    """What a proposal says of its sessions; None if it has none that count."""
    if not evidence.cases:
        return None
    words = await words_of(db, evidence.problems)
    # What only computes does so in a thread, since the server that people work with may be this process.
    typical = await asyncio.to_thread(_most_typical, evidence.titles, words, worth)
    title = tidy(proposal.given_title or typical or "Problem without a description", MAX_TITLE)
    if proposal.kind == ProposalKind.NEW_FLOW:
        draft = await asyncio.to_thread(merge, evidence.cases, worth)
        return _Draft(title, new_flow(draft, title, proposal.domain, evidence.titles))
    return await _changed_flow(db, proposal, title, evidence, worth)


async def _write(db: Db, proposal: FlowProposal, draft: _Draft) -> None:
    proposal.title = draft.title
    if draft.content is not None:
        # What the AI worded is merged again, like the rest.
        proposal.content, proposal.origin = draft.content.model_dump(mode="json"), "manual"
    if draft.based_on_id is not None:
        proposal.based_on_id = draft.based_on_id
    await db.flush()


async def _changed_flow(db: Db, proposal: FlowProposal, title: str, evidence: Evidence, worth: Worth) -> _Draft:
    assert proposal.flow_id is not None
    assert proposal.node is not None
    try:
        facts = await flow_facts(db, proposal.account_id, proposal.flow_id)
    except FlowNotFoundError:
        return _Draft(title, None)
    if facts.published_version is None:
        return _Draft(title, None)
    base, _ = await flow_text(db, proposal.account_id, proposal.flow_id, facts.published_version)
    if proposal.node not in base.tree.nodes:
        return _Draft(title, None)
    cases = [in_flow(case, proposal.flow_id) for case in evidence.cases]
    content = changed_flow(await asyncio.to_thread(change, base.tree, proposal.node, cases, worth), base)
    return _Draft(title, content, facts.published_version_id)


def _most_typical(titles: Sequence[str], words: Sequence[Words], worth: Worth) -> str:
    """The title of the problem that has most in common with the others; `words`: those of all its description."""
    one_by_one = [Traits(each, frozenset()) for each in words]
    scored = [
        (mean_likeness(each, one_by_one, worth), -number, title)
        for number, (each, title) in enumerate(zip(one_by_one, titles, strict=True))
        if title.strip()
    ]
    return max(scored)[2] if scored else ""
