"""Resolved sessions of the account that had a problem such as this one, and what solved them.

What is compared is bounded, however many sessions there are: the newest that were resolved, and the newest of the
same client, both by an index. Their titles are compared as in `sessions/similar`.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row, select, union

from flowpilot.db.session import ReadDb
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.problem.parts import own_words
from flowpilot.sessions.problem.titles import problem_of
from flowpilot.sessions.recalled.solutions import solutions_of
from flowpilot.sessions.similar.likeness import Traits, is_evidence, likeness, shared_words
from flowpilot.sessions.similar.words import Words, Worth, words_of, worth_in

# So many resolved sessions are compared, and so many of the same client, which may be older.
_NEWEST = 2000
_OF_CLIENT = 500
_MOST = 3
# A person judges what is shown, so it is less than what brings sessions into one proposal (`benchmarks/recalled`).
_LEAST_LIKENESS = 0.2

# Of a longer text the rest is more often a log. A word may hold what names are written with.
_SPELLED = 300
_WORD = re.compile(r"\w[\w.-]*\w|\w")


@dataclass(frozen=True, slots=True)
class ProblemQuery:
    """The problem that others are compared with: its title, and the own words of the text below it.

    `session_id` is its own session, if it has begun.
    """

    title: str
    body: str = ""
    domain: str | None = None
    client_id: uuid.UUID | None = None
    session_id: uuid.UUID | None = None

    @property
    def text(self) -> str:
        """All that it says."""
        return f"{self.title}\n{self.body}" if self.body else self.title


@dataclass(frozen=True, slots=True)
class Recalled:
    """A resolved session, what solved it, and how alike its problem is, from 0 to 1.

    `shared`: the words of the problem asked about that are in its own as well.
    """

    session_id: uuid.UUID
    problem_summary: str
    client_name: str | None
    is_same_client: bool
    solved_by: str
    created_at: datetime
    resolved_at: datetime
    likeness: float
    shared: Sequence[str]

    @property
    def seconds_to_resolve(self) -> float:
        """From its beginning until it was resolved."""
        return (self.resolved_at - self.created_at).total_seconds()


_Candidate = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Scored:
    """A candidate, how alike it is, and the words that make it so."""

    likeness: float
    row: _Candidate
    shared: Words


def query_of(session: AISession) -> ProblemQuery:
    """The problem of a session."""
    title, body = session.problem_summary, session.problem_body
    return ProblemQuery(title, own_words(body), session.problem_domain, session.client_id, session.id)


def problem_query(text: str, domain: str | None = None, client_id: uuid.UUID | None = None) -> ProblemQuery:
    """The problem of a text, before a session begins."""
    title, body = problem_of(text)
    return ProblemQuery(title, own_words(body), domain, client_id)


async def recall(db: ReadDb, account_id: uuid.UUID, problem: ProblemQuery) -> list[Recalled]:
    """The likest resolved sessions that say what solved them, those of the same client first; three at most."""
    candidates = await _candidates(db, account_id, problem)
    if not candidates:
        return []
    scored = await _scored(db, account_id, problem, candidates)
    scored.sort(
        key=lambda one: (_is_same_client(one.row, problem), one.likeness, one.row.created_at), reverse=True
    )
    solutions = await solutions_of(db, account_id, [one.row.id for one in scored])
    best = list(islice((one for one in scored if one.row.id in solutions), _MOST))
    spelled = await _spelled(db, problem.text) if best else {}
    return [_recalled(one, problem, solutions[one.row.id], spelled) for one in best]


async def _candidates(db: ReadDb, account_id: uuid.UUID, problem: ProblemQuery) -> Sequence[_Candidate]:
    query = (
        select(
            AISession.id,
            AISession.problem_summary,
            AISession.problem_domain,
            AISession.client_name,
            AISession.client_id,
            AISession.created_at,
            AISession.resolved_at,
        )
        .where(
            AISession.account_id == account_id,
            AISession.status == SessionStatus.RESOLVED,
            AISession.resolved_at.is_not(None),
            AISession.problem_summary != "",
        )
        .order_by(AISession.created_at.desc())
    )
    if problem.session_id is not None:
        query = query.where(AISession.id != problem.session_id)
    newest = query.limit(_NEWEST)
    if problem.client_id is None:
        return (await db.execute(newest)).all()
    theirs = query.where(AISession.client_id == problem.client_id).limit(_OF_CLIENT)
    both = union(select(newest.subquery()), select(theirs.subquery()))
    return (await db.execute(both)).all()


async def _scored(
    db: ReadDb, account_id: uuid.UUID, problem: ProblemQuery, candidates: Sequence[_Candidate]
) -> list[_Scored]:
    """The candidates that are alike enough, by more than one word."""
    title, whole, *theirs = await words_of(
        db, [problem.title, problem.text, *(row.problem_summary for row in candidates)]
    )
    worth = await worth_in(db, account_id)
    found = []
    for words, row in zip(theirs, candidates, strict=True):
        that = Traits(words, frozenset(), row.problem_domain)
        score, shared = _best(that, problem.domain, title, whole, worth)
        if score >= _LEAST_LIKENESS:
            found.append(_Scored(score, row, shared))
    return found


def _best(that: Traits, domain: str | None, title: Words, whole: Words, worth: Worth) -> tuple[float, Words]:
    """How alike a problem is to another, by its title or by all of it, and by which words: whichever says more.

    A long text shares a smaller part of its words with a title than a title does, so it is not the only measure.
    """
    best: tuple[float, Words] = (0.0, frozenset())
    for words in (title, whole):
        # Most problems of an account have no word in common.
        if words.isdisjoint(that.problem):
            continue
        this = Traits(words, frozenset(), domain)
        shared = shared_words(this, that)
        if is_evidence(shared):
            best = max(best, (likeness(this, that, worth), shared), key=lambda one: one[0])
    return best


async def _spelled(db: ReadDb, text: str) -> dict[str, Words]:
    """The words of a text as they are written there, each with what it counts as."""
    written = list(dict.fromkeys(_WORD.findall(text)))[:_SPELLED]
    return dict(zip(written, await words_of(db, written), strict=True))


def _is_same_client(row: _Candidate, problem: ProblemQuery) -> bool:
    return problem.client_id is not None and row.client_id == problem.client_id


def _recalled(one: _Scored, problem: ProblemQuery, solved_by: str, spelled: Mapping[str, Words]) -> Recalled:
    row = one.row
    # A word that is written in several ways is said once.
    shared: dict[str, str] = {}
    for word, counts_as in spelled.items():
        if counts_as & one.shared:
            shared.setdefault(word.casefold(), word)
    return Recalled(
        session_id=row.id,
        problem_summary=row.problem_summary,
        client_name=row.client_name,
        is_same_client=_is_same_client(row, problem),
        solved_by=solved_by,
        created_at=row.created_at,
        resolved_at=row.resolved_at,
        likeness=round(one.likeness, 4),
        shared=list(shared.values()),
    )
