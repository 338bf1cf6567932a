"""Files in ConnectWise PSA: who sees them, and what becomes of those that it does not take."""

import pytest

from flowpilot.psa.provider import Accepted, PostingStepKind, Refused
from flowpilot.psa.providers.connectwise import ConnectWise
from flowpilot.psa.providers.connectwise.failures import Right
from tests.psa.providers.connectwise.place import Place
from tests.psa.providers.files import screenshot
from tests.psa.servers.connectwise.desk import Desk

pytestmark = pytest.mark.anyio


async def test_a_file_that_is_stored_for_the_client_is_said(
    provider: ConnectWise, desk: Desk, ticket: str
) -> None:
    desk.shows_notes = True
    refused = await provider.write(ticket, screenshot())
    (stored,) = desk.documents
    assert isinstance(refused, Refused)
    assert refused.wrong_id == str(stored["id"])
    assert refused.reason.endswith("so that the client can see it. Correct it there.")


async def test_a_file_that_is_too_large_is_refused(provider: ConnectWise, desk: Desk, ticket: str) -> None:
    desk.most_of_a_file = 10
    refused = await provider.write(ticket, screenshot())
    said = "ConnectWise PSA takes no files of this size. Attach it there by hand, or give it up."
    assert (refused, desk.documents) == (Refused(said), [])


async def test_a_missing_right_is_named(provider: ConnectWise, desk: Desk, ticket: str) -> None:
    desk.denied.add("POST /system/documents")
    refused = await provider.write(ticket, screenshot())
    assert isinstance(refused, Refused)
    assert Right.FILES in refused.reason


async def test_a_file_is_found_on_the_ticket_that_was_merged_since(
    provider: ConnectWise, place: Place, ticket: str
) -> None:
    record, other = screenshot(), place.new_ticket()
    written = await provider.write(ticket, record)
    place.merge(ticket, other)
    assert isinstance(written, Accepted)
    assert await provider.find_record(other, record.marker, PostingStepKind.FILE) == written.external_id
