"""Request Tracker, a real one: what holds for every ticket system, and what others have got wrong with it."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from flowpilot.psa.client import Access
from flowpilot.psa.provider import (
    Accepted,
    Audience,
    Client,
    Level,
    Member,
    NoSuchTicketError,
    PostingStepKind,
    Provider,
    Refused,
    Status,
    TicketPage,
    TicketQuery,
)
from flowpilot.psa.providers.request_tracker import Settings, rest
from tests.psa.providers.files import LawsWithFileNotes, screenshot
from tests.psa.providers.records import note, time
from tests.psa.proxy import Proxy
from tests.psa.servers.request_tracker import CUSTOMER, Desk, request_tracker


@pytest.fixture(scope="module")
def system(run_directory: Path) -> Iterator[Desk]:
    with request_tracker(run_directory) as server:
        yield Desk(server)


class TestRequestTracker(LawsWithFileNotes):
    """The laws, and then what is Request Tracker's own."""

    attached_name = "Fehlermeldung 1 (uber).png"

    async def test_the_client_is_mailed_what_is_for_them_and_nothing_else(
        self, system: Desk, provider: Provider, ticket: str
    ) -> None:
        before = system.letters_to(CUSTOMER, ticket)
        await provider.write(ticket, note("The client never pays."))
        await provider.write(ticket, screenshot())
        assert system.letters_to(CUSTOMER, ticket) == before
        await provider.write(ticket, note("It prints again.", Audience.CLIENT))
        assert len(system.letters_to(CUSTOMER, ticket)) == len(before) + 1

    async def test_the_client_reads_the_summary_above_a_mail(
        self, system: Desk, provider: Provider, ticket: str
    ) -> None:
        record = note("It prints again.", Audience.CLIENT)
        written = await provider.write(ticket, record)
        subject = f"[desk.example #{ticket}] The printer is offline ({record.marker})"
        assert subject in system.letters_to(CUSTOMER, ticket)
        assert isinstance(written, Accepted)
        assert await provider.find_record(ticket, record.marker, PostingStepKind.NOTE) == written.external_id

    async def test_a_note_and_its_time_are_one_record(self, system: Desk, provider: Provider, ticket: str) -> None:
        record = replace(note(), time=time(None, 25).time)
        written = await provider.write(ticket, record)
        (stored,) = system.stored(ticket)
        assert (written, stored.minutes) == (Accepted(stored.id), 25)
        assert await provider.booked_minutes(ticket, record.marker) == 25

    async def test_time_that_two_people_book_at_once_adds_up(
        self, system: Desk, provider: Provider, access: Access, ticket: str
    ) -> None:
        kim = system.provider(access, who="kim")
        await asyncio.gather(
            *(provider.write(ticket, time(None, 7)) for _ in range(3)),
            *(kim.write(ticket, time(None, 5)) for _ in range(3)),
        )
        assert system.server.call("GET", f"/ticket/{ticket}")["TimeWorked"] == "36"

    async def test_no_request_changes_more_of_a_ticket_than_its_status(
        self, provider: Provider, proxy: Proxy, ticket: str
    ) -> None:
        """A total of minutes would overwrite a colleague's, a field would lose what FlowPilot does not know."""
        await provider.write(ticket, replace(note(), time=time(None).time))
        await provider.write(ticket, note(audience=Audience.CLIENT))
        await provider.set_status(ticket, "resolved")
        sent = {
            (request.method, request.path.rpartition("/")[2], *json.loads(request.body))
            for request in proxy.changes
        }
        assert sent == {
            ("POST", "comment", "Subject", "Content", "ContentType", "TimeTaken"),
            ("POST", "correspond", "Subject", "Content", "ContentType"),
            ("PUT", ticket, "Status"),
        }

    async def test_a_status_stays_though_a_note_for_the_client_opened_the_ticket_again(
        self, system: Desk, provider: Provider, ticket: str
    ) -> None:
        await provider.set_status(ticket, "resolved")
        await provider.write(ticket, note(audience=Audience.CLIENT))
        assert system.status_of(ticket) == "open"
        assert await provider.set_status(ticket, "resolved") == Accepted("resolved")
        assert system.status_of(ticket) == "resolved"

    async def test_a_status_of_another_queue_is_refused_by_name_and_the_note_stays(
        self, system: Desk, provider: Provider, ticket: str
    ) -> None:
        await provider.write(ticket, note())
        refused = await provider.set_status(ticket, "done")
        assert isinstance(refused, Refused)
        assert refused.reason.startswith("The queue General did not take the status done.")
        assert refused.reason.endswith("chooses another one under Statuses in Settings; then try again.")
        assert len(system.stored(ticket)) == 1

    async def test_a_deleted_ticket_stays_deleted(self, system: Desk, provider: Provider, ticket: str) -> None:
        system.delete(ticket)
        refused = await provider.set_status(ticket, "resolved")
        assert isinstance(refused, Refused)
        assert refused.reason == f"The ticket {ticket} is deleted. Link the session to another ticket."
        assert system.status_of(ticket) == "deleted"
        read = await provider.read_ticket(ticket)
        assert (read.is_deleted, read.is_closed) == (True, True)

    async def test_what_is_not_a_number_is_no_ticket(self, provider: Provider) -> None:
        refused = await provider.write("1/../2", note())
        assert isinstance(refused, Refused)
        assert (await provider.search(TicketQuery("1/../2"))).items == []

    async def test_a_ticket_is_found_by_its_number_as_people_write_it(
        self, provider: Provider, ticket: str
    ) -> None:
        assert [found.id for found in (await provider.search(TicketQuery(f"#{ticket}"))).items] == [ticket]

    async def test_somebody_who_may_see_no_ticket_finds_none(
        self, system: Desk, access: Access, ticket: str
    ) -> None:
        outsider = system.provider(access, who="outsider")
        assert await outsider.search(TicketQuery(ticket)) == TicketPage([])
        with pytest.raises(NoSuchTicketError):
            await outsider.read_ticket(ticket)

    async def test_signs_of_a_pattern_mean_themselves(self, system: Desk, provider: Provider) -> None:
        wanted = system.new_ticket("Path C:\\Users 50% of a_b")
        system.new_ticket("Path C:/Users 500 of axb")
        for word in ("c:\\users", "50%", "a_b"):
            assert [found.id for found in (await provider.search(TicketQuery(f"path {word}"))).items] == [wanted]

    async def test_each_queue_has_the_statuses_of_its_lifecycle(self, system: Desk, provider: Provider) -> None:
        boards = {board.name: board.statuses for board in await provider.list_boards()}
        assert [status.id for status in boards["General"]] == ["new", "open", "stalled", "resolved", "rejected"]
        assert boards["Projects"] == (
            Status("todo", "todo"),
            Status("doing", "doing"),
            Status("done", "done", True),
        )
        project = system.new_ticket(queue="Projects")
        assert not (await provider.read_ticket(project)).is_closed
        assert await provider.set_status(project, "done") == Accepted("done")
        read = await provider.read_ticket(project)
        assert (read.board, read.status, read.is_closed) == ("Projects", "done", True)

    async def test_a_queue_of_an_unknown_lifecycle_offers_no_statuses_and_says_what_to_do(
        self, system: Desk, access: Access
    ) -> None:
        provider = system.provider(access, lifecycles="default: new, open | resolved")
        (projects,) = [board for board in await provider.list_boards() if board.name == "Projects"]
        assert projects.statuses == ()
        assert projects.hint is not None
        assert "with its statuses under Change the connection." in projects.hint

    async def test_members_are_privileged_people_of_the_desk(self, provider: Provider) -> None:
        names = [(member.id, member.is_active) for member in await provider.list_members()]
        assert Member("alex", "Alex Novak", "alex@desk.example") in await provider.list_members()
        assert [member.id for member in await provider.list_members() if member.is_own] == ["flowpilot"]
        assert names == [
            ("alex", True),
            ("flowpilot", True),
            ("kim", True),
            ("lee", False),
            ("outsider", True),
            ("reader", True),
        ]

    async def test_lists_are_read_to_their_last_page(
        self, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = await provider.list_members()
        monkeypatch.setattr(rest, "PAGE_ITEMS", 2)
        assert await provider.list_members() == whole

    async def test_clients_are_the_organisations_of_requestors(self, provider: Provider) -> None:
        assert await provider.list_clients() == [Client("Contoso Ltd.", "Contoso Ltd.")]

    async def test_what_the_client_wrote_is_read_as_text_and_is_not_internal(
        self, system: Desk, provider: Provider, ticket: str
    ) -> None:
        mail = {"Content": "<p>Still <b>offline</b></p><p>Carla &amp; co</p>", "ContentType": "text/html"}
        system.server.call("POST", f"/ticket/{ticket}/correspond", mail)
        await provider.write(ticket, note("Checked the cable."))
        comment, reply = await provider.read_notes(ticket, 5)
        assert (comment.author, comment.text, comment.is_internal) == ("FlowPilot", "Checked the cable.", True)
        assert (reply.author, reply.text, reply.is_internal) == (
            "Enoch Root",
            "Still offline\n\nCarla & co",
            False,
        )

    async def test_a_check_says_on_whom_time_is_booked(self, provider: Provider) -> None:
        findings = await provider.check()
        assert re.fullmatch(r"Request Tracker 5\S+ answers and shows 2 queues\.", findings[0].text)
        assert [finding.text for finding in findings if "booked on FlowPilot" in finding.text]

    @pytest.mark.parametrize(
        ("who", "level", "words"),
        [
            ("reader", Level.ERROR, "lacks the right CommentOnTicket in the queue"),
            ("reader", Level.WARNING, "lacks the right ReplyToTicket in the queue"),
            ("reader", Level.WARNING, "lacks the right ModifyTicket in the queue"),
            ("reader", Level.WARNING, "has the right ShowTicketComments"),
            ("outsider", Level.ERROR, "Give them the right SeeQueue"),
        ],
    )
    async def test_a_check_names_each_missing_right(
        self, system: Desk, access: Access, provider: Provider, ticket: str, who: str, level: Level, words: str
    ) -> None:
        await provider.write(ticket, note())
        findings = await system.provider(access, who=who).check()
        assert [finding.level for finding in findings if words in finding.text] == [level]
        assert [finding for finding in await provider.check() if words in finding.text] == []

    async def test_a_note_without_the_right_to_write_it_is_refused_with_its_name(
        self, system: Desk, access: Access, ticket: str
    ) -> None:
        refused = await system.provider(access, who="reader").write(ticket, note())
        assert isinstance(refused, Refused)
        assert "Does the token's owner have the right CommentOnTicket" in refused.reason
        assert system.stored(ticket) == []

    async def test_a_domain_that_no_user_has_is_named(self, system: Desk, access: Access) -> None:
        provider = system.provider(access, member_domains="desk.example, nowhere.example")
        said = [finding.text for finding in await provider.check() if "No user has" in finding.text]
        assert said == [
            "No user has an address of nowhere.example. "
            "Correct E-mail domains of the desk under Change the connection."
        ]

    @pytest.mark.parametrize("path", ["/NoAuth", "/REST/2.0"])
    async def test_a_check_of_another_address_says_so(self, system: Desk, access: Access, path: str) -> None:
        (finding,) = await system.provider(replace(access, base_url=f"{access.base_url}{path}")).check()
        assert finding.level is Level.ERROR
        assert "address" in finding.text

    async def test_a_check_in_a_private_network_names_the_setting(self, system: Desk, access: Access) -> None:
        (finding,) = await system.provider(replace(access, allowed=())).check()
        assert "FLOWPILOT_ALLOWED_PRIVATE_NETWORKS" in finding.text


@pytest.mark.parametrize("text", ["new, open", "default: new, open", ": new | done"])
def test_lifecycles_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="must be such as"):
        Settings(lifecycles=text)
