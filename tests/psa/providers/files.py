"""What holds for every ticket system to which FlowPilot attaches files."""

from typing import Protocol

import pytest

from flowpilot.psa.provider import Accepted, Audience, PostingStepKind, Provider, Record, TicketFile, Unknown
from tests.attachments.files import picture
from tests.psa.providers.history import LawsWithHistory
from tests.psa.providers.records import marker
from tests.psa.proxy import Proxy


class HidesFiles(Protocol):
    """A system of which a test asks who sees a file."""

    def hidden(self, ticket_id: str) -> list[bool]:
        """Whether each file of the ticket is hidden from the client, oldest first."""


class HasFiles(Protocol):
    """A system in which a test looks for files."""

    def new_ticket(self) -> str:
        """A new ticket's number."""

    def files(self, ticket_id: str) -> list[tuple[str, int]]:
        """The names and sizes of the ticket's files."""


NAME = "Fehlermeldung 1 (über).png"


def screenshot(name: str = NAME, audience: Audience = Audience.INTERNAL) -> Record:
    """A picture with a marker of its own."""
    return Record(marker(), audience, f"File: {name}", file=TicketFile(name, "image/png", picture()))


@pytest.mark.anyio
class LawsWithFiles(LawsWithHistory):
    """The laws, with those of files. `attached_name`: what the system calls the screenshot."""

    attached_name = NAME

    async def test_a_file_is_attached_as_it_is_and_found_by_its_marker_on_its_ticket_alone(
        self, system: HasFiles, provider: Provider, ticket: str
    ) -> None:
        record = screenshot()
        assert record.file is not None
        written = await provider.write(ticket, record)
        assert system.files(ticket) == [(self.attached_name, len(record.file.content))]
        assert isinstance(written, Accepted)
        assert await provider.find_record(ticket, record.marker, PostingStepKind.FILE) == written.external_id
        assert await provider.find_record(system.new_ticket(), record.marker, PostingStepKind.FILE) is None


class LawsWithFileNotes(LawsWithFiles):
    """Where a file comes with a note, which names it."""

    async def test_a_files_note_is_internal_if_the_file_is(self, provider: Provider, ticket: str) -> None:
        await provider.write(ticket, screenshot())
        newest = (await provider.read_notes(ticket, 1))[0]
        assert ("File: Fehlermeldung" in newest.text, newest.is_internal) == (True, True)


class LawsWithFileReaders(LawsWithFiles):
    """Where a file says itself who sees it."""

    async def test_a_file_is_seen_by_the_readers_of_its_record(
        self, system: HidesFiles, provider: Provider, ticket: str
    ) -> None:
        for audience in (Audience.INTERNAL, Audience.CLIENT):
            assert isinstance(await provider.write(ticket, screenshot(audience=audience)), Accepted)
        assert system.hidden(ticket) == [True, False]

    async def test_what_was_written_without_an_answer_is_found(
        self, proxy: Proxy, provider: Provider, ticket: str
    ) -> None:
        record = screenshot()
        proxy.will_lose_answers()
        assert isinstance(await provider.write(ticket, record), Unknown)
        assert await provider.find_record(ticket, record.marker, PostingStepKind.FILE) is not None
