"""What passes the guard: answers that can be read, and only what can be stored of them."""

import logging
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Headers

from flowpilot.outgoing.http import Answer
from flowpilot.psa.client import Access, NoLimiter, content
from flowpilot.psa.guard import Guarded
from flowpilot.psa.provider import (
    Accepted,
    Level,
    NoSuchTicketError,
    Outcome,
    ProviderError,
    Record,
    Refused,
    TicketQuery,
    TryLater,
    Unknown,
)
from tests.psa.desk import Credentials, Desk, Settings, SmallDesk, running_desk
from tests.psa.providers.records import note, time

pytestmark = pytest.mark.anyio

# NUL, and half of a character.
ODD = "a\x00b\ud800c"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with running_desk() as desk:
        yield desk


@pytest.fixture
def access(desk: Desk, tmp_path: Path) -> Access:
    return Access(desk.url, [ip_network("127.0.0.0/8")], NoLimiter(), tmp_path)


@pytest.fixture
def guarded(access: Access, desk: Desk) -> Guarded:
    return Guarded(SmallDesk(access, Credentials(token=desk.token), Settings()), "The desk")


class _Writer(SmallDesk):
    """A desk whose writes end as the test says."""

    said: Outcome | Exception

    async def write(self, ticket_id: str, record: Record) -> Outcome:
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


async def _written(access: Access, said: Outcome | Exception) -> Outcome:
    writer = _Writer(access, Credentials(token="x"), Settings())
    writer.said = said
    return await Guarded(writer, "The desk").write("17", note())


@pytest.mark.parametrize("odd", [{}, {"id": None}, {"id": "17", "summary": None}, {"id": "17", "summary": 5}, 1])
async def test_a_ticket_that_cannot_be_read_is_an_error_of_the_system(
    guarded: Guarded, desk: Desk, odd: Any
) -> None:
    desk.answer = lambda *_: odd  # type: ignore[method-assign]
    with pytest.raises(ProviderError, match="The desk gave an answer that FlowPilot cannot read") as caught:
        await guarded.read_ticket("17")
    assert type(caught.value) is ProviderError


def test_json_that_is_too_deep_is_not_from_the_ticket_system() -> None:
    with pytest.raises(ProviderError, match="Is the address right"):
        content(Answer(200, Headers(), b"[" * 200_000))


async def test_no_word_of_an_odd_answer_is_logged(
    guarded: Guarded, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.shows["tickets"] = [{"id": "17", "url": None, "summary": "Printer", "updated_at": "SECRET"}]
    with pytest.raises(ProviderError) as caught:
        await guarded.read_ticket("17")
    assert "ValidationError in guard.py, line" in caplog.text
    assert "SECRET" not in caplog.text + caught.value.detail


async def test_a_ticket_that_is_not_there_is_still_told_apart(guarded: Guarded) -> None:
    with pytest.raises(NoSuchTicketError):
        await guarded.read_ticket("17")


async def test_an_odd_answer_to_a_write_says_nothing_of_what_became_of_it(access: Access) -> None:
    for said in (KeyError("id"), RecursionError(), ProviderError("It is another program.")):
        assert isinstance(await _written(access, said), Unknown)


@pytest.mark.parametrize("kind", [Refused, TryLater, Unknown])
async def test_a_reason_is_kept_without_what_cannot_be_stored(access: Access, kind: Any) -> None:
    assert await _written(access, kind(ODD)) == kind("abc")
    assert await _written(access, kind("x" * 3_000)) == kind(f"{'x' * 1_999}…")


async def test_nobodys_time_is_written(guarded: Guarded) -> None:
    outcome = await guarded.write("17", time(member=None))
    assert outcome == Refused("There is no member of The desk to book this time for. Map the person to one.")


async def test_an_id_of_what_was_written_has_its_limit(access: Access) -> None:
    assert await _written(access, Accepted(ODD)) == Accepted("abc")
    assert await _written(access, Accepted("9" * 5_000)) == Accepted(f"{'9' * 199}…")


async def test_names_and_findings_are_kept_without_what_cannot_be_stored(guarded: Guarded, desk: Desk) -> None:
    desk.shows["members"] = [{"id": "7", "name": ODD, "email": ODD}, {"id": "8", "name": "x" * 9_999}]
    assert [(one.name, one.email) for one in await guarded.list_members()] == [
        ("abc", "abc"),
        (f"{'x' * 199}…", None),
    ]
    desk.shows["rights"] = [ODD]
    (finding,) = await guarded.check()
    assert (finding.level, finding.text) == (Level.ERROR, "The right to abc is missing.")


async def test_a_ticket_whose_id_cannot_be_stored_is_not_taken_for_another(guarded: Guarded, desk: Desk) -> None:
    desk.shows["tickets"] = [{"id": "47\x0011", "url": None, "summary": "Printer"}]
    with pytest.raises(ProviderError):
        await guarded.search(TicketQuery("Printer"))


async def test_an_odd_id_beside_a_ticket_is_left_out(guarded: Guarded, desk: Desk) -> None:
    desk.shows["tickets"] = [{"id": "17", "url": None, "summary": ODD, "client": ODD, "client_id": ODD}]
    ticket = await guarded.read_ticket("17")
    assert (ticket.summary, ticket.client, ticket.client_id) == ("abc", "abc", None)
