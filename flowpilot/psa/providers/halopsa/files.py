"""Files of tickets. HaloPSA keeps a note beside each, which ends with the marker."""

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flowpilot.outgoing.http import Answer
from flowpilot.psa.provider import Accepted, Audience, Outcome, ProviderError, Record, Refused, TicketFile, Unknown
from flowpilot.psa.providers.halopsa.requests import Requests, not_written

_PATH = "/Attachment"
_NOTE_CHARS = 200


async def attach(requests: Requests, ticket_id: str, record: Record, file: TicketFile) -> Outcome:
    """Attach a file for the readers of its record, and read back that it is so."""
    is_internal = record.audience is Audience.INTERNAL
    said = {
        # Both are fields of an attachment, and clients of this interface use one or the other.
        "ticket_id": int(ticket_id),
        "faultid": int(ticket_id),
        "filename": file.name,
        "note": f"{(record.text or '')[:_NOTE_CHARS]} {record.marker}",
        "showforusers": not is_internal,
    }
    answer = await requests.write(_PATH, [{**said, "data_base64": base64.b64encode(file.content).decode()}])
    if not isinstance(answer, Answer):
        return answer
    if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Refused("HaloPSA takes no files of this size. Attach it there by hand, or give it up.")
    if not answer.is_success:
        return not_written(answer, said)
    try:
        stored = await find(requests, ticket_id, record.marker)
    except ProviderError as error:
        return Unknown(f"The file was sent, and could not be read back. {error.detail}")
    return _judged(stored, is_internal=is_internal)


async def find(requests: Requests, ticket_id: str, marker: str) -> Mapping[str, Any] | None:
    """The file of a ticket with this marker."""
    rows = await requests.read_all(_PATH, "attachments", ticket_id=ticket_id)
    return next((row for row in rows if marker in (row.get("note") or "").split()), None)


def _judged(stored: Mapping[str, Any] | None, *, is_internal: bool) -> Outcome:
    if stored is None:
        return Refused("HaloPSA answered that all is well, and did not attach the file. Look at the ticket there.")
    number = str(stored["id"])
    if stored.get("showforusers") is is_internal:
        seen = "can" if is_internal else "cannot"
        said = f"HaloPSA stored the file {number} so that the client {seen} see it. Correct that there, at once."
        return Refused(said, wrong_id=number)
    return Accepted(number)
