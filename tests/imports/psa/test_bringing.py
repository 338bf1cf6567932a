"""Past tickets of a connected ticket system, from its answers to the account's sessions."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from flowpilot.cli.importing.words import fetched_in_words
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.imports.case.equal import EqualNumbersError
from flowpilot.imports.loader import import_log
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.progress import ImportSummary
from flowpilot.imports.psa.bringing import Fetched, bring, fetch_tickets, preview
from flowpilot.imports.runs import list_runs
from flowpilot.imports.undo import undo_import
from flowpilot.psa.history import ChangeKind, TicketHistory
from flowpilot.psa.provider import Member
from flowpilot.settings import Settings
from tests.company import Company
from tests.imports.psa.histories import ALEX, MEMBERS, change, history, solved
from tests.psa.desk import Desk
from tests.psa.fixtures import Connect

pytestmark = pytest.mark.anyio


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

    async def bring(self) -> ImportSummary:
        return bring(self.url, self.company.id, await self.fetch(), now=now(), progress=lambda _: None)

    def sessions(self) -> list[tuple[Any, ...]]:
        return self.company.query("SELECT psa_ticket_id, status, step_count FROM ai_sessions ORDER BY 1")


@pytest.fixture
def bringing(
    company: Company,
    desk: Desk,
    connect: Connect,
    database: Database,
    open_settings: Settings,
    urls: DatabaseUrls,
) -> Bringing:
    connect()
    return Bringing(company, desk, database, open_settings, urls.runtime)


async def test_past_tickets_become_sessions_and_the_import_is_listed(bringing: Bringing) -> None:
    bringing.shows(solved("7"), history("8"))
    summary = await bringing.bring()
    assert (summary.sessions, summary.handoffs, summary.claimed, summary.people_created) == (2, 1, 1, 2)
    assert bringing.sessions() == [("7", "resolved", 5), ("8", "active", 0)]
    (run,) = list_runs(bringing.url, bringing.company.id)
    assert (run.file_name, run.mapping) == ("Small desk since 2026-01-01", "Small desk")


EXPORT: dict[str, Any] = {
    "name": "export",
    "system": "redmine",
    "times": {"format": "iso", "zone": "UTC"},
    "case": {"id": "Number"},
    "ticket": {},
    "session": {
        "created_at": "Opened",
        "domain": "Kind",
        "summary": ["Title"],
        "status": [{"status": "open"}],
    },
}
CALLED = "T20260504.0001"


def exported(folder: Path, kind: str = "Network", opened: str = "2026-05-04 08:00") -> Path:
    file = folder / f"{kind}.csv"
    file.write_text(f"Number,Opened,Kind,Title\n{CALLED},{opened},{kind},Printer\n")
    return file


def called(ticket: TicketHistory) -> TicketHistory:
    """The ticket, with the number by which its system's exports call it."""
    return replace(ticket, ticket=replace(ticket.ticket, number=CALLED))


def load(bringing: Bringing, file: Path, **other: Any) -> ImportSummary:
    mapping = Mapping.model_validate({**EXPORT, **other})
    return import_log(bringing.url, bringing.company.id, file, mapping, now=now())


async def test_a_ticket_of_two_numbers_that_a_file_brought_is_not_brought_again(
    bringing: Bringing, tmp_path: Path, urls: DatabaseUrls
) -> None:
    load(bringing, exported(tmp_path))
    bringing.shows(called(solved("7")))
    previewed = preview(
        bringing.url, bringing.company.id, await bringing.fetch(), now=now(), progress=lambda _: None
    )
    assert previewed is not None
    assert (previewed.figures.cases, previewed.changes.updated) == (0, 1)
    done = await bringing.bring()
    assert (done.sessions, done.changes.updated, bringing.sessions()) == (0, 1, [("7", "resolved", 5)])
    # A later export knows the ticket by its own number, and takes nothing away.
    assert load(bringing, exported(tmp_path, "Printing")).sessions == 0
    assert bringing.sessions() == [("7", "active", 5)]
    assert bringing.company.query("SELECT problem_domain FROM ai_sessions") == [("Printing",)]
    last, brought, _ = list_runs(bringing.url, bringing.company.id)
    for run, left in ((last, [("7", "resolved", 5)]), (brought, [(CALLED, "active", 0)])):
        undo_import(urls.owner, bringing.company.id, run.id, now=now())
        assert bringing.sessions() == left


async def test_what_a_file_of_a_guessed_system_brought_is_not_brought_twice_without_a_word(
    bringing: Bringing, tmp_path: Path
) -> None:
    load(bringing, exported(tmp_path), system="tickets")
    bringing.shows(called(solved("7")))
    with pytest.raises(EqualNumbersError, match="of one that came from tickets, such as 7") as error:
        await bringing.bring()
    assert "undo that import and repeat it under the name of this system" in error.value.detail
    assert (error.value.extra["question"], len(bringing.sessions())) == ("same", 1)


async def test_a_file_of_a_guessed_system_does_not_bring_twice_what_was_brought(
    bringing: Bringing, tmp_path: Path
) -> None:
    bringing.shows(called(solved("7")))
    await bringing.bring()
    with pytest.raises(EqualNumbersError, match=f"of one that came from redmine, such as {CALLED}"):
        load(bringing, exported(tmp_path), system="tickets")
    assert len(bringing.sessions()) == 1
    assert load(bringing, exported(tmp_path), system="tickets", equal_numbers="other").sessions == 1


async def test_an_export_of_what_was_brought_brings_nothing_twice(bringing: Bringing, tmp_path: Path) -> None:
    bringing.shows(called(solved("7")), solved("8"))
    await bringing.bring()
    assert load(bringing, exported(tmp_path)).sessions == 0
    assert [ticket for ticket, *_ in bringing.sessions()] == ["7", "8"]


@pytest.mark.parametrize("system", [None, "autotask"])
async def test_a_number_of_another_system_is_another_ticket(
    bringing: Bringing, tmp_path: Path, system: str | None
) -> None:
    bringing.shows(called(solved("7")))
    await bringing.bring()
    assert load(bringing, exported(tmp_path, opened="2026-03-02 08:00"), system=system).sessions == 1


async def test_one_that_somebody_has_worked_on_stays_as_it_is(bringing: Bringing, tmp_path: Path) -> None:
    load(bringing, exported(tmp_path))
    bringing.company.query("UPDATE ai_sessions SET last_activity_at = now() RETURNING id")
    bringing.shows(called(solved("7")))
    assert (await bringing.fetch()).own.tickets == 1
    bringing.company.query("UPDATE ai_sessions SET last_activity_at = NULL, session_rating = 5 RETURNING id")
    assert (await bringing.bring()).cases_already_here == 1
    assert bringing.sessions() == [(CALLED, "active", 0)]


async def test_doing_it_again_changes_nothing_and_later_goes_on(bringing: Bringing) -> None:
    bringing.shows(solved("7"), history("8"))
    await bringing.bring()
    assert (await bringing.bring()).already_imported_at is not None
    bringing.shows(solved("7"), history("8", change("09:00", ALEX, ChangeKind.NOTE), closed="09:30"))
    changes = (await bringing.bring()).changes
    assert (changes.updated, changes.unchanged) == (1, 1)
    assert bringing.sessions() == [("7", "resolved", 5), ("8", "resolved", 1)]


async def test_a_dry_run_writes_nothing_and_the_import_goes_on_from_it(bringing: Bringing) -> None:
    bringing.shows(solved("7"))
    fetched = await bringing.fetch()
    found = preview(bringing.url, bringing.company.id, fetched, now=now(), progress=lambda _: None)
    assert found is not None
    assert (found.figures.cases, found.figures.mean_minutes) == (1, 240)
    assert bringing.sessions() == []
    bringing.shows()
    assert (await bringing.bring()).sessions == 1
    assert not fetched.spool.rows_file.parent.exists()


async def test_members_who_are_mapped_are_themselves_also_after_another_import_is_undone(
    bringing: Bringing, urls: DatabaseUrls
) -> None:
    company = bringing.company
    engineer = company.users[Role.ENGINEER]
    bringing.shows(solved("7"))
    company.query(
        "INSERT INTO psa_members (account_id, id, connection_id, external_id, name, is_active, user_id, seen_at)"
        " SELECT account_id, gen_random_uuid(), id, '2', 'Kim Berger', true, %s, now() FROM psa_connections"
        " RETURNING 1",
        engineer,
    )
    assert (await bringing.bring()).people_created == 1
    mine = "SELECT psa_ticket_id FROM ai_sessions WHERE user_id = %s"
    assert company.query(mine, engineer) == [("7",)]
    bringing.shows(solved("7", owner=None))
    await bringing.bring()
    run: UUID = list_runs(bringing.url, company.id)[0].id
    assert undo_import(urls.owner, company.id, run, now=now()).sessions_restored == 1
    assert company.query(mine, engineer) == [("7",)]


async def test_a_ticket_with_a_session_of_our_own_is_not_brought_and_what_differs_is_said(
    bringing: Bringing,
) -> None:
    company = bringing.company
    own = (
        "INSERT INTO ai_sessions (account_id, id, psa_ticket_id, status, last_activity_at)"
        " VALUES (%s, gen_random_uuid(), %s, 'active', now()) RETURNING id"
    )
    ((session_id,),) = company.query(own, company.id, "#7")
    company.query(
        "INSERT INTO psa_activity_logs (account_id, id, session_id, activity_type, hours_logged, created_at)"
        " VALUES (%s, gen_random_uuid(), %s, 'time_entry_posted', 0.75, now()) RETURNING 1",
        *(company.id, session_id),
    )
    bringing.shows(solved("7"), history("8"))
    fetched = await bringing.fetch()
    assert (fetched.tickets, fetched.own.tickets) == (1, 1)
    assert fetched.own.examples == ["7: open here, resolved there", "7: 45 min booked from here, 30 min there"]
    assert list(fetched_in_words(fetched))[:3] == [
        "Not brought again, because sessions of yours have them: 1 ticket.",
        "  In another state there: 1",
        "  With less time there than was booked from here: 1",
    ]
    await bringing.bring()
    assert bringing.sessions() == [("#7", "active", 0), ("8", "active", 0)]


async def test_a_ticket_that_cannot_be_used_is_left_out_and_named(bringing: Bringing) -> None:
    never = datetime(9999, 12, 31, tzinfo=UTC)
    bringing.shows(solved("7"), replace(solved("8"), closed_at=never), replace(history("9"), opened_at=never))
    fetched = await bringing.fetch()
    assert (fetched.tickets, [one.split(" is ")[0] for one in fetched.refused]) == (
        *(1, ["8: resolved_at", "9: at"]),
    )
    assert next(fetched_in_words(fetched)) == "Left out, because they cannot be used: 2 tickets."
    assert (await bringing.bring()).sessions == 1
