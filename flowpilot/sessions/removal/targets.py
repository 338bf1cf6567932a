"""What somebody chooses to remove, and what that is: all of a step, a phrase, or a file."""

import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from flowpilot.attachments.models import Attachment
from flowpilot.attachments.queries import AttachmentNotFoundError
from flowpilot.db.session import ReadDb
from flowpilot.http.fields import wrong
from flowpilot.identity.actor import Actor
from flowpilot.sessions.edits import policy
from flowpilot.sessions.edits.policy import Editing, SessionWithSteps, StepAction
from flowpilot.sessions.edits.words import written
from flowpilot.sessions.following.followed import read_followed
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.queries import SessionHistory, read_session
from flowpilot.sessions.removal.filled import filled_texts
from flowpilot.sessions.removal.lines import lines_of
from flowpilot.sessions.removal.policy import NotYourWordsError, may_remove_file, only_texts_of
from flowpilot.sessions.removal.scope import Removal
from flowpilot.sessions.removal.steps import files_of, places_of, repeats_of, wordings
from flowpilot.sessions.removal.words import Words, id_of, secrets_in
from flowpilot.sessions.suggestions.models import SuggestionOutcome


@dataclass(frozen=True, slots=True)
class Target:
    """All of a step, a phrase of a step or of the whole session, or a file of the session."""

    step: AISessionStep | None = None
    phrase: str | None = None
    file_id: uuid.UUID | None = None


async def removal_of(
    db: ReadDb, actor: Actor, history: SessionWithSteps, target: Target, at: datetime
) -> tuple[Removal, list[str]]:
    """The removal as a preview, and the words that go.

    Raises:
        NotYourStepError, NothingToEditError: the actor may not remove words of the step, or there are none.
        NotYourWordsError: the file is somebody else's.
        AttachmentNotFoundError: the session has no such file.
        RequestValidationError: the step does not have the phrase.
    """
    if target.step is not None:
        policy.check(Editing(history, actor), target.step, StepAction.REMOVE)
    if target.phrase is not None:
        return _of_phrase(actor, history, target.step, target.phrase, at)
    if target.file_id is not None:
        return await _of_file(db, actor, history, target.file_id, at)
    assert target.step is not None
    return await _of_step(db, actor, history, target.step, at)


def _of_phrase(
    actor: Actor, history: SessionWithSteps, step: AISessionStep | None, phrase: str, at: datetime
) -> tuple[Removal, list[str]]:
    places = places_of(history.steps, (), only_texts_of(history.session, actor))
    words = Words([phrase], is_whole=False, places=places)
    if step is not None and not words.are_in(step.content, id_of(step.id)):
        raise wrong("phrase", "This is not in the step. Copy the words from it.")
    return _removal(actor, history, words, at, [phrase]), [phrase]


async def _of_file(
    db: ReadDb, actor: Actor, history: SessionWithSteps, file_id: uuid.UUID, at: datetime
) -> tuple[Removal, list[str]]:
    found = await db.get(Attachment, (actor.account_id, file_id))
    if found is None or found.session_id != history.session.id or found.is_erased:
        raise AttachmentNotFoundError
    if not may_remove_file(history.session, actor, found):
        raise NotYourWordsError
    # A note of files alone says their names.
    with_it = [step for step in history.steps if file_id in files_of([step])]
    places = places_of(history.steps, with_it, only_texts_of(history.session, actor))
    words = Words([found.name], is_whole=True, files=[str(file_id)], places=places)
    lines = [] if words.are_all_distinctive else await _lines(db, history, with_it)
    goes = {"files": [file_id], "note_lines": lines}
    return _removal(actor, history, words, at, secrets_in(found.name), **goes), [found.name]


async def _of_step(
    db: ReadDb, actor: Actor, history: SessionWithSteps, step: AISessionStep, at: datetime
) -> tuple[Removal, list[str]]:
    going = wordings(history.steps, step)
    files = files_of(going)
    texts = list(dict.fromkeys([*(text for one in going for text in written(one).values()), *files.values()]))
    again, only_of = repeats_of(history.steps, step), only_texts_of(history.session, actor)
    words = Words(
        [*texts, *await _said_by_ai(db, history, step)],
        is_whole=True,
        files=[str(one) for one in files],
        places=places_of(history.steps, [*going, *again], only_of),
        filled=await _filled(db, history, going),
    )
    lines = [] if words.are_all_distinctive else await _lines(db, history, going, again)
    telling = [word for text in texts for word in secrets_in(text)]
    goes = {"steps": going, "files": list(files), "note_lines": lines}
    return _removal(actor, history, words, at, telling, **goes), texts


async def _said_by_ai(db: ReadDb, history: SessionWithSteps, step: AISessionStep) -> Sequence[str]:
    """What an AI has suggested since, and somebody pressed or dismissed: it may be the same in other words."""
    query = select(SuggestionOutcome.action).where(
        SuggestionOutcome.account_id == history.session.account_id,
        SuggestionOutcome.session_id == history.session.id,
        SuggestionOutcome.source == "ai",
        SuggestionOutcome.at > step.created_at,
    )
    return (await db.scalars(query)).all()


async def _lines(
    db: ReadDb, history: SessionWithSteps, steps: list[AISessionStep], repeating: Sequence[AISessionStep] = ()
) -> frozenset[str]:
    """What the steps say in notes; asked only if their words are not found by themselves."""
    if not steps:
        return frozenset()
    if isinstance(history, SessionHistory):
        return lines_of(history, steps, repeating)
    session, loaded = history.session, history if isinstance(history, LoadedSession) else None
    return lines_of(await read_session(db, session.account_id, session.id, loaded), steps, repeating)


async def _filled(db: ReadDb, history: SessionWithSteps, going: list[AISessionStep]) -> re.Pattern[str] | None:
    """The texts of its flow with the values that go, in one statement or two, and only if values go."""
    if all(step.kind != StepKind.FILL for step in going):
        return None
    return filled_texts(await read_followed(db, history.session, history.steps), going)


def _removal(
    actor: Actor,
    history: SessionWithSteps,
    words: Words,
    at: datetime,
    telling: Collection[str] = (),
    **goes: Any,
) -> Removal:
    return Removal(
        account_id=history.session.account_id,
        session_id=history.session.id,
        words=words,
        telling=Words(telling, is_whole=False, places=places_of(history.steps, ())),
        by=actor.user_id,
        at=at,
        is_preview=True,
        only_of=only_texts_of(history.session, actor),
        **goes,
    )
