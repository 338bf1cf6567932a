"""What the address of an analytics page asks for, and the addresses of the rows behind its figures."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from flowpilot.analytics.data_days import DataDays
from flowpilot.analytics.flow_quality import FlowSort
from flowpilot.analytics.period import Period, Window
from flowpilot.analytics.requests import WindowQuery
from flowpilot.analytics.schemas import Report
from flowpilot.identity.auth import Caller

_MOMENT = timedelta(microseconds=1)
_TABLES = "/api/v1/analytics/flowpilot/tables"

PERIODS = ((Period.WEEK, "7 days"), (Period.MONTH, "30 days"), (Period.QUARTER, "90 days"))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the address asks for: a tab, its window as it was given, and how it is shown; and who reads it."""

    tab: str
    reader_id: uuid.UUID
    window: Window
    words: dict[str, str]
    compare: bool
    sort: FlowSort

    def path(self, tab: str | None = None, **changes: str) -> str:
        """The address of the same view with something changed; a period replaces a range."""
        words = {} if changes.keys() & {"period", "from"} else dict(self.words)
        words |= self.window.only.asked
        if self.compare:
            words["compare"] = "true"
        if self.sort is not FlowSort.QUALITY and tab is None:
            words["sort"] = self.sort
        asked = {name: value for name, value in (words | changes).items() if value}
        return f"/analytics/{tab or self.tab}" + (f"?{urlencode(asked)}" if asked else "")

    def all_time(self, days: DataDays) -> str | None:
        """The address of the same view over all days that have data; None if there are none."""
        if (asked := _whole(days)) is None:
            return None
        return self.path(**asked)

    def is_all_time(self, days: DataDays) -> bool:
        """Whether that is what is shown."""
        asked = _whole(days)
        return asked is not None and self.words.items() >= asked.items()

    def kept(self) -> list[tuple[str, str]]:
        """What a form that narrows the view sends along: all but what it is narrowed to."""
        compared = [("compare", "true")] if self.compare else []
        sorted_ = [("sort", str(self.sort))] if self.sort is not FlowSort.QUALITY else []
        return [*self.words.items(), *compared, *sorted_]

    def everything(self) -> str:
        """The address of the same view, narrowed to nothing."""
        kept = urlencode(self.kept())
        return f"/analytics/{self.tab}" + (f"?{kept}" if kept else "")


def _whole(days: DataDays) -> dict[str, str] | None:
    if days.first_day is None or days.last_day is None:
        return None
    return {"from": days.first_day.isoformat(), "to": (days.last_day + timedelta(days=1)).isoformat()}


async def _view(
    request: Request,
    actor: Caller,
    window: WindowQuery,
    compare: Annotated[bool, Query()] = False,
    sort: Annotated[FlowSort, Query()] = FlowSort.QUALITY,
) -> View:
    asked = request.query_params
    return View(
        tab=request.url.path.rsplit("/", 1)[-1],
        reader_id=actor.user_id,
        window=window,
        words={name: asked[name] for name in ("period", "from", "to", "tz") if name in asked},
        compare=compare,
        sort=sort,
    )


ViewQuery = Annotated[View, Depends(_view)]


@dataclass(frozen=True, slots=True)
class Links:
    """From a report's figures to their rows and tables, in the same window.

    `back` is the address to which a page of rows links back.
    """

    window: dict[str, str]
    back: str

    def rows(self, kind: str, **filters: Any) -> str:
        """The address of the rows that a figure counts. A filter of None is left out."""
        asked = {name: _word(value) for name, value in filters.items() if value is not None}
        # Flows are never narrowed, and a domain means their category.
        window = {name: self.window[name] for name in ("from", "to", "tz")} if kind == "flows" else self.window
        return f"/analytics/rows/{kind}?" + urlencode(asked | window | {"back": self.back}, doseq=True)

    def outcomes(self, **filters: Any) -> str:
        """The address of what became of sessions: proposals, flows and their effect."""
        return self.rows("sessions/outcomes", **filters)

    def draft(self, **filters: Any) -> str:
        """Where a form asks for a draft made from sessions; the same filters give them as rows."""
        asked = {name: _word(value) for name, value in filters.items()}
        return "/proposals/from-rows?" + urlencode(asked | self.window, doseq=True)

    def csv(self, report: str, section: str, **asked: str) -> str:
        """The address of a section of a report as CSV for people; with `.xlsx` in its place, as a spreadsheet."""
        return f"{_TABLES}/{report}/{section}.csv?" + urlencode(asked | self.window | {"bom": "true"})


def links(report: Report, view: View) -> Links:
    """The links of a report in this view, with its window as a range."""
    window = report.window
    # A period includes its last moment, and a range does not.
    end = window.to if report.period is None else window.to + _MOMENT
    asked = {"from": window.from_.isoformat(), "to": end.isoformat(), "tz": window.timezone}
    return Links(asked | report.filters, view.path())


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
