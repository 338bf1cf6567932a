"""Redmine holds what holds for every ticket system, and what it does otherwise is known."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from flowpilot.psa.client import Access
from flowpilot.psa.markers import SHORTENED
from flowpilot.psa.provider import (
    Accepted,
    Audience,
    Client,
    CredentialsError,
    Finding,
    Level,
    PostingStepKind,
    Provider,
    Refused,
    TicketQuery,
    TryLater,
    Unknown,
    WorkTime,
)
from flowpilot.psa.providers.redmine import Redmine
from tests.psa.providers.files import LawsWithFileNotes
from tests.psa.providers.records import marker, note, time
from tests.psa.proxy import Proxy
from tests.psa.servers.redmine import RedmineServer, redmine

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def system(run_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedmineServer]:
    with redmine(run_directory, tmp_path_factory.mktemp("redmine") / "own") as server:
        yield server


class TestRedmine(LawsWithFileNotes):
    """The laws, on a real Redmine; and its own."""

    @pytest.fixture
    def limited(self, system: RedmineServer, access: Access) -> Redmine:
        """With a key whose owner lacks half of the rights."""
        return system.provider_of("limited", access)

    async def test_seventeen_minutes_are_stored_as_0_28_hours_and_are_equal_within_the_unit(
        self, system: RedmineServer, provider: Provider, ticket: str
    ) -> None:
        record = time(system.alex, 17)
        await provider.write(ticket, record)
        assert system.rows("SELECT hours FROM time_entries WHERE issue_id = ?", ticket) == [(0.28,)]
        unit = provider.capabilities.time_unit_seconds / 60
        assert await provider.booked_minutes(ticket, record.marker) == pytest.approx(17, abs=unit)

    async def test_time_is_the_members_whom_it_names_and_never_the_credentials_owners(
        self, system: RedmineServer, provider: Provider, ticket: str
    ) -> None:
        await provider.write(ticket, time(system.kim))
        assert [stored.member for stored in system.stored(ticket)] == [system.kim]

    @pytest.mark.parametrize("login", ["carol", "gone"])
    async def test_time_of_somebody_who_may_not_log_time_is_refused_with_the_reason(
        self, system: RedmineServer, provider: Provider, ticket: str, login: str
    ) -> None:
        refused = await provider.write(ticket, time(system.user(login)))
        assert refused == Refused(
            "Redmine says: User is invalid. Time can be booked for active members of the project whose role has "
            "the right “Log spent time”."
        )
        assert system.stored(ticket) == []

    @pytest.mark.parametrize(
        ("began", "zone", "day"),
        [
            ("2026-06-15T22:30Z", "Europe/Vienna", "2026-06-16"),
            ("2026-01-15T22:30Z", "Europe/Vienna", "2026-01-15"),
            ("2026-06-16T00:30+02:00", "UTC", "2026-06-15"),
            ("2026-06-16T00:30+02:00", None, "2026-06-16"),
        ],
    )
    async def test_time_is_whole_on_the_day_on_which_it_began_in_its_own_or_the_connections_time_zone(
        self, system: RedmineServer, access: Access, ticket: str, began: str, zone: str | None, day: str
    ) -> None:
        started_at = datetime.fromisoformat(began)
        record = replace(time("7"), time=WorkTime(120, started_at, started_at + timedelta(hours=2), system.alex))
        await system.provider_of("flowpilot", access, timezone=zone).write(ticket, record)
        assert system.rows("SELECT spent_on, hours FROM time_entries WHERE issue_id = ?", ticket) == [(day, 2.0)]

    async def test_an_internal_note_is_not_shown_to_the_client_and_a_note_for_the_client_is(
        self, system: RedmineServer, provider: Provider, ticket: str
    ) -> None:
        for audience in Audience:
            await provider.write(ticket, note(f"This is {audience}.", audience))
        issue = system.ask("carol", "GET", f"/issues/{ticket}.json?include=journals")["issue"]
        assert [journal["notes"].splitlines()[0] for journal in issue["journals"]] == ["This is client."]

    async def test_a_note_that_may_not_be_private_is_not_sent(
        self, system: RedmineServer, limited: Redmine, ticket: str
    ) -> None:
        """Redmine would store it for everybody, and answer that all is well."""
        assert await limited.write(ticket, note()) == Refused(
            "In the Redmine project Acme, Limited Pilot lacks “Set notes as private”. An administrator adds this "
            "to their role: Administration, Roles and permissions."
        )
        assert system.stored(ticket) == []
        assert isinstance(await limited.write(ticket, note(audience=Audience.CLIENT)), Accepted)

    async def test_time_that_could_not_be_found_again_is_not_sent(
        self, system: RedmineServer, limited: Redmine, ticket: str
    ) -> None:
        refused = await limited.write(ticket, time(system.alex))
        assert isinstance(refused, Refused)
        assert "“Log spent time for other users”, “Time logs visibility: All time entries”" in refused.reason
        assert system.stored(ticket) == []

    async def test_no_request_touches_the_description_or_a_field(
        self, system: RedmineServer, provider: Provider, proxy: Proxy
    ) -> None:
        ticket = system.new_ticket(description="*Rich* text", custom_fields=system.customer("Contoso"))
        await provider.write(ticket, note())
        await provider.write(ticket, time(system.alex))
        await provider.set_status(ticket, system.closed_status(ticket))
        sent = [json.loads(request.body) for request in proxy.changes]
        assert [set(body.get("issue", ())) for body in sent] == [{"notes", "private_notes"}, set(), {"status_id"}]
        assert sent[1].keys() == {"time_entry"}
        issue = system.ask("admin", "GET", f"/issues/{ticket}.json")["issue"]
        assert issue["description"] == "*Rich* text"
        assert issue["custom_fields"][0]["value"] == "Contoso"

    async def test_a_note_that_is_too_long_is_cut_with_a_mark_and_found(
        self, system: RedmineServer, provider: Provider, ticket: str
    ) -> None:
        record = note("Ää und so weiter.\n" * 5_000)
        written = await provider.write(ticket, record)
        assert isinstance(written, Accepted)
        (stored,) = system.stored(ticket)
        assert len(stored.text) <= provider.capabilities.max_note_chars
        assert stored.text.endswith(f"weiter.\n\n{SHORTENED}\n\n{record.marker}")
        assert await provider.find_record(ticket, record.marker, PostingStepKind.NOTE) == written.external_id

    async def test_a_note_that_quotes_another_is_not_taken_for_it(
        self, system: RedmineServer, provider: Provider, ticket: str
    ) -> None:
        word = marker()
        quoting = {"issue": {"notes": f"Kim wrote:\n> All is well.\n> {word}\n\nThanks."}}
        system.ask("kim", "PUT", f"/issues/{ticket}.json", quoting)
        assert await provider.find_record(ticket, word, PostingStepKind.NOTE) is None

    async def test_a_revoked_key_is_not_a_visitors_request_on_a_public_project(
        self, system: RedmineServer, access: Access
    ) -> None:
        """Redmine answers anybody there, so that a note might be written in nobody's name."""
        ticket = system.new_ticket(project="open-house")
        assert system.ask("nobody", "GET", f"/issues/{ticket}.json")["issue"]["id"] == int(ticket)
        stranger = system.stranger(access)
        for asking in (
            stranger.read_ticket(ticket),
            stranger.search(TicketQuery()),
            stranger.list_boards(),
            stranger.find_record(ticket, marker(), PostingStepKind.NOTE),
            stranger.write(ticket, note()),
            stranger.set_status(ticket, system.closed_status(ticket)),
        ):
            with pytest.raises(CredentialsError):
                await asking

    async def test_a_redmine_whose_interface_is_off_says_where_it_is_turned_on(
        self, system: RedmineServer, provider: Provider, ticket: str
    ) -> None:
        with system.setting("rest_api_enabled", "0"):
            findings = await provider.check()
            later = await provider.write(ticket, note())
        said = "Redmine's REST web service is off. An administrator turns it on: Administration, Settings, API."
        assert (findings, later) == ([Finding(Level.ERROR, said)], TryLater(said))

    async def test_an_address_that_is_not_redmines_is_said(self, system: RedmineServer, access: Access) -> None:
        elsewhere = system.provider(replace(access, base_url=f"{access.base_url}/elsewhere"))
        said = "There is no Redmine at this address. Enter the address at which people open its start page."
        assert await elsewhere.check() == [Finding(Level.ERROR, said)]

    async def test_a_check_names_each_right_that_is_missing_in_a_project(self, limited: Redmine) -> None:
        findings = [
            finding for finding in await limited.check() if finding.text.startswith("In the Redmine project")
        ]
        assert [(finding.level, finding.text.split("lacks ")[1].split(". ")[0]) for finding in findings] == [
            (Level.ERROR, "“Edit issues”"),
            (Level.ERROR, "“Set notes as private”"),
            (Level.WARNING, "“View private notes”"),
            (Level.ERROR, "“Log spent time for other users”"),
            (Level.ERROR, "“Time logs visibility: All time entries”"),
        ]

    async def test_a_check_names_a_role_that_sees_only_its_own_tickets(
        self, system: RedmineServer, limited: Redmine
    ) -> None:
        role = "UPDATE roles SET issues_visibility = ? WHERE name = 'Half a FlowPilot'"
        system.change(role, "own")
        findings = await limited.check()
        system.change(role, "default")
        assert [finding.level for finding in findings if "“Issues visibility: All issues”" in finding.text] == [
            Level.ERROR
        ]

    async def test_an_error_of_a_plugin_is_unknown_until_it_is_looked_up(
        self, system: RedmineServer, provider: Provider, proxy: Proxy, ticket: str
    ) -> None:
        """Plugins for timesheets refuse a closed one so."""
        record = time(system.alex)
        proxy.will_answer(500)
        assert isinstance(await provider.write(ticket, record), Unknown)
        assert await provider.find_record(ticket, record.marker, PostingStepKind.TIME) is None

    async def test_a_change_at_the_same_moment_is_tried_again(
        self, provider: Provider, proxy: Proxy, ticket: str
    ) -> None:
        """Redmine then refuses without a reason."""
        proxy.will_answer(422)
        assert await provider.write(ticket, note()) == TryLater("Somebody changed the ticket at the same moment.")

    async def test_a_status_that_the_workflow_does_not_allow_is_refused_with_those_that_it_does(
        self, system: RedmineServer, limited: Redmine, ticket: str
    ) -> None:
        assert await limited.set_status(ticket, system.closed_status(ticket)) == Refused(
            "The ticket in the Redmine project Acme stayed “New”. FlowPilot's user can set no status there. Check "
            "its role's workflow, and its right “Edit issues”."
        )

    async def test_members_are_those_who_may_log_time(self, system: RedmineServer, provider: Provider) -> None:
        members = {member.name: member for member in await provider.list_members()}
        assert ", ".join(sorted(members)) == (
            "Alex Adler, Flow Pilot, Gone Gruber, Kim Krause, Limited Pilot, Shy Schmid"
        )
        assert members["Shy Schmid"].email is None
        assert not members["Gone Gruber"].is_active
        assert [name for name, member in members.items() if member.is_own] == ["Flow Pilot"]

    async def test_an_administrators_key_shows_every_address_and_who_is_inactive(
        self, system: RedmineServer, access: Access
    ) -> None:
        found = await system.provider_of("admin", access).list_members()
        members = {member.name: (member.email, member.is_active) for member in found}
        assert members["Shy Schmid"] == ("shy@desk.example", True)
        assert members["Gone Gruber"] == ("Gone@Desk.Example", False)
        assert "Carol Customer" in members

    async def test_time_is_booked_with_the_activity_of_the_settings(
        self, system: RedmineServer, access: Access, ticket: str
    ) -> None:
        designing = system.provider_of("flowpilot", access, activity="design")
        assert isinstance(await designing.write(ticket, time(system.alex)), Accepted)
        named = (
            "SELECT name FROM enumerations JOIN time_entries ON activity_id = enumerations.id WHERE issue_id = ?"
        )
        assert system.rows(named, ticket) == [("Design",)]

    async def test_an_activity_that_a_project_does_not_have_is_named(
        self, system: RedmineServer, access: Access, ticket: str
    ) -> None:
        dancing = system.provider_of("flowpilot", access, activity="Dancing")
        refused = await dancing.write(ticket, time(system.alex))
        assert isinstance(refused, Refused)
        assert refused.reason.startswith("The Redmine project Acme has no activity “Dancing”.")
        errors = [finding.text for finding in await dancing.check() if finding.level is Level.ERROR]
        assert errors == [
            f"The Redmine project {project} has no activity “Dancing”. It has Design, Development."
            for project in ("Acme", "Open house")
        ]

    async def test_the_client_can_be_a_field_of_the_ticket(self, system: RedmineServer, access: Access) -> None:
        name = f"Client {next(_numbers)}"
        ticket = system.new_ticket(custom_fields=system.customer(name))
        provider = system.provider_of("flowpilot", access, client_field="customer")
        assert (await provider.read_ticket(ticket)).client == name
        assert Client(name, name) in await provider.list_clients()

    async def test_signs_that_mean_something_to_a_database_are_searched_for_as_they_are(
        self, system: RedmineServer, provider: Provider
    ) -> None:
        word = f"Word{next(_numbers)}y"
        wanted = system.new_ticket(f'{word} 50% of "C:\\new_folder" [a b c d e]')
        system.new_ticket(f"{word} 501 of C: and newXfolder")
        for text in (f"{word} 50%", f'{word} "C:\\new_folder"', f"{word} new_folder"):
            assert [found.id for found in (await provider.search(TicketQuery(text))).items] == [wanted]

    async def test_a_ticket_of_a_closed_project_is_refused(
        self, system: RedmineServer, provider: Provider
    ) -> None:
        ticket = system.new_ticket(project=system.new_project("old"))
        system.ask("admin", "PUT", "/projects/old/close.json")
        assert await provider.write(ticket, note()) == Refused(
            "Redmine does not allow this: the project is closed, or FlowPilot's user lacks “Add notes”."
        )
        assert system.stored(ticket) == []
        system.ask("admin", "DELETE", "/projects/old.json")
