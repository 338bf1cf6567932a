"""A ticket of two numbers, or one that a file of an unknown system brought, is not there twice without a word."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.imports.case.equal import EqualNumbersError
from flowpilot.imports.loader import import_log
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.progress import ImportSummary
from flowpilot.imports.psa.bringing import preview
from flowpilot.imports.queries import connected_system
from flowpilot.imports.runs import list_runs
from flowpilot.imports.undo import undo_import
from flowpilot.psa.history import TicketHistory
from tests.company import Company
from tests.imports.psa.bringing import Bringing
from tests.imports.psa.histories import solved
from tests.psa.fixtures import Connect

pytestmark = pytest.mark.anyio

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


@pytest.mark.one_server
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


OTHERS = pytest.mark.parametrize("system", ["tickets", None])


@OTHERS
async def test_what_a_file_of_an_unknown_system_brought_is_not_brought_twice_without_a_word(
    bringing: Bringing, tmp_path: Path, system: str | None
) -> None:
    load(bringing, exported(tmp_path), system=system)
    bringing.shows(called(solved("7")))
    with pytest.raises(
        EqualNumbersError, match=f"of one that came from {system or 'elsewhere'}, such as 7"
    ) as error:
        await bringing.bring()
    assert "undo that import and repeat it under the name of this system" in error.value.detail
    assert (error.value.extra["question"], len(bringing.sessions())) == ("same", 1)


@OTHERS
@pytest.mark.one_server
async def test_its_history_is_added_to_that_if_a_person_says_that_they_are_the_same(
    bringing: Bringing, tmp_path: Path, system: str | None
) -> None:
    load(bringing, exported(tmp_path), system=system)
    bringing.shows(called(solved("7")))
    done = await bringing.bring("same")
    assert (done.sessions, done.changes.updated, bringing.sessions()) == (0, 1, [("7", "resolved", 5)])
    # Nobody is asked again, neither of a later export nor of a later history.
    assert load(bringing, exported(tmp_path, "Printing"), system=system).changes.updated == 1
    bringing.shows(called(solved("7", owner=None)))
    assert (await bringing.bring()).changes.updated == 1
    assert len(bringing.sessions()) == 1


@OTHERS
@pytest.mark.one_server
async def test_a_file_of_an_unknown_system_does_not_bring_twice_what_was_brought(
    bringing: Bringing, tmp_path: Path, system: str | None
) -> None:
    bringing.shows(called(solved("7")))
    await bringing.bring()
    with pytest.raises(EqualNumbersError, match=f"of one that came from redmine, such as {CALLED}"):
        load(bringing, exported(tmp_path), system=system)
    assert len(bringing.sessions()) == 1
    same = load(bringing, exported(tmp_path), system=system, equal_numbers="same")
    assert (same.sessions, same.changes.updated, len(bringing.sessions())) == (0, 1, 1)


async def test_a_file_of_another_system_that_a_person_names_brings_its_own(
    bringing: Bringing, tmp_path: Path
) -> None:
    bringing.shows(called(solved("7")))
    await bringing.bring()
    assert load(bringing, exported(tmp_path), system="tickets", equal_numbers="other").sessions == 1


async def test_the_connected_ticket_system_is_proposed_for_files(
    company: Company, connect: Connect, database: Database
) -> None:
    async with database.read(company.id) as db:
        assert await connected_system(db, company.id) is None
    connect()
    async with database.read(company.id) as db:
        assert await connected_system(db, company.id) == "redmine"


@pytest.mark.one_server
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
