"""JSON routes of the measured baseline: a stopwatch for verbal handoffs, and entries after the fact."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from flowpilot.baselines import queries
from flowpilot.baselines import service as baselines
from flowpilot.baselines.models import Method
from flowpilot.baselines.queries import BaselineFilter
from flowpilot.baselines.schemas import BaselineOut, EntryIn, ExclusionIn, StopwatchIn
from flowpilot.clock import Now
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanViewEscalations, CanWork
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce

router = APIRouter(prefix="/api/v1/baselines", tags=["baselines"])


@router.post("/start", status_code=201)
async def start_stopwatch(
    actor: CanWork, db: WriteSession, now: Now, once: CreateOnce, body: StopwatchIn = StopwatchIn()
) -> BaselineOut:
    """Start the caller's stopwatch, when the senior is interrupted. Everybody has one."""

    async def start() -> BaselineOut:
        started = await baselines.start(db, actor, note=body.note, problem_domain=body.problem_domain, now=now)
        return BaselineOut.model_validate(started)

    return await once.create(BaselineOut, body, start)


@router.post("/{baseline_id}/stop")
async def stop_stopwatch(baseline_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> BaselineOut:
    """Stop the caller's stopwatch, at the senior's first useful action."""
    return BaselineOut.model_validate(await baselines.stop(db, actor, baseline_id, now))


@router.post("", status_code=201)
async def enter_baseline(
    body: EntryIn, actor: CanWork, db: WriteSession, now: Now, once: CreateOnce
) -> BaselineOut:
    """Enter a verbal handoff that nobody timed. It is shown, but never counted as measured."""

    async def enter() -> BaselineOut:
        entered = await baselines.enter(
            db,
            actor,
            body.seconds,
            note=body.note,
            problem_domain=body.problem_domain,
            occurred_at=body.occurred_at,
            now=now,
        )
        return BaselineOut.model_validate(entered)

    return await once.create(BaselineOut, body, enter)


@router.delete("/{baseline_id}", status_code=204)
async def cancel_stopwatch(baseline_id: uuid.UUID, actor: CanWork, db: WriteSession) -> None:
    """Cancel the caller's running stopwatch, which has measured nothing."""
    await baselines.cancel(db, actor, baseline_id)


@router.get("")
async def list_baselines(
    actor: CanViewEscalations,
    db: ReadSession,
    method: Method | None = None,
    excluded: Annotated[bool | None, Query(description="Only those excluded, or only those that count.")] = None,
    running: Annotated[bool | None, Query(description="Only running stopwatches, or only the others.")] = None,
    mine: Annotated[bool, Query(description="Only what the caller has measured.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ListPage[BaselineOut]:
    """Verbal handoffs, the newest entry first, with those excluded."""
    filter_ = BaselineFilter(method, excluded, running, actor.user_id if mine else None)
    rows = await queries.baselines(db, actor.account_id, filter_, limit + 1, cursor)
    return list_page([BaselineOut.model_validate(row) for row in rows], limit)


@router.get("/running")
async def read_running(actor: CanWork, db: ReadSession) -> BaselineOut | None:
    """The caller's running stopwatch; null when there is none."""
    running = await queries.running_of(db, actor)
    return None if running is None else BaselineOut.model_validate(running)


@router.post("/{baseline_id}/exclude")
async def exclude_baseline(
    baseline_id: uuid.UUID, body: ExclusionIn, actor: CanWork, db: WriteSession, now: Now
) -> BaselineOut:
    """Exclude a baseline, and say why. For the person who measured it, and team admins."""
    return BaselineOut.model_validate(await baselines.exclude(db, actor, baseline_id, body.reason, now))


@router.post("/{baseline_id}/include")
async def include_baseline(baseline_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> BaselineOut:
    """Count an excluded baseline again. For the person who measured it, and team admins."""
    return BaselineOut.model_validate(await baselines.include(db, actor, baseline_id, now))
