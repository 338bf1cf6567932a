"""What the address of an analytics page asks for, and the addresses of the rows behind its figures."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from flowpilot.analytics.flow_quality import FlowSort
from flowpilot.analytics.period import Period, Window
from flowpilot.analytics.requests import WindowQuery
from flowpilot.analytics.schemas import Report

_MOMENT = timedelta(microseconds=1)
_TABLES = "/api/v1/analytics/flowpilot/tables"

PERIODS = ((Period.WEEK, "7 days"), (Period.MONTH, "30 days"), (Period.QUARTER, "90 days"))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the address asks for: a tab, its window as it was given, and how it is shown."""

    tab: str
    window: Window
    words: dict[str, str]
    compare: bool
    sort: FlowSort

    def path(self, tab: str | None = None, **changes: str) -> str:
        """The address of the same view with something changed; a period replaces a range."""
        words = {} if "period" in changes else dict(self.words)
        if self.compare:
            words["compare"] = "true"
        if self.sort is not FlowSort.QUALITY and tab is None:
            words["sort"] = self.sort
        asked = {name: value for name, value in (words | changes).items() if value}
        return f"/analytics/{tab or self.tab}" + (f"?{urlencode(asked)}" if asked else "")


async def _view(
    request: Request,
    window: WindowQuery,
    compare: Annotated[bool, Query()] = False,
    sort: Annotated[FlowSort, Query()] = FlowSort.QUALITY,
) -> View:
    asked = request.query_params
    return View(
        tab=request.url.path.rsplit("/", 1)[-1],
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
        return f"/analytics/rows/{kind}?" + urlencode(asked | self.window | {"back": self.back}, doseq=True)

    def outcomes(self, **filters: Any) -> str:
        """The address of what became of sessions: proposals, flows and their effect."""
        return self.rows("sessions/outcomes", **filters)

    def draft(self, **filters: Any) -> str:
        """Where a form asks for a draft made from sessions; the same filters give them as rows."""
        asked = {name: _word(value) for name, value in filters.items()}
        return "/proposals/from-rows?" + urlencode(asked | self.window, doseq=True)

    def csv(self, report: str, section: str, **asked: str) -> str:
        """The address of a section of a report as CSV."""
        return f"{_TABLES}/{report}/{section}.csv?" + urlencode(asked | self.window)


def links(report: Report, view: View) -> Links:
    """The links of a report in this view, with its window as a range."""
    window = report.window
    # A period includes its last moment, and a range does not.
    end = window.to if report.period is None else window.to + _MOMENT
    asked = {"from": window.from_.isoformat(), "to": end.isoformat(), "tz": window.timezone}
    return Links(asked, view.path())


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
