"""Running the reports of a page. One that fails leaves the rest of its page."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request

from flowpilot.analytics.requests import count
from flowpilot.analytics.schemas import Report
from flowpilot.db.failures import DatabaseTimeoutError, outage
from flowpilot.db.session import ReadDb
from flowpilot.errors import FlowPilotError
from flowpilot.identity.actor import Actor
from flowpilot.web.analytics.narrowing import Select, selects
from flowpilot.web.analytics.view import Links, View, links

_log = logging.getLogger(__name__)

Run = Callable[[ReadDb, View], Awaitable[Report]]


@dataclass(frozen=True, slots=True)
class ReportResult:
    """A report and the links to its rows, or what to say in its place."""

    report: Report | None = None
    links: Links | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class ReportRunner:
    """What a tab needs to run its reports, in one transaction."""

    request: Request
    actor: Actor
    db: ReadDb
    view: View

    async def run_counted(self, name: str, run: Run) -> ReportResult:
        """Run a report, which counts towards the caller's limit as in the API."""
        try:
            await count(self.request, self.actor, name)
        except FlowPilotError as error:
            return ReportResult(failure=error.detail)
        return await self.run(name, run)

    async def selects(self) -> list[Select]:
        """What the report can be narrowed to; nothing if the database takes too long to say."""
        try:
            async with self.db.apart():
                return await selects(self.actor, self.db, self.view.window)
        except Exception as error:
            if not isinstance(outage(error), DatabaseTimeoutError):
                raise
            return []

    async def run(self, name: str, run: Run) -> ReportResult:
        """Run a report. A failure of its own is shown in its place."""
        try:
            async with self.db.apart():
                report = await run(self.db, self.view)
        except FlowPilotError as error:
            return ReportResult(failure=error.detail)
        except Exception as error:
            away = outage(error)
            if isinstance(away, DatabaseTimeoutError):
                _log.warning("request %s: the report %s took too long", self.request.state.request_id, name)
                return ReportResult(failure=away.detail)
            if away is not None:
                raise  # No report of the page has a database.
            _log.exception("request %s: the report %s failed", self.request.state.request_id, name)
            return ReportResult(
                failure="Something went wrong on our side. The log has the details under this request."
            )
        return ReportResult(report, links(report, self.view))
