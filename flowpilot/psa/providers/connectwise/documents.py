"""Files of tickets. ConnectWise keeps them as documents; a document's title ends with its marker."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flowpilot.outgoing.http import Answer
from flowpilot.psa.client import content
from flowpilot.psa.provider import Accepted, Audience, Outcome, ProviderError, Record, Refused, TicketFile, Unknown
from flowpilot.psa.providers.connectwise.failures import NotThereError, Right, outcome
from flowpilot.psa.providers.connectwise.reading import Json
from flowpilot.psa.providers.connectwise.rest import Rest
from flowpilot.psa.providers.connectwise.writing import has_marker

_PATH = "/system/documents"
_KIND = "Ticket"
_TITLE_CHARS = 200


async def attach(rest: Rest, ticket: Json, record: Record, file: TicketFile) -> Outcome:
    """Attach a file for the readers of its record, and read back that it is so."""
    is_internal = record.audience is Audience.INTERNAL
    fields = {
        "recordType": _KIND,
        "recordId": str(ticket["id"]),
        "title": f"{(record.text or file.name)[:_TITLE_CHARS]} {record.marker}",
        "privateFlag": "true" if is_internal else "false",
        "readOnlyFlag": "false",
    }
    answer = await rest.upload(_PATH, fields, file)
    if isinstance(answer, Answer) and answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Refused("ConnectWise PSA takes no files of this size. Attach it there by hand, or give it up.")
    written = outcome(answer, Right.FILES)
    return await _read_back(rest, written, is_internal=is_internal) if isinstance(written, Accepted) else written


async def find(rest: Rest, tickets: Sequence[Json], marker: str) -> list[Any]:
    """The documents of tickets with this marker."""
    found: list[Any] = []
    for ticket in tickets:
        wanted = {"recordType": _KIND, "recordId": ticket["id"]}
        documents = await rest.read_all(_PATH, Right.FILES, wanted)
        found += [one for one in documents if has_marker(one.get("title"), marker)]
    return found


async def _read_back(rest: Rest, written: Accepted, *, is_internal: bool) -> Outcome:
    try:
        stored = content(await rest.read(f"{_PATH}/{written.external_id}", Right.FILES))
    except NotThereError:
        return Unknown("ConnectWise PSA accepted the file, but does not have it.")
    except ProviderError:
        return written
    if stored.get("publicFlag") is is_internal:
        seen = "can" if is_internal else "cannot"
        return Refused(
            f"ConnectWise PSA stored document {written.external_id} so that the client {seen} see it. "
            "Correct it there.",
            wrong_id=written.external_id,
        )
    return written
