"""Resolved sessions of the account that had a problem such as this one, and what solved them.

What is compared is bounded, however many sessions there are: the newest that were resolved, and the newest of the
same client, both by an index. Their titles are compared as in `sessions/similar`, each of which a process knows
(`titles`); the rows are read of those that are alike.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from flowpilot.db.session import ReadDb
from flowpilot.db.statements.built import Built
from flowpilot.sessions.models import AISession
from flowpilot.sessions.problem.parts import own_words
from flowpilot.sessions.problem.titles import problem_of
from flowpilot.sessions.recalled.solutions import solutions_of
from flowpilot.sessions.recalled.titles import hidden, titles_to_compare
from flowpilot.sessions.similar.likeness import alike, are_apart, is_evidence, of_problem
from flowpilot.sessions.similar.words import Words, Worth, words_of

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


_ROWS = Built(
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
        AISession.account_id == bindparam("account_id", type_=Uuid),
        AISession.id == any_(bindparam("sessions", type_=ARRAY(Uuid))),
    )
    .order_by(AISession.created_at.desc())
)


@dataclass(frozen=True, slots=True)
class _Scored:
    """A resolved session, how alike it is, and the words that make it so."""

    likeness: float
    shared: Words
    row: Any


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
    found = await _alike(db, account_id, problem)
    if not found:
        return []
    rows = await _ROWS.all(db, account_id=account_id, sessions=list(found))
    scored = [_Scored(*found[row.id], row) for row in rows if not are_apart(problem.domain, row.problem_domain)]
    scored.sort(
        key=lambda one: (_is_same_client(one.row, problem), one.likeness, one.row.created_at), reverse=True
    )
    solutions = await solutions_of(db, account_id, [one.row.id for one in scored])
    best = list(islice((one for one in scored if one.row.id in solutions), _MOST))
    spelled = await _spelled(db, problem.text) if best else {}
    return [_recalled(one, problem, solutions[one.row.id], spelled) for one in best]


async def _alike(db: ReadDb, account_id: uuid.UUID, problem: ProblemQuery) -> dict[uuid.UUID, tuple[float, Words]]:
    """The sessions that are alike enough by more than one word, with how alike they are and those words."""
    titles = await titles_to_compare(db, account_id, problem.session_id, problem.client_id)
    if not titles.sessions:
        return {}
    said = [of_problem(words) for words in await words_of(db, [problem.title, problem.text])]
    spelled = {hidden(word): word for words in said for word in words}
    asked = [frozenset(map(hidden, words)) for words in said]
    found: dict[uuid.UUID, tuple[float, Words]] = {}
    for title, words in titles.words.items():
        score, shared = _best(words, asked, spelled, titles.worth)
        if score >= _LEAST_LIKENESS:
            found |= {uuid.UUID(bytes=one): (score, shared) for one in titles.sessions[title]}
    return found


def _best(
    that: Sequence[str], asked: Sequence[Words], spelled: Mapping[str, str], worth: Worth
) -> tuple[float, Words]:
    """How alike a title is to a problem, by its title or by all of it, and by which words: whichever says more.

    A long text shares a smaller part of its words with a title than a title does, so it is not the only measure.
    """
    best: tuple[float, Words] = (0.0, frozenset())
    for words in asked:
        # Most problems of an account have no word in common.
        if words.isdisjoint(that):
            continue
        shared = frozenset(spelled[word] for word in words.intersection(that))
        if is_evidence(shared):
            best = max(best, (alike(words, frozenset(that), worth), shared), key=lambda one: one[0])
    return best


async def _spelled(db: ReadDb, text: str) -> dict[str, Words]:
    """The words of a text as they are written there, each with what it counts as."""
    written = list(dict.fromkeys(_WORD.findall(text)))[:_SPELLED]
    return dict(zip(written, await words_of(db, written), strict=True))


def _is_same_client(row: Any, problem: ProblemQuery) -> bool:
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
