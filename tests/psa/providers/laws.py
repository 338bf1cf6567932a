"""What holds for every ticket system. The test module of each provider makes one class of these laws."""

import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from flowpilot.psa.client import Access, NoLimiter
from flowpilot.psa.provider import (
    Accepted,
    Audience,
    CredentialsError,
    Level,
    NoSuchTicketError,
    PostingStepKind,
    Provider,
    Refused,
    TicketQuery,
    TryLater,
    UnavailableError,
    Unknown,
)
from tests.outgoing.servers import free_port
from tests.psa.providers.limiter import WaitingLimiter
from tests.psa.providers.records import TEXT, note, time
from tests.psa.providers.system import System
from tests.psa.proxy import Proxy, proxy_to

_numbers = itertools.count(1)
HERE = (IPv4Network("127.0.0.0/8"),)


@pytest.mark.anyio
class ProviderLaws:
    """The laws. A subclass gives the fixture `system`, which may last for the whole module."""

    @pytest.fixture
    def proxy(self, system: System) -> Iterator[Proxy]:
        with proxy_to(system.port) as proxy:
            yield proxy

    @pytest.fixture
    def limiter(self) -> WaitingLimiter:
        return WaitingLimiter()

    @pytest.fixture
    def access(self, proxy: Proxy, limiter: WaitingLimiter, tmp_path: Path) -> Access:
        return Access(proxy.url, HERE, limiter, tmp_path, timeout_seconds=20)

    @pytest.fixture
    async def provider(self, system: System, access: Access) -> AsyncIterator[Provider]:
        provider = system.provider(access)
        yield provider
        await provider.aclose()

    @pytest.fixture
    def ticket(self, system: System) -> str:
        return system.new_ticket()

    async def test_a_check_finds_nothing_wrong(self, provider: Provider) -> None:
        assert [finding.text for finding in await provider.check() if finding.level is Level.ERROR] == []

    async def test_a_check_with_wrong_credentials_says_so(self, system: System, access: Access) -> None:
        stranger = system.stranger(access)
        findings = await stranger.check()
        assert [finding.level for finding in findings][:1] == [Level.ERROR]
        assert "credentials" in findings[0].text

    async def test_wrong_credentials_read_nothing(self, system: System, access: Access, ticket: str) -> None:
        with pytest.raises(CredentialsError):
            await system.stranger(access).read_ticket(ticket)

    async def test_wrong_credentials_write_nothing(self, system: System, access: Access, ticket: str) -> None:
        with pytest.raises(CredentialsError):
            await system.stranger(access).write(ticket, note())
        assert system.stored(ticket) == []

    async def test_an_internal_note_is_internal_and_reads_as_it_was_written(
        self, system: System, provider: Provider, ticket: str
    ) -> None:
        written = await provider.write(ticket, note())
        assert isinstance(written, Accepted)
        (stored,) = system.stored(ticket)
        assert stored.is_internal
        assert TEXT in stored.text.replace("\r\n", "\n")

    async def test_a_note_for_the_client_is_shown_to_the_client(
        self, system: System, provider: Provider, ticket: str
    ) -> None:
        assert isinstance(await provider.write(ticket, note(audience=Audience.CLIENT)), Accepted)
        assert [stored.is_internal for stored in system.stored(ticket)] == [False]

    async def test_a_note_is_found_by_its_marker_on_its_ticket_alone(
        self, system: System, provider: Provider, ticket: str
    ) -> None:
        record, other = note(), system.new_ticket()
        assert await provider.find_record(ticket, record.marker, PostingStepKind.NOTE) is None
        written = await provider.write(ticket, record)
        assert isinstance(written, Accepted)
        assert await provider.find_record(ticket, record.marker, PostingStepKind.NOTE) == written.external_id
        assert await provider.find_record(other, record.marker, PostingStepKind.NOTE) is None

    async def test_time_is_booked_and_found_to_the_unit(
        self, system: System, provider: Provider, ticket: str
    ) -> None:
        record = time(system.alex)
        written = await provider.write(ticket, record)
        assert isinstance(written, Accepted)
        assert await provider.find_record(ticket, record.marker, PostingStepKind.TIME) == written.external_id
        unit = provider.capabilities.time_unit_seconds / 60
        assert await provider.booked_minutes(ticket, record.marker) == pytest.approx(17, abs=unit)
        assert sum(stored.minutes for stored in system.stored(ticket)) == pytest.approx(17, abs=unit)

    async def test_time_adds_to_what_a_colleague_booked_meanwhile(
        self, system: System, provider: Provider, ticket: str
    ) -> None:
        await provider.write(ticket, time(system.alex, 15))
        system.book(ticket, 30)
        await provider.write(ticket, time(system.alex, 45))
        assert sum(stored.minutes for stored in system.stored(ticket)) == pytest.approx(90, abs=0.5)

    async def test_two_people_have_their_own_time(self, system: System, provider: Provider, ticket: str) -> None:
        for member, minutes in ((system.alex, 6), (system.kim, 12)):
            assert isinstance(await provider.write(ticket, time(member, minutes)), Accepted)
        assert sorted(stored.minutes for stored in system.stored(ticket)) == pytest.approx([6, 12], abs=0.5)

    async def test_a_status_is_set(self, system: System, provider: Provider, ticket: str) -> None:
        status = system.closed_status(ticket)
        assert await provider.set_status(ticket, status) == Accepted(status)
        assert system.status_of(ticket) == status
        assert (await provider.read_ticket(ticket)).is_closed

    async def test_a_status_that_the_ticket_cannot_have_is_refused(
        self, system: System, provider: Provider, ticket: str
    ) -> None:
        before = system.status_of(ticket)
        refused = await provider.set_status(ticket, "987654")
        assert isinstance(refused, Refused)
        assert system.status_of(ticket) == before

    async def test_an_answer_that_was_lost_is_unknown_and_what_was_written_is_found(
        self, system: System, provider: Provider, proxy: Proxy, ticket: str
    ) -> None:
        record = note()
        proxy.will_lose_answers()
        assert isinstance(await provider.write(ticket, record), Unknown)
        (stored,) = system.stored(ticket)
        assert await provider.find_record(ticket, record.marker, PostingStepKind.NOTE) == stored.id

    async def test_what_is_written_after_we_gave_up_is_found_then(
        self, system: System, provider: Provider, proxy: Proxy, ticket: str
    ) -> None:
        record = note()
        proxy.will_pass_on_late()
        assert isinstance(await provider.write(ticket, record), Unknown)
        assert await provider.find_record(ticket, record.marker, PostingStepKind.NOTE) is None
        proxy.pass_on()
        (stored,) = system.stored(ticket)
        assert await provider.find_record(ticket, record.marker, PostingStepKind.NOTE) == stored.id

    async def test_an_error_of_the_server_after_the_write_is_unknown(
        self, system: System, provider: Provider, proxy: Proxy, ticket: str
    ) -> None:
        record = time(system.alex)
        proxy.will_answer_500_after_the_change()
        assert isinstance(await provider.write(ticket, record), Unknown)
        (stored,) = system.stored(ticket)
        assert await provider.find_record(ticket, record.marker, PostingStepKind.TIME) == stored.id

    async def test_a_server_that_asks_to_wait_gets_no_more(
        self, system: System, provider: Provider, proxy: Proxy, limiter: WaitingLimiter, ticket: str
    ) -> None:
        proxy.will_answer(429, Retry_After="7")
        later = await provider.write(ticket, note())
        assert isinstance(later, TryLater)
        assert later.not_before is not None
        assert limiter.rests_until is not None
        assert system.stored(ticket) == []

    async def test_a_server_that_is_not_there_was_sent_nothing(self, system: System, tmp_path: Path) -> None:
        nowhere = Access(f"http://127.0.0.1:{free_port()}", HERE, NoLimiter(), tmp_path)
        provider = system.provider(nowhere)
        assert isinstance(await provider.write("1", note()), TryLater)
        with pytest.raises(UnavailableError):
            await provider.read_ticket("1")

    async def test_there_is_no_such_ticket(self, provider: Provider) -> None:
        with pytest.raises(NoSuchTicketError):
            await provider.read_ticket("987654321")
        assert isinstance(await provider.write("987654321", note()), Refused)

    async def test_nothing_is_written_to_a_deleted_ticket(
        self, system: System, provider: Provider, ticket: str
    ) -> None:
        system.delete(ticket)
        refused = await provider.write(ticket, note())
        assert isinstance(refused, Refused)
        assert "ticket" in refused.reason

    async def test_a_merged_ticket_answers_with_the_one_that_is_left(
        self, system: System, provider: Provider, ticket: str
    ) -> None:
        left, record = system.new_ticket(), note()
        await provider.write(ticket, record)
        system.merge(ticket, left)
        assert (await provider.read_ticket(ticket)).id == left
        assert await provider.find_record(ticket, record.marker, PostingStepKind.NOTE) is not None

    async def test_what_is_written_after_a_merge_is_on_the_ticket_that_is_left_and_found_by_either(
        self, system: System, provider: Provider, ticket: str
    ) -> None:
        left, record = system.new_ticket(), note()
        system.merge(ticket, left)
        written = await provider.write(ticket, record)
        assert [Accepted(stored.id) for stored in system.stored(left)] == [written]
        for number in (ticket, left):
            assert (
                Accepted(await provider.find_record(number, record.marker, PostingStepKind.NOTE) or "") == written
            )

    async def test_a_ticket_has_what_people_know_it_by(
        self, system: System, provider: Provider, access: Access, ticket: str
    ) -> None:
        found = await provider.read_ticket(ticket)
        assert (found.id, found.summary, found.client) == (ticket, "The printer is offline", system.client)
        assert (found.is_closed, found.is_deleted) == (False, False)
        assert found.url is not None
        assert found.url.startswith(access.base_url)
        assert None not in {found.board, found.board_id, found.status, found.status_id, found.updated_at}

    async def test_the_last_notes_are_plain_text(self, provider: Provider, ticket: str) -> None:
        for text in ("First.", "Second."):
            await provider.write(ticket, note(text))
        notes = await provider.read_notes(ticket, 5)
        assert [any(text in one.text for text in ("Second.", "First.")) for one in notes[:2]] == [True, True]
        assert "Second." in notes[0].text
        assert all(one.is_internal for one in notes[:2])

    async def test_a_search_finds_words_of_the_summary_and_the_number(
        self, system: System, provider: Provider
    ) -> None:
        word = f"Word{next(_numbers)}x"
        wanted = system.new_ticket(f"O'Brien's {word} is \"broken\" 100%")
        system.new_ticket("Something else")
        assert [found.id for found in (await provider.search(TicketQuery(word))).items] == [wanted]
        assert wanted in [found.id for found in (await provider.search(TicketQuery(wanted))).items]
        assert (await provider.search(TicketQuery('it\'s \\ "nothing" %'))).items == []

    async def test_a_search_finds_somebodys_tickets(self, system: System, provider: Provider) -> None:
        word = f"Word{next(_numbers)}x"
        mine = system.new_ticket(f"{word} one", member=system.alex)
        system.new_ticket(f"{word} two", member=system.kim)
        found = await provider.search(TicketQuery(word, member_id=system.alex))
        assert [ticket.id for ticket in found.items] == [mine]

    async def test_a_search_leaves_out_what_is_closed(self, system: System, provider: Provider) -> None:
        word = f"Word{next(_numbers)}x"
        is_open, closed = system.new_ticket(f"{word} one"), system.new_ticket(f"{word} two")
        await provider.set_status(closed, system.closed_status(closed))
        assert [found.id for found in (await provider.search(TicketQuery(word))).items] == [is_open]
        everything = await provider.search(TicketQuery(word, is_open=False))
        assert {found.id for found in everything.items} == {is_open, closed}

    async def test_the_pages_of_a_search_have_each_ticket_once(self, system: System, provider: Provider) -> None:
        word = f"Word{next(_numbers)}x"
        tickets = [system.new_ticket(f"{word} number {number}") for number in range(5)]
        found: list[str] = []
        cursor = None
        for _ in range(3):
            page = await provider.search(TicketQuery(word, limit=2, cursor=cursor))
            found += [ticket.id for ticket in page.items]
            cursor = page.next_cursor
        assert cursor is None
        assert sorted(found) == sorted(tickets)

    async def test_members_have_their_e_mail(self, system: System, provider: Provider) -> None:
        members = {member.id: member for member in await provider.list_members()}
        assert members[system.alex].email == "alex@desk.example"
        assert members[system.alex].is_active
        assert system.kim in members

    async def test_boards_have_their_statuses(self, system: System, provider: Provider, ticket: str) -> None:
        boards = {board.id: board for board in await provider.list_boards()}
        board = boards[(await provider.read_ticket(ticket)).board_id or ""]
        statuses = {status.id: status for status in board.statuses}
        assert statuses[system.closed_status(ticket)].is_closed
        assert not statuses[system.status_of(ticket)].is_closed

    async def test_every_write_says_who_may_read_it(self, provider: Provider, proxy: Proxy, ticket: str) -> None:
        """A note that was meant for the desk and shown to the client cannot be taken back."""
        seen, record = {}, note()
        for audience in Audience:
            proxy.requests.clear()
            await provider.write(ticket, replace(record, audience=audience))
            seen[audience] = [(request.path, request.body) for request in proxy.changes]
        assert all(seen.values())
        assert seen[Audience.INTERNAL] != seen[Audience.CLIENT]
