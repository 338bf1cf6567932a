"""The stopwatch for verbal handoffs, which savings are measured against."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response
from pydantic import Field, NaiveDatetime

from flowpilot.baselines import api
from flowpilot.baselines.schemas import BaselineOut, Domain, EntryIn, ExclusionIn, StopwatchIn
from flowpilot.baselines.service import LONGEST_SECONDS, may_exclude
from flowpilot.clock import Now, zone
from flowpilot.http.fields import Trimmed, wrong
from flowpilot.http.paging import ListPage
from flowpilot.identity.access import CanViewEscalations, CanWork
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.identity.queries import names_of
from flowpilot.web.formatting import duration
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/stopwatch", include_in_schema=False)


_HERE = "/stopwatch"


class StopwatchForm(OnceForm, StopwatchIn):
    """A stopwatch to start."""


class EntryForm(OnceForm):
    """A verbal handoff that nobody timed. `occurred_at` is by the account's clock; now when left out."""

    minutes: int = Field(default=0, ge=0, le=240)
    seconds: int = Field(default=0, ge=0, le=59)
    occurred_at: Annotated[NaiveDatetime, Field(ge=datetime(2000, 1, 1))] | None = None  # noqa: DTZ001
    note: Trimmed = ""
    problem_domain: Domain = None

    def entry(self, timezone: str) -> EntryIn:
        """The entry that the form makes.

        Raises:
            RequestValidationError: it took no time, or too long.
        """
        seconds = 60 * self.minutes + self.seconds
        if not 1 <= seconds <= LONGEST_SECONDS:
            raise wrong("minutes", "How long did it take? Enter between 1 second and 4 hours.")
        when = None if self.occurred_at is None else self.occurred_at.replace(tzinfo=zone(timezone))
        return EntryIn(seconds=seconds, occurred_at=when, note=self.note, problem_domain=self.problem_domain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopwatch(Page):
    """The caller's stopwatch, and what the account has measured; `may_exclude` has ids of baselines."""

    template: ClassVar[str] = "stopwatch.html"
    running: BaselineOut | None
    baselines: ListPage[BaselineOut]
    may_exclude: set[uuid.UUID]
    names: dict[uuid.UUID, str]


@router.get("")
async def show(
    request: Request,
    actor: CanViewEscalations,
    db: ReadSession,
    frame: CurrentFrame,
    cursor: uuid.UUID | None = None,
) -> Response:
    baselines = await api.list_baselines(actor, db, running=False, limit=50, cursor=cursor)
    page = Stopwatch(
        title="Stopwatch",
        running=await api.read_running(actor, db),
        baselines=baselines,
        may_exclude={one.id for one in baselines.items if may_exclude(actor, one.measured_by)},
        names=await names_of(
            db,
            actor.account_id,
            {who for one in baselines.items for who in (one.measured_by, one.excluded_by) if who is not None},
        ),
    )
    return render(request, page, frame)


@router.post("/start")
async def start(
    body: Annotated[StopwatchForm, Form()], actor: CanWork, db: WriteSession, now: Now, once: CreateOnce
) -> Response:
    """A colleague has just interrupted a senior."""
    await api.start_stopwatch(actor, db, now, once, body)
    return go_to(_HERE)


@router.post("/enter")
async def enter(
    body: Annotated[EntryForm, Form()], actor: CanWork, db: WriteSession, now: Now, once: CreateOnce
) -> Response:
    entered = await api.enter_baseline(body.entry(actor.timezone), actor, db, now, once)
    return go_to(_HERE, f"Entered: {duration(entered.seconds)}. It is shown, but not counted as measured.")


@router.post("/{baseline_id}/stop")
async def stop(baseline_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> Response:
    """The senior has done the first useful thing."""
    stopped = await api.stop_stopwatch(baseline_id, actor, db, now)
    return go_to(_HERE, f"Measured: {duration(stopped.seconds)}.")


@router.post("/{baseline_id}/cancel")
async def cancel(baseline_id: uuid.UUID, actor: CanWork, db: WriteSession) -> Response:
    """It was not a handoff after all."""
    await api.cancel_stopwatch(baseline_id, actor, db)
    return go_to(_HERE, "Cancelled. Nothing was measured.")


@router.post("/{baseline_id}/exclude")
async def exclude(
    baseline_id: uuid.UUID, body: Annotated[ExclusionIn, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    await api.exclude_baseline(baseline_id, body, actor, db, now)
    return go_to(_HERE, "It no longer counts. It stays in the list, with the reason.")


@router.post("/{baseline_id}/include")
async def include(baseline_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> Response:
    await api.include_baseline(baseline_id, actor, db, now)
    return go_to(_HERE, "It counts again.")
