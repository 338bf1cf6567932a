"""What is read from Autotask, and what a check of it says."""

from typing import Any

import pytest

from flowpilot.psa.client import Access
from flowpilot.psa.provider import Accepted, Level, NoSuchTicketError, PostingStepKind, ProviderError, TicketQuery
from flowpilot.psa.providers.autotask import Autotask, requests
from tests.psa.providers.records import note
from tests.psa.servers.autotask.server import AutotaskServer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("entity", "what"),
    [("TimeEntries", "time entries"), ("Resources", "resources"), ("Companies", "companies")],
)
async def test_a_check_names_each_missing_right(
    system: AutotaskServer, autotask: Autotask, entity: str, what: str
) -> None:
    system.refused = {entity: "You do not have permission to query this entity."}
    found = [finding.text for finding in await autotask.check() if finding.level is Level.ERROR]
    assert found == [f"FlowPilot may not read {what}. Allow it in the security level of the API user."]


@pytest.mark.parametrize(
    ("setting", "label"),
    [
        ("role_id", "Role of time entries"),
        ("billing_code_id", "Work type of time entries"),
        ("internal_publish", "Publishing of internal notes"),
        ("note_type", "Type of notes"),
    ],
)
async def test_a_check_names_each_number_that_does_not_exist(
    system: AutotaskServer, access: Access, setting: str, label: str
) -> None:
    changed: dict[str, Any] = {setting: 99}
    findings = await system.autotask(access, **changed).check()
    (found,) = [finding.text for finding in findings if finding.level is Level.ERROR]
    assert f"“{label}”" in found


async def test_a_check_says_what_the_readers_of_notes_are_called(autotask: Autotask) -> None:
    texts = " ".join(finding.text for finding in await autotask.check())
    assert "“Publishing of internal notes” is “Internal Project Team”." in texts
    assert "“Publishing of notes for clients” is “All Autotask Users”." in texts


async def test_a_marker_is_found_on_a_later_page(system: AutotaskServer, autotask: Autotask, ticket: str) -> None:
    system.page_rows = 2
    for _ in range(5):
        await autotask.write(ticket, note())
    record = note()
    written = await autotask.write(ticket, record)
    assert isinstance(written, Accepted)
    assert await autotask.find_record(ticket, record.marker, PostingStepKind.NOTE) == written.external_id


async def test_a_look_up_that_cannot_see_all_finds_nothing_out(
    system: AutotaskServer, autotask: Autotask, ticket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "_MOST_PAGES", 2)
    system.page_rows = 2
    for _ in range(5):
        await autotask.write(ticket, note())
    with pytest.raises(ProviderError, match="more TicketNotes than"):
        await autotask.find_record(ticket, "FP-elsewhere", PostingStepKind.NOTE)


async def test_a_ticket_is_found_by_the_number_that_people_see(autotask: Autotask, ticket: str) -> None:
    number = f"T20260615.{int(ticket):04}"
    found = await autotask.read_ticket(number)
    assert (found.id, found.is_called(number)) == (ticket, True)
    assert isinstance(await autotask.write(number, note()), Accepted)


async def test_a_search_finds_all_words_in_any_order(system: AutotaskServer, autotask: Autotask) -> None:
    ticket = system.new_ticket("Scanner in the attic jams")
    system.new_ticket("Scanner in the cellar jams")
    assert [found.id for found in (await autotask.search(TicketQuery("attic scanner"))).items] == [ticket]


@pytest.mark.parametrize("text", ["²", "9" * 30])
async def test_digits_that_are_no_number_find_nothing(autotask: Autotask, text: str) -> None:
    assert (await autotask.search(TicketQuery(text))).items == []
    with pytest.raises(NoSuchTicketError):
        await autotask.read_ticket(text)


async def test_what_was_changed_last_is_found_first(system: AutotaskServer, autotask: Autotask) -> None:
    older, newer = system.new_ticket("Wordsort a"), system.new_ticket("Wordsort b")
    system.ticket(older)["lastActivityDate"] = "2026-06-16T08:00:00Z"
    assert [found.id for found in (await autotask.search(TicketQuery("Wordsort"))).items] == [older, newer]


async def test_inactive_resources_are_listed_as_such(autotask: Autotask) -> None:
    assert [member.name for member in await autotask.list_members() if not member.is_active] == ["Former Berg"]
    assert [member.name for member in await autotask.list_members() if member.is_own] == ["Flow Berg"]


async def test_companies_are_listed_by_name(autotask: Autotask) -> None:
    names = [client.name for client in await autotask.list_clients()]
    assert names == ["Acme", "Lakeside Dental", "Our own desk"]
