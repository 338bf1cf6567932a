"""Turning resolved sessions into proposals, or into more evidence for them."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.knowledge.content import MAX_TITLE
from flowpilot.knowledge.evidence import (
    SessionRead,
    add_session,
    found_by_analysis,
    read_again,
    read_of,
    renew_traits,
    traits_of,
)
from flowpilot.knowledge.locking import lock_proposal, lock_words
from flowpilot.knowledge.models import (
    IS_OF_PROPOSAL,
    FlowProposal,
    ProposalKind,
    ProposalSession,
    ProposalStatus,
)
from flowpilot.knowledge.needs import Need, need_of
from flowpilot.knowledge.redrafting import ChangedError, draft_ahead, redraft, write_checked
from flowpilot.sessions.models import AISession
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.reading.histories import read_histories
from flowpilot.sessions.similar.grouping import likest
from flowpilot.sessions.similar.likeness import Traits
from flowpilot.sessions.similar.words import Worth, worth_in
from flowpilot.text import tidy

# A session is compared with so many sessions of proposals, the newest.
_MOST_COMPARED = 1000

# So often it is made without anybody waiting for it.
_TRIES = 2

# A rejected proposal keeps what is like it from being proposed again.
_JOINED = (ProposalStatus.PENDING, ProposalStatus.REJECTED)


async def analyse(db: Db, account_id: uuid.UUID, session_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Let sessions that no flow covered propose what is missing, or strengthen proposals that say the same.

    Only one analysis of an account may run at a time. Running it again for a session changes only the draft, and
    what the session is compared by.

    Nobody waits while it reads and computes. What it made is written only if all that it read is still so; if not,
    it begins again, and at last so that no words are removed meanwhile (docs/decisions/0042).
    """
    sessions = await _read(db, account_id, session_ids)
    for _ in range(_TRIES):
        if not sessions.known and not sessions.joining:
            return
        try:
            async with db.begin_nested():
                await _analyse(db, account_id, sessions, now)
        except ChangedError:
            db.expunge_all()
            sessions = await _read(db, account_id, session_ids)
        else:
            return
    await lock_words(db, account_id)
    db.expunge_all()
    await _analyse(db, account_id, await _read(db, account_id, session_ids), now, is_alone=True)


@dataclass(frozen=True, slots=True)
class _Sessions:
    """Those that are analysed, the proposals that some of them are in, and what the others need that join one."""

    histories: Sequence[SessionHistory]
    known: Mapping[uuid.UUID, uuid.UUID]
    joining: Sequence[tuple[SessionHistory, Need]]


async def _read(db: Db, account_id: uuid.UUID, session_ids: Sequence[uuid.UUID]) -> _Sessions:
    histories = await read_histories(db, account_id, session_ids)
    known = await _proposals_with(db, account_id, session_ids)
    needs = [(history, need) for history in histories if (need := need_of(history)) is not None]
    return _Sessions(histories, known, [one for one in needs if one[0].session.id not in known])


async def _analyse(
    db: Db, account_id: uuid.UUID, sessions: _Sessions, now: datetime, *, is_alone: bool = False
) -> None:
    """Analyse once.

    Raises:
        ChangedError: what was read has changed meanwhile; not if it `is_alone`, as no words are removed then.
    """
    histories, known, joining = sessions.histories, sessions.known, sessions.joining
    worth = await worth_in(db, account_id)
    traits = await traits_of(db, [history for history, _ in joining])
    touched = set(known.values())
    for (history, need), its in zip(joining, traits, strict=True):
        touched.add(await _join(db, history, need, its, worth, now))
    drafts = [] if is_alone else [await draft_ahead(db, account_id, one, worth) for one in sorted(touched)]
    if not is_alone:
        await lock_words(db, account_id)
        read = [read_of(history) for history in histories]
        of_drafts = [one for drafted in drafts for one in drafted.read]
        await _check(db, account_id, {one.session_id: one for one in [*read, *of_drafts]})
    await found_by_analysis(db, account_id, [history.session.id for history, _ in joining], touched)
    await renew_traits(db, [history for history in histories if history.session.id in known])
    # Always in the same order, so that two who lock several never wait for each other.
    for drafted in drafts:
        await write_checked(db, await lock_proposal(db, account_id, drafted.proposal_id), drafted)
    for proposal_id in sorted(touched) if is_alone else ():
        await redraft(db, await lock_proposal(db, account_id, proposal_id), worth)


async def _check(db: Db, account_id: uuid.UUID, read: Mapping[uuid.UUID, SessionRead]) -> None:
    """Make sure that sessions are as they were read: nothing was removed, and nobody has worked on them since.

    Raises:
        ChangedError: one is not.
    """
    if await read_again(db, account_id, list(read)) != read:
        raise ChangedError


async def _join(
    db: Db, history: SessionHistory, need: Need, traits: Traits, worth: Worth, now: datetime
) -> uuid.UUID:
    proposal = await _like(db, history, need, traits, worth) or await _propose(db, history, need, now)
    await add_session(db, proposal, history, traits, now, is_chosen=None)
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
