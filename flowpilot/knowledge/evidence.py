"""The sessions that a proposal comes from, as cases to merge."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.knowledge.drafting.cases import Case, case_of, texts_of
from flowpilot.knowledge.models import ProposalSession
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
    done = " ".join(said for _, said in texts_of(history))
    problem_words, done_words = await words_of(db, [session.problem_summary, done])
    return Traits(problem_words, done_words, session.problem_domain)


async def read_evidence(db: ReadDb, account_id: uuid.UUID, proposal_id: uuid.UUID) -> Evidence:
    """The newest of the proposal's sessions that are still resolved. Their numbers are those of the whole list."""
    ids = await session_ids(db, account_id, proposal_id)
    numbered = list(enumerate(ids, 1))[-MOST_CASES:]
    histories = [(number, await read_session(db, account_id, id_)) for number, id_ in numbered]
    texts = [[said for _, said in texts_of(history)] for _, history in histories]
    words = iter(await words_of(db, [said for each in texts for said in each]))
    cases = [
        case_of(number, history, [next(words) for _ in each])
        for (number, history), each in zip(histories, texts, strict=True)
    ]
    return Evidence(cases, [history.session.problem_summary for _, history in histories])


async def session_ids(db: ReadDb, account_id: uuid.UUID, proposal_id: uuid.UUID) -> list[uuid.UUID]:
    """The proposal's sessions that are resolved now, in the order in which they joined it."""
    resolved = (
        select(ProposalSession.session_id)
        .join(
            AISession,
            (AISession.account_id == ProposalSession.account_id) & (AISession.id == ProposalSession.session_id),
        )
        .where(
            ProposalSession.account_id == account_id,
            ProposalSession.proposal_id == proposal_id,
            AISession.account_id == account_id,
            AISession.status == SessionStatus.RESOLVED,
        )
        .order_by(ProposalSession.added_at, ProposalSession.id)
    )
    return list(await db.scalars(resolved))
