"""A proposal that a person asks for: a new flow, merged from the sessions that they chose."""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError
from flowpilot.flows.locking import lock_library
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record
from flowpilot.knowledge.analysis import redraft
from flowpilot.knowledge.content import MAX_TITLE
from flowpilot.knowledge.evidence import add_session, traits_of
from flowpilot.knowledge.locking import lock_proposal
from flowpilot.knowledge.models import (
    IS_OF_PROPOSAL,
    FlowProposal,
    ProposalKind,
    ProposalSession,
    ProposalStatus,
)
from flowpilot.knowledge.needs import shows_something
from flowpilot.sessions.queries import SessionHistory, read_session
from flowpilot.sessions.similar.words import worth_in
from flowpilot.text import tidy


class NothingDoneError(ConflictError):
    """There is nothing to merge."""

    def __init__(self) -> None:
        super().__init__(
            "Nobody wrote down what they did in these sessions, so there is nothing to make a flow of. Choose "
            "sessions with steps."
        )


async def make(
    db: Db, actor: Actor, sessions: Sequence[uuid.UUID], title: str | None, now: datetime
) -> tuple[FlowProposal, bool]:
    """Propose a new flow from exactly these sessions, whatever their state. Those without any step are left out.

    Returns: the proposal, and whether it is new; a pending one that already holds most of the sessions is not.

    Raises:
        SessionNotFoundError: the account has no such session.
        NothingDoneError: nobody did anything in any of them.
    """
    # Two presses of the same button take turns, and the second finds what the first one made.
    await lock_library(db, actor.account_id)
    chosen = list(dict.fromkeys(sessions))
    if (held := await _holding_most(db, actor.account_id, chosen)) is not None:
        return held, False
    histories = [await read_session(db, actor.account_id, session_id) for session_id in chosen]
    telling = sorted(filter(shows_something, histories), key=lambda one: (one.session.created_at, one.session.id))
    if not telling:
        raise NothingDoneError
    proposal = await _propose(db, actor, telling, title, now)
    for history in telling:
        await add_session(db, proposal, history, await traits_of(db, history), now, is_chosen=True)
    worth = await worth_in(db, actor.account_id)
    await redraft(db, await lock_proposal(db, actor.account_id, proposal.id), worth)
    await record(db, actor.account_id, actor.user_id, "proposal.made", ("proposal", proposal.id), at=now)
    return proposal, True


async def _propose(
    db: Db, actor: Actor, histories: Sequence[SessionHistory], title: str | None, now: datetime
) -> FlowProposal:
    domains = Counter(history.session.problem_domain for history in histories)
    proposal = FlowProposal(
        account_id=actor.account_id,
        id=new_id(),
        kind=ProposalKind.NEW_FLOW,
        status=ProposalStatus.PENDING,
        given_title=None if title is None else tidy(title, MAX_TITLE),
        domain=domains.most_common(1)[0][0],
        source_session_id=histories[0].session.id,
        created_at=now,
    )
    db.add(proposal)
    await db.flush()
    return proposal


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
