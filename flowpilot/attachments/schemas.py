"""What the routes of files take and give, and how a step or a handoff names its files."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self

from fastapi import UploadFile
from pydantic import BaseModel, Field

from flowpilot.attachments.models import Attachment
from flowpilot.attachments.preparing import MOST_OF_A_STEP
from flowpilot.http.fields import Body

PATH = "/api/v1/attachments"
ERASED_NAME = "removed file"
ERASED_TYPE = "application/x-removed"
# How a step names a file that was removed for good.
ERASED: dict[str, Any] = {"name": ERASED_NAME, "type": ERASED_TYPE, "bytes": 0}

AttachmentIds = Annotated[
    list[uuid.UUID],
    Field(
        max_length=MOST_OF_A_STEP,
        description=f"Files that were uploaded to {PATH} by the caller and belong to nothing yet, at most "
        f"{MOST_OF_A_STEP}.",
    ),
]


class UploadIn(Body):
    """A file. Pictures are drawn again, without what a camera or a program wrote beside the pixels."""

    file: UploadFile = Field(description="At most FLOWPILOT_ATTACHMENT_MEGABYTES. Its type is judged by content.")
    goes_to_ticket: bool = Field(
        default=True, description="Whether it is posted to the session's ticket, with the note."
    )


class ForTicketIn(Body):
    """Whether a file is posted to the session's ticket."""

    goes_to_ticket: bool


class UploadSaid(BaseModel):
    """What tells one upload from another."""

    sha256: str
    name: str
    goes_to_ticket: bool


class AttachmentRef(BaseModel):
    """A file as the content of a step names it, so that a session is shown without another look."""

    id: uuid.UUID
    name: str
    type: str
    bytes: int
    width: int | None = None
    height: int | None = None


class AttachmentOut(AttachmentRef):
    """A file. `thumbnail_url` is null if it is not a picture; `url` is the file itself."""

    url: str
    thumbnail_url: str | None

    @classmethod
    def of(cls, ref: AttachmentRef) -> Self:
        """The file with its addresses."""
        url = f"{PATH}/{ref.id}"
        return cls(**ref.model_dump(), url=url, thumbnail_url=f"{url}/thumbnail" if ref.width else None)


def ref_of(attachment: Attachment) -> AttachmentRef:
    """How a step names this file."""
    return AttachmentRef(
        id=attachment.id,
        name=attachment.name,
        type=attachment.media_type,
        bytes=attachment.byte_count,
        width=attachment.width,
        height=attachment.height,
    )


def named(refs: Iterable[AttachmentRef]) -> dict[str, Any]:
    """The part of a step's or a handoff's content that names its files; empty without any."""
    files = [ref.model_dump(mode="json", exclude_none=True) for ref in refs]
    return {"attachments": files} if files else {}


def attachments_in(content: Mapping[str, Any]) -> list[AttachmentOut]:
    """The files that a content names. A log's own column of this name names none."""
    found = content.get("attachments")
    if not isinstance(found, list):
        return []
    return [AttachmentOut.of(AttachmentRef.model_validate(one)) for one in found]


def names_in(content: Mapping[str, Any]) -> str:
    """The names of the files that a content names: `error.png, system.log`; empty without any."""
    return ", ".join(one.name for one in attachments_in(content))


def without_names(content: dict[str, Any]) -> dict[str, Any]:
    """A content whose files were erased: that there were files stays, and what they were called does not."""
    files = [{"id": str(one.id), **ERASED} for one in attachments_in(content)]
    return {**content, "attachments": files} if files else content
