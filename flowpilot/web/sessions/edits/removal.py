"""The pages on which words and files are removed for good: what that does, where they are, and where they went."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Query, Request, Response

from flowpilot.clock import Now
from flowpilot.db.session import ReadDb
from flowpilot.identity.access import CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.sessions import api as sessions
from flowpilot.sessions.edits.policy import StepAction
from flowpilot.sessions.edits.schemas import RemovedOut, StepOut
from flowpilot.sessions.edits.service import StepNotFoundError
from flowpilot.sessions.removal import api
from flowpilot.sessions.removal.schemas import PhraseIn, RemovalIn, RemovalOut, SessionRemovalIn
from flowpilot.sessions.removal.words import is_distinctive
from flowpilot.sessions.schemas import SessionOut
from flowpilot.sessions.steps.files import SessionFileOut, list_files
from flowpilot.web.frame import CurrentFrame, Frame
from flowpilot.web.render import Page, go_to, render
from flowpilot.web.sessions.actions import SeenForm

router = APIRouter(prefix="/sessions/{session_id}", include_in_schema=False)

_OF_STEP, _OF_SESSION = "/steps/{step_id}/removal", "/remove"


class RemovalForm(SeenForm, PhraseIn):
    """Which words; all of them if the field is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove(Page):
    """What would be removed, or was: of one step, or wherever somebody wrote in the session.

    `step_id`: of the step, if it is one. `found`: what would go, if `is_chosen`; None if nothing can.
    `removed`: what did, the newest first. `phrase` and `file`: what was chosen. `files` may be removed alone.
    """

    template: ClassVar[str] = "sessions/removal.html"
    session: SessionOut
    removed: Sequence[RemovedOut]
    found: RemovalOut | None = None
    step_id: uuid.UUID | None = None
    is_chosen: bool = False
    phrase: str | None = None
    file: SessionFileOut | None = None
    files: Sequence[SessionFileOut] = ()

    @property
    def telling(self) -> list[str]:
        """What a browser forgets wherever it has it: a phrase, and texts that nobody else writes by chance."""
        words = [] if self.found is None else self.found.words
        return [one for one in words if self.phrase is not None or is_distinctive(one)]

    @property
    def step_of(self) -> dict[uuid.UUID, StepOut]:
        """The step that a file was sent with, by the file; a handoff's has none."""
        return {file.id: step for step in self.session.steps[::-1] for file in step.attachments}

    @property
    def names(self) -> dict[uuid.UUID, str | None]:
        """What the people of the session are called."""
        return {person.id: person.name for person in self.session.people}


@router.get(_OF_STEP)
async def show(
    request: Request,
    session_id: uuid.UUID,
    step_id: uuid.UUID,
    actor: CanWork,
    db: ReadSession,
    frame: CurrentFrame,
    all_of_it: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    return await _shown(request, session_id, step_id, actor, db, frame, PhraseIn() if all_of_it else None)


@router.post(f"{_OF_STEP}/preview")
async def preview(
    request: Request,
    session_id: uuid.UUID,
    step_id: uuid.UUID,
    body: Annotated[PhraseIn, Form()],
    actor: CanWork,
    db: ReadSession,
    frame: CurrentFrame,
) -> Response:
    """The page for a phrase. It is posted, because an address is written to logs."""
    return await _shown(request, session_id, step_id, actor, db, frame, body)


@router.post(_OF_STEP)
async def remove(
    session_id: uuid.UUID,
    step_id: uuid.UUID,
    body: Annotated[RemovalForm, Form()],
    actor: CanWork,
    db: WriteSession,
    now: Now,
) -> Response:
    asked = RemovalIn(phrase=body.phrase, after_step=body.after_step)
    await api.remove(session_id, step_id, actor, db, now, asked)
    return go_to(f"/sessions/{session_id}/steps/{step_id}/removal", "Removed for good.")


@router.get(_OF_SESSION)
async def show_of_session(
    request: Request, session_id: uuid.UUID, actor: CanWork, db: ReadSession, frame: CurrentFrame
) -> Response:
    return await _shown_of_session(request, session_id, actor, db, frame)


@router.post(f"{_OF_SESSION}/preview")
async def preview_of_session(
    request: Request,
    session_id: uuid.UUID,
    body: Annotated[SessionRemovalIn, Form()],
    actor: CanWork,
    db: ReadSession,
    frame: CurrentFrame,
) -> Response:
    """The page for a phrase or a file. It is posted, because an address is written to logs."""
    return await _shown_of_session(request, session_id, actor, db, frame, body)


@router.post(_OF_SESSION)
async def remove_from_session(
    session_id: uuid.UUID,
    body: Annotated[SessionRemovalIn, Form()],
    actor: CanWork,
    db: WriteSession,
    now: Now,
) -> Response:
    await api.remove_from_session(session_id, body, actor, db, now)
    return go_to(f"/sessions/{session_id}/remove", "Removed for good.")


async def _shown(
    request: Request,
    session_id: uuid.UUID,
    step_id: uuid.UUID,
    actor: Actor,
    db: ReadDb,
    frame: Frame,
    asked: PhraseIn | None = None,
) -> Response:
    session = await sessions.read_session(session_id, actor, db)
    step = _step(session, step_id)
    may_remove = StepAction.REMOVE in step.allowed or step.removed is None
    page = Remove(
        title="Remove for good",
        session=session,
        step_id=step_id,
        removed=[] if step.removed is None else [step.removed],
        is_chosen=asked is not None or step.removed is None,
        phrase=None if asked is None else asked.phrase,
        found=await api.find(session_id, step_id, actor, db, frame.now, asked) if may_remove else None,
    )
    return render(request, page, frame)


async def _shown_of_session(
    request: Request,
    session_id: uuid.UUID,
    actor: Actor,
    db: ReadDb,
    frame: Frame,
    asked: SessionRemovalIn | None = None,
) -> Response:
    session = await sessions.read_session(session_id, actor, db)
    files = await list_files(session_id, actor, db)
    chosen = None if asked is None else next((one for one in files if one.id == asked.file_id), None)
    page = Remove(
        title="Remove for good",
        session=session,
        removed=session.removals[::-1],
        is_chosen=asked is not None,
        phrase=None if asked is None else asked.phrase,
        file=chosen,
        files=[one for one in files if one.may_remove],
        found=None if asked is None else await api.find_in_session(session_id, asked, actor, db, frame.now),
    )
    return render(request, page, frame)


def _step(session: SessionOut, step_id: uuid.UUID) -> StepOut:
    found = next((step for step in session.steps if step.id == step_id), None)
    if found is None:
        raise StepNotFoundError
    return found
