"""JSON routes of guided sessions."""

import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse

from flowpilot.attachments.schemas import named
from flowpilot.attachments.service import NewFiles, attach
from flowpilot.clients.finding import take_turn
from flowpilot.clock import Now
from flowpilot.db.session import Db, ReadDb
from flowpilot.flows.models import PROCEDURAL
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanTakeWork, CanView, CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, Once
from flowpilot.identity.replica.session import ReportSession
from flowpilot.jobs import enqueue
from flowpilot.sessions import assignment, clients, queries, schemas, service, starting
from flowpilot.sessions.avoidable import judge
from flowpilot.sessions.edits import service as edits
from flowpilot.sessions.following.seen import Seen, check_seen
from flowpilot.sessions.holding import naming_the_holder
from flowpilot.sessions.jobs import SUGGEST_JOB
from flowpilot.sessions.locking import LoadedSession, LockedSession, load, lock_for_work
from flowpilot.sessions.notes import reading as notes
from flowpilot.sessions.notes.schemas import DocumentationOut
from flowpilot.sessions.problem.titles import with_problem
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.reading import listing
from flowpilot.sessions.reading.listing import SessionQuery
from flowpilot.sessions.runs.progress import progress_of
from flowpilot.sessions.search.reading import found_in
from flowpilot.sessions.search.schemas import FoundSession, found_session
from flowpilot.sessions.steps.schemas import StepIn
from flowpilot.sessions.suggestions.queries import suggestions_for
from flowpilot.sessions.transitions import Action

router = APIRouter(prefix="/api/v1/ai-sessions", tags=["sessions"])


async def _locked(
    session_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now
) -> AsyncIterator[LockedSession]:
    locked = await lock_for_work(db, actor, session_id, now)
    async with naming_the_holder(db, actor, locked):
        yield locked


async def lock_to_correct(session_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> LockedSession:
    """Lock a session whose client may change, in the order of merges and renames: they wait for each other."""
    await take_turn(db, actor.account_id)
    return await lock_for_work(db, actor, session_id, now)


# A step needs the session's steps and its tree; a change of status needs neither.
LockedForWork = Annotated[LockedSession, Depends(_locked, scope="function")]


async def _loaded(locked: LockedForWork, db: WriteSession) -> LoadedSession:
    return await load(db, locked)


LockedToCorrect = Annotated[LockedSession, Depends(lock_to_correct)]
LoadedForWork = Annotated[LoadedSession, Depends(_loaded)]


@router.post("", status_code=201)
async def start_session(
    request: Request, body: schemas.SessionIn, actor: CanWork, db: WriteSession, now: Now, once: CreateOnce
) -> schemas.StartedOut:
    """Start a session on a problem. It follows the flow that fits best, from its first question."""

    async def make() -> schemas.StartedOut:
        loaded, candidates = await starting.start(db, actor, starting.NewSession(**body.model_dump()), now)
        history = await queries.read_session(db, actor.account_id, loaded.session.id, loaded, actor.names)
        await ask_copilot(request, db, history)
        return schemas.started_out(history, actor, await suggestions_for(db, history), candidates)

    return await once.create(schemas.StartedOut, body, make)


@router.get("")
async def list_sessions(
    actor: CanView,
    filter_: SessionQuery,
    db: ReportSession,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ListPage[FoundSession]:
    """The account's sessions, newest first; with `q`, each says where it has the words."""
    listed = await listing.sessions(db, actor.account_id, filter_, limit + 1, cursor)
    runs = [session for session, _, type_ in listed.rows if type_ == PROCEDURAL]
    progress = await progress_of(db, actor.account_id, runs)
    found = await found_in(db, actor.account_id, listed.question, [session for session, *_ in listed.rows[:limit]])
    rows = (
        (schemas.session_row(session, name, progress.get(session.id)), found.get(session.id))
        for session, name, _ in listed.rows
    )
    return list_page([found_session(row, where) for row, where in rows], limit)


@router.get("/{session_id}")
async def read_session(session_id: uuid.UUID, actor: CanView, db: ReadSession) -> schemas.SessionOut:
    """One session: where it is, what may be done now, and all its steps."""
    return await answer(db, actor, session_id)


@router.patch("/{session_id}")
async def correct_session(
    body: schemas.DetailsIn, actor: CanWork, locked: LockedToCorrect, db: WriteSession, now: Now
) -> schemas.SessionOut:
    """Edit what the session is about, or link it to a ticket."""
    given = with_problem(body.model_dump(exclude_unset=True))
    details = await clients.with_client(db, actor, locked.session, given, now)
    await service.correct(db, locked, **details)
    return await answer(db, actor, locked.session.id)


@router.post("/{session_id}/steps", status_code=201)
async def take_step(
    request: Request,
    body: StepIn,
    actor: CanWork,
    loaded: LoadedForWork,
    db: WriteSession,
    once: CreateOnce,
) -> schemas.SessionOut:
    """Take one step, and read where the session is then."""
    return await record_step(request, body, actor, loaded, db, once, NewFiles(body.attachments))


async def record_step(
    request: Request,
    body: StepIn,
    actor: Actor,
    loaded: LoadedSession,
    db: Db,
    once: Once,
    files: NewFiles,
) -> schemas.SessionOut:
    """Take one step with these files."""

    async def make() -> schemas.SessionOut:
        moves = body.choice is not None or body.outcome is not None
        if not body.is_note:
            check_seen(loaded, body, actor, Action.STEP if moves else Action.NOTE)
        settings, session_id = request.app.state.settings, loaded.session.id
        added = named(await attach(db, settings, actor, files, loaded.moment, session_id=session_id))
        if body.choice is not None:
            await service.take_choice(db, actor, loaded, body.choice, added)
        elif body.outcome is not None:
            await service.report_outcome(db, actor, loaded, body.outcome, body.note.strip(), added)
        else:
            await service.write_text(db, actor, loaded, body.free_text, added, is_note=body.is_note)
        return await moved_on(request, db, actor, loaded)

    return await once.create(schemas.SessionOut, body, make)


@router.post("/{session_id}/back")
async def go_back(
    request: Request, actor: CanWork, loaded: LoadedForWork, db: WriteSession, body: Seen = Seen()
) -> schemas.SessionOut:
    """Take back the newest answer or outcome, which `back` names. It stays on record, and notes stay."""
    check_seen(loaded, body, actor, Action.STEP)
    await edits.go_back(db, actor, loaded)
    return await moved_on(request, db, actor, loaded)


@router.post("/{session_id}/enter-again")
async def enter(
    request: Request, actor: CanWork, loaded: LoadedForWork, db: WriteSession, body: Seen = Seen()
) -> schemas.SessionOut:
    """Enter the sub-flow of the present node again, after its entry was taken back (`may_enter`)."""
    check_seen(loaded, body, actor, Action.STEP)
    await service.enter_again(db, actor, loaded)
    return await moved_on(request, db, actor, loaded)


@router.post("/{session_id}/flow")
async def follow_flow(
    request: Request, body: schemas.FlowChoiceIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Follow another flow from its beginning, or no flow."""
    check_seen(loaded, body, actor, Action.STEP)
    await starting.follow_flow(db, actor, loaded, body.flow_id)
    return await moved_on(request, db, actor, loaded)


@router.post("/{session_id}/pause")
async def pause(
    body: schemas.ReasonIn, actor: CanWork, locked: LockedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Pause the session."""
    await service.pause(db, actor, locked, body.reason)
    return await answer(db, actor, locked.session.id)


@router.post("/{session_id}/resume")
async def resume(actor: CanWork, locked: LockedForWork, db: WriteSession) -> schemas.SessionOut:
    """Resume a session that was paused or abandoned."""
    await service.resume(db, actor, locked)
    return await answer(db, actor, locked.session.id)


@router.post("/{session_id}/take")
async def take(session_id: uuid.UUID, actor: CanTakeWork, db: WriteSession, now: Now) -> schemas.SessionOut:
    """Take an unassigned session. One caller gets it; 409 tells the others who."""
    await assignment.take(db, actor, session_id, now)
    return await answer(db, actor, session_id)


@router.post("/{session_id}/resolve")
async def resolve(
    body: schemas.ResolutionIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Resolve the session, saying what solved the problem."""
    check_seen(loaded, body, actor, Action.RESOLVE)
    await judge(db, actor, loaded, body.avoidable_reason)
    await service.resolve(db, actor, loaded, body.summary)
    return await answer(db, actor, loaded.session.id, loaded)


@router.post("/{session_id}/abandon")
async def abandon(
    body: schemas.AbandonIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Abandon the session."""
    check_seen(loaded, body, actor, Action.ABANDON)
    await service.abandon(db, actor, loaded, body.reason)
    return await answer(db, actor, loaded.session.id, loaded)


@router.post("/{session_id}/reopen")
async def reopen(
    body: schemas.ReopeningIn, actor: CanWork, locked: LockedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Go on with a resolved session. What is new is posted to its ticket when it ends again."""
    await service.reopen(db, actor, locked, body.reason)
    return await answer(db, actor, locked.session.id)


@router.post("/{session_id}/rating")
async def rate(
    body: schemas.RatingIn, actor: CanWork, locked: LockedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Rate a session that has ended."""
    await service.rate(db, actor, locked, body.rating, body.comment)
    return await answer(db, actor, locked.session.id)


@router.get("/{session_id}/documentation")
async def read_documentation(session_id: uuid.UUID, actor: CanView, db: ReadSession, now: Now) -> DocumentationOut:
    """The note for the ticket, as the session is now."""
    note = await notes.read_note(db, actor.account_id, session_id, now, actor.timezone)
    return DocumentationOut(markdown=note.markdown, text=note.text, work_seconds=note.work_seconds)


@router.get("/{session_id}/documentation.{form}", response_class=PlainTextResponse)
async def read_note(
    session_id: uuid.UUID, form: Literal["md", "txt"], actor: CanView, db: ReadSession, now: Now
) -> PlainTextResponse:
    """The note alone, in Markdown or in plain text."""
    note = await notes.read_note(db, actor.account_id, session_id, now, actor.timezone)
    if form == "md":
        return PlainTextResponse(note.markdown, media_type="text/markdown")
    return PlainTextResponse(note.text)


async def answer(
    db: ReadDb, actor: Actor, session_id: uuid.UUID, loaded: LoadedSession | None = None
) -> schemas.SessionOut:
    """The session as the actor sees it now."""
    history = await queries.read_session(db, actor.account_id, session_id, loaded, actor.names)
    return schemas.SessionOut(**schemas.session_out(history, actor, await suggestions_for(db, history)))


async def moved_on(request: Request, db: Db, actor: Actor, loaded: LoadedSession) -> schemas.SessionOut:
    """The session as it is after a step, of which the copilot is told if there is no flow."""
    history = await queries.read_session(db, actor.account_id, loaded.session.id, loaded, actor.names)
    await ask_copilot(request, db, history)
    return schemas.SessionOut(**schemas.session_out(history, actor, await suggestions_for(db, history, loaded)))


async def ask_copilot(request: Request, db: Db, history: SessionHistory) -> None:
    """Without a flow, have a job ask the copilot. Its answer is there when the session is next read."""
    if history.tree is None and request.app.state.settings.ai_model is not None:
        enqueue(db, SUGGEST_JOB, account_id=history.session.account_id, session_id=history.session.id)
