"""Settings: the working hours, with their history, and what a stretch of time is in them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, Field, ValidationError

from flowpilot.clock import Now
from flowpilot.http.fields import EmptyIsNone, wrong
from flowpilot.identity.access import CanManageAccount, CanView
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.hours import api
from flowpilot.identity.hours.schemas import HoursIn, HoursOut, WorkingTime
from flowpilot.identity.hours.service import today
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.outdated import check_shown, digest
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.sections import SettingsPage

router = APIRouter(prefix="/settings/hours", include_in_schema=False)

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class HoursForm(BaseModel):
    """A day's field has its spans, such as `08:00-12:00, 13:00-17:00`; a line of `holidays` a date and a name."""

    valid_from: date
    around_the_clock: bool = False
    day1: str = Field(default="", max_length=200)
    day2: str = Field(default="", max_length=200)
    day3: str = Field(default="", max_length=200)
    day4: str = Field(default="", max_length=200)
    day5: str = Field(default="", max_length=200)
    day6: str = Field(default="", max_length=200)
    day7: str = Field(default="", max_length=200)
    holidays: str = Field(default="", max_length=50_000)
    shown: str = ""

    def change(self) -> HoursIn:
        """The hours that the form asks for.

        Raises:
            RequestValidationError: a day or a holiday cannot be read.
        """
        spans = [one for day in range(1, 8) for one in self._spans(day)]
        if not spans and not self.around_the_clock:
            raise wrong(
                "day1", "Enter the hours of at least one day, such as 08:00-17:00, or choose around the clock."
            )
        lines = [line.split(maxsplit=1) for line in self.holidays.splitlines() if line.strip()]
        holidays = [{"date": line[0], "name": line[1] if len(line) > 1 else ""} for line in lines]
        asked = {"valid_from": self.valid_from, "spans": None if self.around_the_clock else spans}
        try:
            return HoursIn.model_validate(asked | {"holidays": holidays})
        except ValidationError as error:
            raise self._misread(error, spans) from error

    def _spans(self, day: int) -> list[dict[str, Any]]:
        texts = [text.strip() for text in getattr(self, f"day{day}").replace("–", "-").split(",") if text.strip()]
        pairs = [text.partition("-") for text in texts]
        return [{"weekday": day, "start": start.strip(), "end": end.strip()} for start, _, end in pairs]

    @staticmethod
    def _misread(error: ValidationError, spans: list[dict[str, Any]]) -> Exception:
        what, *where = error.errors()[0]["loc"]
        if what == "spans" and where:
            field = f"day{spans[int(where[0])]['weekday']}"
            return wrong(
                field, "Write hours as 08:00-17:00; several with a comma between. 24:00 is the day's end."
            )
        return wrong("holidays", "Write each holiday on a line of its own: 2026-12-25 Christmas.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours(SettingsPage):
    """The present hours as a form, all of them as a list, and a sample."""

    template: ClassVar[str] = "settings/hours.html"
    section: ClassVar[str] = "/settings/hours"
    versions: list[HoursOut]
    today: date
    start: str
    end: str
    sample: WorkingTime | None
    days: tuple[str, ...] = DAYS

    @property
    def shown(self) -> str:
        """A digest of the hours that the page shows."""
        return _digest(self.versions)

    @property
    def present(self) -> HoursOut | None:
        """The hours that are valid today."""
        valid = [one for one in self.versions if one.valid_from is None or one.valid_from <= self.today]
        return valid[-1] if valid else None

    @staticmethod
    def of_day(hours: HoursOut | None, day: int) -> str:
        """A day's spans as its field has them."""
        spans = [] if hours is None else hours.spans or []
        return ", ".join(f"{one.start}-{one.end}" for one in spans if one.weekday == day)


@router.get("")
async def show_hours(
    request: Request,
    actor: CanView,
    db: ReadSession,
    frame: CurrentFrame,
    start: Annotated[datetime | None, EmptyIsNone, Query()] = None,
    end: Annotated[datetime | None, EmptyIsNone, Query()] = None,
) -> Response:
    zone, sample = ZoneInfo(actor.timezone), None
    if start is not None and end is not None:
        moments = [one if one.tzinfo else one.replace(tzinfo=zone) for one in (start, end)]
        sample = await api.working_time(db, actor, *moments)
    page = Hours(
        title="Working hours",
        versions=await api.list_hours(actor, db),
        today=today(actor.timezone, frame.now),
        start="" if start is None else f"{start:%Y-%m-%dT%H:%M}",
        end="" if end is None else f"{end:%Y-%m-%dT%H:%M}",
        sample=sample,
    )
    return render(request, page, frame)


@router.post("")
async def set_hours(
    body: Annotated[HoursForm, Form()], actor: CanManageAccount, db: WriteSession, now: Now
) -> Response:
    check_shown(body.shown, _digest(await api.list_hours(actor, db)))
    await api.set_hours(body.change(), actor, db, now)
    return go_to("/settings/hours", f"The working hours are saved.{_again(body.valid_from, actor, now)}")


@router.post("/{valid_from}/remove")
async def remove_hours(valid_from: date, actor: CanManageAccount, db: WriteSession, now: Now) -> Response:
    await api.remove_hours(valid_from, actor, db, now)
    said = f"These hours are taken back. Those before them go on.{_again(valid_from, actor, now)}"
    return go_to("/settings/hours", said)


def _again(day: date, actor: Actor, now: datetime) -> str:
    return " Times since that day are being counted again." if day < today(actor.timezone, now) else ""


def _digest(versions: list[HoursOut]) -> str:
    return digest("".join(one.model_dump_json() for one in versions))
