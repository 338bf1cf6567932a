"""Removing words and files for good from a session that this transaction has locked, and every copy of them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flowpilot.db.announce import announce
from flowpilot.db.session import Db, ReadDb
from flowpilot.http.fields import wrong
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record
from flowpilot.sessions import hooks as session_hooks
from flowpilot.sessions.edits.policy import SessionWithSteps
from flowpilot.sessions.edits.words import written
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import AISessionStep
from flowpilot.sessions.postings.renewing import renew_waiting
from flowpilot.sessions.removal import own
from flowpilot.sessions.removal.copies import Copy, Fate, Found
from flowpilot.sessions.removal.files import FilesRead, read_files
from flowpilot.sessions.removal.hooks import hooks, sent_hooks
from flowpilot.sessions.removal.overwriting import begin_removal
from flowpilot.sessions.removal.policy import check_theirs
from flowpilot.sessions.removal.postings import of_postings_and_files
from flowpilot.sessions.removal.scope import Removal
from flowpilot.sessions.removal.staying import clients_that_stay, texts_that_stay
from flowpilot.sessions.removal.steps import without_words
from flowpilot.sessions.removal.targets import Target, removal_of
from flowpilot.sessions.removal.words import id_of
from flowpilot.sessions.search.keeping import keep_words
from flowpilot.sessions.service import announce_change
from flowpilot.text import tidy

_EXCERPT = 80


@dataclass(frozen=True, slots=True)
class RemovalReport:
    """What goes, in its own words, and all the places where it is."""

    words: Sequence[str]
    copies: Sequence[Copy]


async def find_copies(
    db: Db, actor: Actor, history: SessionWithSteps, target: Target, at: datetime
) -> RemovalReport:
    """What would be removed, and where it is. Nothing is changed.

    Raises:
        NotYourStepError, NothingToEditError, NotYourWordsError: the actor may not, or there is nothing.
        AttachmentNotFoundError: the session has no such file.
        RequestValidationError: the step, or the session, does not have the phrase.
    """
    removal, words = await removal_of(db, actor, history, target, at)
    _, files = await read_files(db, removal, words)
    copies = [*await _all(db, history, target, removal), *files]
    _check(actor, history, target, copies)
    return RemovalReport(words, copies)


async def read_ahead(
    db: ReadDb, actor: Actor, history: SessionWithSteps, target: Target, at: datetime
) -> FilesRead:
    """Read its text files, which takes the longest, before anybody waits for it. Raises as `find_copies`."""
    found, _ = await read_files(db, *await removal_of(db, actor, history, target, at))
    return found


async def remove(
    db: Db, actor: Actor, loaded: LoadedSession, target: Target, ahead: FilesRead = FilesRead()
) -> RemovalReport:
    """Overwrite the words wherever the product has them, and erase the files; where they were.

    The audit log says who removed what when, without the words. Raises as `find_copies`.

    Args:
        db: the transaction.
        actor: who removes them.
        loaded: the session.
        target: what is removed.
        ahead: what `read_ahead` has read of the files.
    """
    preview, words = await removal_of(db, actor, loaded, target, loaded.moment)
    removal = replace(preview, is_preview=False)
    await begin_removal(db, loaded.session.id)
    before = [step.content for step in loaded.steps]
    _, files = await read_files(db, removal, words, ahead)
    copies = [*await _all(db, loaded, target, removal), *files]
    _check(actor, loaded, target, copies)
    _say_where_it_stays(loaded, before, removal, _left(copies))
    loaded.session.last_activity_at = loaded.moment
    await db.flush()
    await keep_words(db, loaded.session, loaded.steps)
    # Pages that show the words are renewed, and what streams remember of events is forgotten.
    announce_change(db, loaded.session)
    announce(db, removal.account_id, "removals")
    await _record(db, actor, loaded, target, copies)
    await renew_waiting(db, loaded.session)
    for follow in session_hooks.on_removal:
        await follow(db, loaded.session, actor.user_id, loaded.moment)
    return RemovalReport(words, copies)


async def _all(db: Db, history: SessionWithSteps, target: Target, removal: Removal) -> list[Copy]:
    """Every place of the words, in the order in which one is overwritten after the other."""
    # What was sent is composed of what is overwritten next.
    sent = [copy for hook in sent_hooks for copy in await hook(db, removal)]
    # An assessment is made again of steps that no longer have the words.
    found = _of_steps(history, target, removal)
    await db.flush()
    for find in (own.of_session, own.of_suggestions, of_postings_and_files, own.of_answers, *hooks):
        found |= await find(db, removal)
    stay = texts_that_stay(history.session, history.steps, removal, found.cells)
    return [*found.copies, *sent, *stay, *await clients_that_stay(db, removal)]


def _of_steps(history: SessionWithSteps, target: Target, removal: Removal) -> Found:
    """The steps that have the words. The one from which somebody removes them is not named as a copy."""
    copies, cells = list[Copy](), dict[tuple[str, uuid.UUID, str], bool]()
    for step in history.steps:
        words = None if step in removal.steps else removal.words
        clean = without_words(step, words, by=removal.by, at=removal.at)
        cells[AISessionStep.__name__, step.id, "content"] = removal.telling.are_in(clean, id_of(step.id))
        if words is not None and step is not target.step and not words.are_in(step.content, id_of(step.id)):
            continue
        if step is not target.step and step not in removal.steps:
            author = frozenset() if step.actor_id is None else frozenset({step.actor_id})
            copies.append(Copy(_named(step, clean), path=_path(history, step), authors=author))
        if not removal.is_preview:
            step.content = clean
    return Found(copies, cells)


def _named(step: AISessionStep, clean: Mapping[str, Any]) -> str:
    """`Step 5: “Signed in with [removed]”`."""
    said = " ".join(str(clean[name]) for name in written(step)) or str(clean.get("instruction", step.kind))
    return f"Step {step.position}: “{tidy(said, _EXCERPT)}”"


def _path(history: SessionWithSteps, step: AISessionStep) -> str:
    return f"/sessions/{history.session.id}#step-{step.id}"


def _check(actor: Actor, history: SessionWithSteps, target: Target, copies: Sequence[Copy]) -> None:
    if target.step is not None or target.file_id is not None:
        return
    check_theirs(history.session, actor, copies)
    if not copies:
        raise wrong("phrase", "This is not in the session. Copy the words from where they are.")
    going = [one for one in copies if one.fate is Fate.OVERWRITTEN]
    if not going:
        places = "; ".join(one.text for one in copies)
        raise wrong("phrase", f"There is nothing to remove here. This is elsewhere: {places}. Remove it there.")
    check_theirs(history.session, actor, going)


def _left(copies: Sequence[Copy]) -> dict[str, Any]:
    """Where the words stay, as the record says from now on."""
    stays = Fate.WENT_OUT, Fate.TO_CHECK, Fate.KEPT
    return {str(fate): [one.as_json() for one in copies if one.fate is fate] for fate in stays}


def _say_where_it_stays(
    loaded: LoadedSession, before: Sequence[Mapping[str, Any]], removal: Removal, left: Mapping[str, Any]
) -> None:
    """Say at each step whose words went, and at the session, who removed them when, and where they still are."""
    for step, content in zip(loaded.steps, before, strict=True):
        if step.content is not content:
            step.content = {**step.content, "removed": step.content["removed"] | left}
    mark = {"by": str(removal.by), "at": removal.at.isoformat(), **left}
    loaded.session.removals = [*loaded.session.removals, mark]


async def _record(db: Db, actor: Actor, loaded: LoadedSession, target: Target, copies: Sequence[Copy]) -> None:
    step, facts = target.step, dict[str, Any]()
    if step is not None:
        facts = {"step": str(step.id), "position": step.position, "whole": target.phrase is None}
    if target.file_id is not None:
        facts = {"file": str(target.file_id)}
    facts |= {str(fate): sum(one.fate is fate for one in copies) for fate in Fate}
    what = "step" if step is not None else "words" if target.file_id is None else "file"
    on = ("session", loaded.session.id)
    await record(db, actor.account_id, actor.user_id, f"{what}.removed", on, at=loaded.moment, after=facts)
