"""Files of tickets, as Autotask's attachments. An attachment's title ends with its marker."""

import base64
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flowpilot.clock import now
from flowpilot.outgoing.http import Answer
from flowpilot.psa.provider import Audience, Outcome, Record, Refused, TicketFile, TryLater
from flowpilot.psa.providers.autotask.forms import Settings
from flowpilot.psa.providers.autotask.requests import Requests, Row, equal, said

ENTITY = "TicketAttachments"

# Autotask's interface takes 6 to 7 MB in one file. After 10 MB within five minutes, it takes none for as long.
MOST_BYTES = 6_000_000
_REST = timedelta(minutes=5)
_TOO_MUCH = re.compile(r"(five|5)[- ]minute|10,?000,?000", re.IGNORECASE)
_TITLE_CHARS = 200


def too_large(file: TicketFile) -> Refused | None:
    """Why Autotask would not take a file, before it is sent."""
    if len(file.content) <= MOST_BYTES:
        return None
    return Refused(
        f"Autotask's interface takes files of up to {MOST_BYTES // 1_000_000} MB. Attach it there by hand, or "
        "give it up."
    )


def attachment(record: Record, file: TicketFile, settings: Settings) -> Row:
    """The body of a new attachment. Who may read it is always said."""
    is_internal = record.audience is Audience.INTERNAL
    return {
        "title": f"{(record.text or file.name)[:_TITLE_CHARS]} {record.marker}",
        "fullPath": file.name,
        "attachmentType": "FILE_ATTACHMENT",
        "contentType": file.media_type,
        "publish": settings.internal_publish if is_internal else settings.client_publish,
        "data": base64.b64encode(file.content).decode(),
    }


def rest_for_files(answer: Answer) -> Outcome | None:
    """If all integrations together have sent too much in files: when Autotask takes some again."""
    if answer.is_success or not _TOO_MUCH.search(said(answer)):
        return None
    return TryLater(f"Autotask takes no files for five minutes. {said(answer)}", now() + _REST)


async def find(requests: Requests, ticket_id: int, marker: str) -> Any | None:
    """The attachment of a ticket with this marker."""
    rows: Sequence[Row] = await requests.query(ENTITY, equal("parentID", ticket_id))
    return next((row for row in rows if marker in (row.get("title") or "").split()), None)
