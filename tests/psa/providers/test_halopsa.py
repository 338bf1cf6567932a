"""HaloPSA holds what holds for every ticket system, and what is its own: tokens, outcomes and units."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from flowpilot.psa.client import Access
from flowpilot.psa.markers import SHORTENED
from flowpilot.psa.provider import (
    Accepted,
    Audience,
    CredentialsError,
    Level,
    PostingStepKind,
    ProviderError,
    Refused,
    TryLater,
    Unknown,
)
from flowpilot.psa.providers.halopsa import HaloPsa, requests
from tests.psa.providers.files import LawsWithFileReaders, screenshot
from tests.psa.providers.records import TEXT, note, time
from tests.psa.proxy import Proxy, proxy_to
from tests.psa.servers.halopsa import (
    CLOSED,
    CLOSED_AT,
    EMAIL_USER,
    PRIVATE_NOTE,
    PROJECT,
    HaloServer,
    halo_server,
)


@pytest.fixture(scope="module")
def server() -> Iterator[HaloServer]:
    with halo_server() as server:
        yield server


class TestHaloPsa(LawsWithFileReaders):
    """The laws, and what HaloPSA alone does."""

    @pytest.fixture
    def system(self, server: HaloServer) -> HaloServer:
        server.missing, server.in_use, server.tenant = set(), set(), ""
        server.asked.clear()
        return server

    @pytest.fixture
    def proxy(self, system: HaloServer) -> Iterator[Proxy]:
        with proxy_to(system.port) as proxy:
            proxy.is_a_change = lambda request: request.method == "POST" and request.path.startswith("/api/")
            yield proxy

    @pytest.fixture
    def halopsa(self, system: HaloServer, access: Access) -> HaloPsa:
        return system.halopsa(access)

    async def test_a_token_that_has_run_out_is_renewed_once(
        self, system: HaloServer, halopsa: HaloPsa, ticket: str
    ) -> None:
        await halopsa.read_ticket(ticket)
        given = system.tokens_given
        system.tokens.clear()
        assert isinstance(await halopsa.write(ticket, note()), Accepted)
        assert system.tokens_given == given + 1

    async def test_a_file_that_is_too_large_is_refused_and_the_next_is_taken(
        self, system: HaloServer, halopsa: HaloPsa, ticket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(system, "most_of_a_file", 10)
        refused = await halopsa.write(ticket, screenshot())
        assert refused == Refused("HaloPSA takes no files of this size. Attach it there by hand, or give it up.")
        monkeypatch.setattr(system, "most_of_a_file", 5_000_000)
        assert isinstance(await halopsa.write(ticket, screenshot()), Accepted)

    async def test_a_token_serves_more_than_one_job(self, system: HaloServer, access: Access, ticket: str) -> None:
        for _ in range(2):
            await system.halopsa(access).write(ticket, note())
        assert [asked.path for asked in system.asked].count("/auth/token") == 1

    async def test_a_secret_that_was_revoked_is_said_after_one_renewal(
        self, system: HaloServer, halopsa: HaloPsa, ticket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await halopsa.read_ticket(ticket)
        system.tokens.clear()
        system.asked.clear()
        monkeypatch.setattr("tests.psa.servers.halopsa.SECRET", "another")
        with pytest.raises(CredentialsError):
            await halopsa.write(ticket, note())
        assert [asked.path for asked in system.asked] == [f"/api/Tickets/{ticket}", "/auth/token"]

    async def test_the_tenant_is_named_where_tokens_are_given(
        self, system: HaloServer, access: Access, ticket: str
    ) -> None:
        system.tenant = "lakeside"
        assert (await system.halopsa(access).read_ticket(ticket)).id == ticket

    async def test_a_note_and_its_time_are_one_action(
        self, system: HaloServer, halopsa: HaloPsa, proxy: Proxy, ticket: str
    ) -> None:
        record = replace(note(), time=time(system.alex, 17).time)
        written = await halopsa.write(ticket, record)
        (stored,) = system.stored(ticket)
        assert written == Accepted(stored.id)
        assert (round(stored.minutes), stored.member, stored.is_internal) == (17, system.alex, True)
        assert stored.text == f"{TEXT}\n\n{record.marker}"
        assert len(proxy.changes) == 1
        for kind in (PostingStepKind.NOTE, PostingStepKind.TIME):
            assert await halopsa.find_record(ticket, record.marker, kind) == stored.id

    async def test_a_long_note_is_cut_with_a_mark_and_found(
        self, system: HaloServer, halopsa: HaloPsa, ticket: str
    ) -> None:
        record = note("line\n" * 20_000)
        await halopsa.write(ticket, record)
        stored = system.actions[-1]["note"]
        assert len(stored) <= halopsa.capabilities.max_note_chars
        assert stored.endswith(f"line\n\n{SHORTENED}\n\n{record.marker}")
        assert await halopsa.find_record(ticket, record.marker, PostingStepKind.NOTE) is not None

    async def test_an_internal_action_sends_no_e_mail_and_one_for_the_client_does_as_its_outcome_says(
        self, system: HaloServer, halopsa: HaloPsa, ticket: str
    ) -> None:
        for audience in Audience:
            await halopsa.write(ticket, note(audience=audience))
        internal, client = system.actions[-2:]
        assert (internal["outcome_id"], internal["hiddenfromuser"], internal["sendemail"]) == (
            PRIVATE_NOTE,
            True,
            False,
        )
        assert (client["outcome_id"], client["hiddenfromuser"]) == (EMAIL_USER, False)
        assert "sendemail" not in client

    async def test_a_text_for_the_client_waits_for_its_outcome(
        self, system: HaloServer, access: Access, ticket: str
    ) -> None:
        refused = await system.halopsa(access, client_outcome_id=None).write(
            ticket, note(audience=Audience.CLIENT)
        )
        assert isinstance(refused, Refused)
        assert refused.field == "client_outcome_id"
        assert system.stored(ticket) == []

    @pytest.mark.parametrize(("unit", "taken"), [("hours", 0.2833), ("minutes", 17)])
    async def test_time_is_in_the_unit_of_the_tenant(
        self, system: HaloServer, access: Access, ticket: str, unit: str, taken: float
    ) -> None:
        provider, record = system.halopsa(access, time_unit=unit), time(system.alex, 17)
        await provider.write(ticket, record)
        assert system.actions[-1]["timetaken"] == taken
        assert await provider.booked_minutes(ticket, record.marker) == pytest.approx(17, abs=0.01)

    @pytest.mark.parametrize("name", ["who_agentid", "actionby_agent_id"])
    async def test_the_agent_is_in_the_field_of_the_tenant(
        self, system: HaloServer, access: Access, ticket: str, name: str
    ) -> None:
        await system.halopsa(access, agent_field=name).write(ticket, time(system.kim))
        assert {key for key, value in system.actions[-1].items() if value == int(system.kim)} == {name}

    async def test_an_outcome_that_does_not_exist_is_named(
        self, system: HaloServer, access: Access, ticket: str
    ) -> None:
        refused = await system.halopsa(access, outcome_id=99).write(ticket, note())
        assert isinstance(refused, Refused)
        assert refused.field == "outcome_id"

    async def test_a_status_that_the_type_does_not_allow_is_refused_by_name(
        self, system: HaloServer, halopsa: HaloPsa
    ) -> None:
        """HaloPSA answers that all is well, and leaves the status; note and time stay."""
        ticket = system.new_ticket(type_id=PROJECT)
        await halopsa.write(ticket, note())
        refused = await halopsa.set_status(ticket, str(CLOSED))
        assert isinstance(refused, Refused)
        assert '"Project"' in refused.reason
        assert '"Closed"' in refused.reason
        assert len(system.stored(ticket)) == 1

    async def test_an_answer_that_says_nothing_is_looked_up(
        self, system: HaloServer, halopsa: HaloPsa, ticket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record = note()
        monkeypatch.setattr(system, "is_silent", True)
        assert isinstance(await halopsa.write(ticket, record), Unknown)
        assert await halopsa.find_record(ticket, record.marker, PostingStepKind.NOTE) is not None

    async def test_a_ticket_in_use_is_for_later(self, system: HaloServer, halopsa: HaloPsa, ticket: str) -> None:
        system.in_use.add(int(ticket))
        assert isinstance(await halopsa.write(ticket, note()), TryLater)

    async def test_a_right_that_is_missing_is_named(
        self, system: HaloServer, halopsa: HaloPsa, ticket: str
    ) -> None:
        system.missing = {"/api/Actions"}
        refused = await halopsa.write(ticket, note())
        assert isinstance(refused, Refused)
        assert "edit:tickets" in refused.reason

    @pytest.mark.parametrize(
        ("path", "permission"),
        [("/api/Agent", "read:agents"), ("/api/Client", "read:customers"), ("/api/Tickets", "read:tickets")],
    )
    async def test_a_check_names_each_missing_right(
        self, system: HaloServer, halopsa: HaloPsa, path: str, permission: str
    ) -> None:
        system.missing = {path}
        (found,) = await halopsa.check()
        assert found.level is Level.ERROR
        assert permission in found.text

    async def test_a_check_names_an_outcome_that_does_not_exist(self, system: HaloServer, access: Access) -> None:
        (found,) = await system.halopsa(access, outcome_id=99).check()
        assert (found.level, "“Outcome of internal notes”" in found.text) == (Level.ERROR, True)

    async def test_a_marker_is_found_behind_many_actions(
        self, system: HaloServer, halopsa: HaloPsa, ticket: str
    ) -> None:
        record = note()
        await halopsa.write(ticket, record)
        for _ in range(120):
            system.book(ticket, 1)
        assert await halopsa.find_record(ticket, record.marker, PostingStepKind.NOTE) is not None

    async def test_a_look_up_that_cannot_see_all_finds_nothing_out(
        self, halopsa: HaloPsa, ticket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(requests, "_PAGE", 2)
        monkeypatch.setattr(requests, "_PAGES", 2)
        for _ in range(5):
            await halopsa.write(ticket, note())
        with pytest.raises(ProviderError, match="more than 4 records"):
            await halopsa.find_record(ticket, "FP-elsewhere", PostingStepKind.NOTE)

    async def test_a_note_in_html_reads_as_text(self, system: HaloServer, halopsa: HaloPsa, ticket: str) -> None:
        html = '<p>Rebooted.<br>See <a href="https://kb.example/7">the article</a></p><script>alert(1)</script>'
        system.add({"ticket_id": int(ticket), "note": "", "note_html": html, "hiddenfromuser": False})
        (found,) = await halopsa.read_notes(ticket, 5)
        assert (found.text, found.is_internal) == ("Rebooted.\nSee the article (https://kb.example/7)", False)

    async def test_disabled_agents_are_listed_as_such(self, halopsa: HaloPsa) -> None:
        assert [member.name for member in await halopsa.list_members() if not member.is_active] == ["Former Agent"]

    async def test_clients_are_listed_by_name(self, halopsa: HaloPsa) -> None:
        assert [client.name for client in await halopsa.list_clients()] == ["Acme", "Lakeside Dental"]

    async def test_a_type_has_only_the_statuses_that_it_allows(self, halopsa: HaloPsa) -> None:
        statuses = {
            board.name: [status.name for status in board.statuses] for board in await halopsa.list_boards()
        }
        assert statuses["Project"] == ["New", "In Progress"]
        assert "Closed" in statuses["Incident"]

    async def test_no_write_touches_custom_fields_or_the_description(
        self, system: HaloServer, halopsa: HaloPsa, ticket: str
    ) -> None:
        before = dict(system.tickets[int(ticket)])
        for record in (note(), time(system.alex), note(audience=Audience.CLIENT)):
            await halopsa.write(ticket, record)
        await halopsa.set_status(ticket, str(CLOSED))
        written = list(itertools.chain(*(asked.json for asked in _changes(system))))
        assert len(written) == 4
        assert not {"customfields", "details", "details_html", "summary"} & set(itertools.chain(*written))
        assert system.tickets[int(ticket)] == {**before, "status_id": CLOSED, "dateclosed": CLOSED_AT}


def _changes(system: HaloServer) -> list[Any]:
    return [asked for asked in system.asked if asked.method == "POST" and asked.path.startswith("/api/")]
