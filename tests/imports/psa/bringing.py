"""The ticket system of an account, and what is brought from it."""

from dataclasses import replace
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.imports.mapping.whole import Answer
from flowpilot.imports.progress import ImportSummary
from flowpilot.imports.psa.bringing import Fetched, bring, fetch_tickets
from flowpilot.psa.history import TicketHistory
from flowpilot.psa.provider import Member
from flowpilot.settings import Settings
from tests.company import Company
from tests.imports.psa.histories import MEMBERS
from tests.psa.desk import Desk


class Bringing:
    """The account's ticket system, and what is brought from it."""

    def __init__(self, company: Company, desk: Desk, database: Database, settings: Settings, url: str) -> None:
        self.company, self._desk, self._database, self._settings, self.url = company, desk, database, settings, url
        desk.shows["members"] = TypeAdapter(list[Member]).dump_python(MEMBERS, mode="json")

    def shows(self, *tickets: TicketHistory) -> None:
        self._desk.shows["histories"] = TypeAdapter(list[TicketHistory]).dump_python(list(tickets), mode="json")

    async def fetch(self) -> Fetched:
        since = date(2026, 1, 1)
        return await fetch_tickets(
            self._database, self._settings, self.url, self.company.id, since, lambda *_: None, clock=now
        )

    async def bring(self, equal_numbers: Answer = "ask") -> ImportSummary:
        fetched = replace(await self.fetch(), equal_numbers=equal_numbers)
        return bring(self.url, self.company.id, fetched, now=now(), progress=lambda _: None)

    def sessions(self) -> list[tuple[Any, ...]]:
        return self.company.query("SELECT psa_ticket_id, status, step_count FROM ai_sessions ORDER BY 1")
