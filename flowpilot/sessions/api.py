"""JSON routes of guided sessions."""

import uuid
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse

from flowpilot.clients.finding import take_turn
from flowpilot.clock import Now
from flowpilot.copilot import rules
from flowpilot.db.session import Db, ReadDb
from flowpilot.flows.models import PROCEDURAL
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanView, CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce
from flowpilot.jobs import enqueue
from flowpilot.sessions import assignment, clients, queries, schemas, service, starting
from flowpilot.sessions.jobs import SUGGEST_JOB
from flowpilot.sessions.locking import LoadedSession, LockedSession, load, lock_for_work
from flowpilot.sessions.notes.documentation import document
from flowpilot.sessions.queries import SessionFilter, SessionHistory, case_of
from flowpilot.sessions.runs.progress import progress_of
from flowpilot.sessions.seen import Seen, check_seen
from flowpilot.sessions.transitions import OPEN, Action

router = APIRouter(prefix="/api/v1/ai-sessions", tags=["sessions"])


async def _locked(session_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> LockedSession:
    return await lock_for_work(db, actor, session_id, now)


async def lock_to_correct(session_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> LockedSession:
    """Lock a session whose client may change, in the order of merges and renames: they wait for each other."""
    await take_turn(db, actor.account_id)
    return await lock_for_work(db, actor, session_id, now)


async def _loaded(locked: Annotated[LockedSession, Depends(_locked)], db: WriteSession) -> LoadedSession:
    return await load(db, locked)


# A step needs the session's steps and its tree; a change of status needs neither.
LockedForWork = Annotated[LockedSession, Depends(_locked)]
LockedToCorrect = Annotated[LockedSession, Depends(lock_to_correct)]
LoadedForWork = Annotated[LoadedSession, Depends(_loaded)]


@router.post("", status_code=201)
async def start_session(
    request: Request, body: schemas.SessionIn, actor: CanWork, db: WriteSession, now: Now, once: CreateOnce
) -> schemas.StartedOut:
    """Start a session on a problem. It follows the flow that fits best, from its first question."""

    async def make() -> schemas.StartedOut:
        loaded, candidates = await starting.start(db, actor, starting.NewSession(**body.model_dump()), now)
        history = await queries.read_session(db, actor.account_id, loaded.session.id)
        await _ask_copilot(request, db, history)
        return schemas.started_out(history, actor, await _suggestion(db, history), candidates)

    return await once.create(schemas.StartedOut, body, make)


async def _filter(actor: CanView, asked: Annotated[schemas.SessionListQuery, Query()]) -> SessionFilter:
    return SessionFilter(
        status=asked.status,
        owner_id=actor.user_id if asked.mine else asked.owner_id,
        domain=asked.domain,
        flow_id=asked.flow_id,
        ticket=asked.ticket,
        text=asked.q,
        unassigned=asked.unassigned,
        client_id=asked.client_id,
    )


SessionQuery = Annotated[SessionFilter, Depends(_filter)]


@router.get("")
async def list_sessions(
    actor: CanView,
    filter_: SessionQuery,
    db: ReadSession,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ListPage[schemas.SessionRow]:
    """The account's sessions, newest first."""
    rows = await queries.sessions(db, actor.account_id, filter_, limit + 1, cursor)
    runs = [session for session, _, type_ in rows if type_ == PROCEDURAL]
    progress = await progress_of(db, actor.account_id, runs)
    return list_page(
        [schemas.session_row(session, name, progress.get(session.id)) for session, name, _ in rows], limit
    )


@router.get("/{session_id}")
async def read_session(session_id: uuid.UUID, actor: CanView, db: ReadSession) -> schemas.SessionOut:
    """One session: where it is, what may be done now, and all its steps."""
    return await _answer(db, actor, session_id)


@router.patch("/{session_id}")
async def correct_session(
    body: schemas.DetailsIn, actor: CanWork, locked: LockedToCorrect, db: WriteSession, now: Now
) -> schemas.SessionOut:
    """Edit what the session is about, or link it to a ticket."""
    given = body.model_dump(exclude_unset=True)
    details = await clients.with_client(db, actor, locked.session, given, now)
    await service.correct(db, locked, **details)
    return await _answer(db, actor, locked.session.id)


@router.post("/{session_id}/steps", status_code=201)
async def take_step(
    request: Request,
    body: schemas.StepIn,
    actor: CanWork,
    loaded: LoadedForWork,
    db: WriteSession,
    once: CreateOnce,
) -> schemas.SessionOut:
    """Take one step, and read where the session is then."""

    async def make() -> schemas.SessionOut:
        check_seen(loaded, body, actor, Action.STEP, is_note=body.free_text is not None)
        if body.choice is not None:
            await service.take_choice(db, actor, loaded, body.choice)
        elif body.outcome is not None:
            await service.report_outcome(db, actor, loaded, body.outcome, body.note.strip())
        elif body.free_text is not None:
            await service.write_text(db, actor, loaded, body.free_text)
        return await _moved_on(request, db, actor, loaded)

    return await once.create(schemas.SessionOut, body, make)


@router.post("/{session_id}/back")
async def go_back(
    request: Request, actor: CanWork, loaded: LoadedForWork, db: WriteSession, body: Seen = Seen()
) -> schemas.SessionOut:
    """Go back one step. What was answered stays on record."""
    check_seen(loaded, body, actor, Action.STEP)
    await service.go_back(db, actor, loaded)
    return await _moved_on(request, db, actor, loaded)


@router.post("/{session_id}/flow")
async def follow_flow(
    request: Request, body: schemas.FlowChoiceIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Follow another flow from its beginning, or no flow."""
    check_seen(loaded, body, actor, Action.STEP)
    await starting.follow_flow(db, actor, loaded, body.flow_id)
    return await _moved_on(request, db, actor, loaded)


@router.post("/{session_id}/pause")
async def pause(
    body: schemas.ReasonIn, actor: CanWork, locked: LockedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Pause the session."""
    await service.pause(db, actor, locked, body.reason)
    return await _answer(db, actor, locked.session.id)


@router.post("/{session_id}/resume")
async def resume(actor: CanWork, locked: LockedForWork, db: WriteSession) -> schemas.SessionOut:
    """Resume a session that was paused or abandoned."""
    await service.resume(db, actor, locked)
    return await _answer(db, actor, locked.session.id)


@router.post("/{session_id}/take")
async def take(session_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> schemas.SessionOut:
    """Take an unassigned session. One caller gets it; 409 tells the others who."""
    await assignment.take(db, actor, session_id, now)
    return await _answer(db, actor, session_id)


@router.post("/{session_id}/resolve")
async def resolve(
    body: schemas.ResolutionIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Resolve the session, saying what solved the problem."""
    check_seen(loaded, body, actor, Action.RESOLVE)
    await service.resolve(db, actor, loaded, body.summary)
    return await _answer(db, actor, loaded.session.id, loaded)


@router.post("/{session_id}/abandon")
async def abandon(
    body: schemas.AbandonIn, actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Abandon the session."""
    check_seen(loaded, body, actor, Action.ABANDON)
    await service.abandon(db, actor, loaded, body.reason)
    return await _answer(db, actor, loaded.session.id, loaded)


@router.post("/{session_id}/reopen")
async def reopen(
    body: schemas.ReopeningIn, actor: CanWork, locked: LockedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Go on with a resolved session. What is new is posted to its ticket when it ends again."""
    await service.reopen(db, actor, locked, body.reason)
    return await _answer(db, actor, locked.session.id)


@router.post("/{session_id}/rating")
async def rate(
    body: schemas.RatingIn, actor: CanWork, locked: LockedForWork, db: WriteSession
) -> schemas.SessionOut:
    """Rate a session that has ended."""
    await service.rate(db, actor, locked, body.rating, body.comment)
    return await _answer(db, actor, locked.session.id)


@router.get("/{session_id}/documentation")
async def read_documentation(
    session_id: uuid.UUID, actor: CanView, db: ReadSession, now: Now
) -> schemas.DocumentationOut:
    """The note for the ticket, as the session is now."""
    note = document(await queries.read_session(db, actor.account_id, session_id), now, actor.timezone)
    return schemas.DocumentationOut(markdown=note.markdown, text=note.text, work_seconds=note.work_seconds)


@router.get("/{session_id}/documentation.{form}", response_class=PlainTextResponse)
async def read_note(
    session_id: uuid.UUID, form: Literal["md", "txt"], actor: CanView, db: ReadSession, now: Now
) -> PlainTextResponse:
    """The note alone, in Markdown or in plain text."""
    note = document(await queries.read_session(db, actor.account_id, session_id), now, actor.timezone)
    if form == "md":
        return PlainTextResponse(note.markdown, media_type="text/markdown")
    return PlainTextResponse(note.text)


async def _answer(
    db: ReadDb, actor: Actor, session_id: uuid.UUID, loaded: LoadedSession | None = None
) -> schemas.SessionOut:
    history = await queries.read_session(db, actor.account_id, session_id, loaded)
    return schemas.SessionOut(**schemas.session_out(history, actor, await _suggestion(db, history)))


async def _moved_on(request: Request, db: Db, actor: Actor, loaded: LoadedSession) -> schemas.SessionOut:
    history = await queries.read_session(db, actor.account_id, loaded.session.id, loaded)
    await _ask_copilot(request, db, history)
    return schemas.SessionOut(**schemas.session_out(history, actor, await _suggestion(db, history)))


async def _suggestion(db: ReadDb, history: SessionHistory) -> Any:
    if history.tree is not None or history.session.status not in OPEN:
        return None
    return await queries.newest_suggestion(db, history.session) or rules.suggest(case_of(history))


async def _ask_copilot(request: Request, db: Db, history: SessionHistory) -> None:
    """Without a flow, have a job ask the copilot. Its answer is there when the session is next read."""
    if history.tree is None and request.app.state.settings.ai_model is not None:
        await enqueue(db, SUGGEST_JOB, account_id=history.session.account_id, session_id=history.session.id)
