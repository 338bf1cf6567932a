"""What found sessions say of the words that were looked for."""

import uuid
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.sessions.edits.words import written
from flowpilot.sessions.locking import steps_of_each
from flowpilot.sessions.models import AISession, AISessionStep, StepKind
from flowpilot.sessions.path import standing
from flowpilot.sessions.search.asking import Question
from flowpilot.sessions.search.excerpts import Excerpt, Place, excerpts, words_had


async def found_in(
    db: ReadDb, account_id: uuid.UUID, question: Question | None, sessions: Sequence[AISession]
) -> dict[uuid.UUID, list[Excerpt]]:
    """Where each of the sessions has the words of the question.

    Without a question nothing is read, and nothing but the title of a session whose title has them all.
    """
    if question is None:
        return {}
    titles, others = dict[uuid.UUID, list[Excerpt]](), list[AISession]()
    for one in sessions:
        if words_had(question.words, one.problem_summary) == set(question.words):
            titles[one.id] = excerpts(question.words, [(Place.TITLE, one.problem_summary)])
        else:
            others.append(one)
    if not others:
        return titles
    ids = [one.id for one in others]
    bodies = select(AISession.id, AISession.problem_body).where(
        AISession.account_id == account_id, AISession.id.in_(ids)
    )
    body = {row.id: row.problem_body for row in await db.execute(bodies)}
    steps = await steps_of_each(db, account_id, ids)
    return titles | {
        one.id: excerpts(question.words, _texts(one, body.get(one.id), steps[one.id], question.names))
        for one in others
    }


def _texts(
    session: AISession, body: str | None, steps: Sequence[AISessionStep], names: Mapping[uuid.UUID, str]
) -> Iterator[tuple[Place, str]]:
    """All that `words_of` finds a session by, the more telling first."""
    said = [(step.kind, text) for step in standing(steps) for text in written(step).values()]
    named = dict.fromkeys([session.user_id, *(step.actor_id for step in steps)])
    people = [names[one] for one in named if one is not None and one in names]
    yield Place.TITLE, session.problem_summary
    yield from [(Place.BODY, body)] if body else []
    yield from ((Place.RESOLUTION, text) for kind, text in said if kind == StepKind.RESOLUTION)
    yield from ((Place.NOTE, text) for kind, text in said if kind != StepKind.RESOLUTION)
    yield from [(Place.TICKET, session.psa_ticket_id)] if session.psa_ticket_id else []
    if session.client_id is not None:
        yield Place.CLIENT, names.get(session.client_id, "")
    yield from ((Place.PERSON, name) for name in people)
