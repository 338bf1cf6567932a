"""A node's files as pages and routes show them."""

from collections.abc import Iterable

from flowpilot.attachments.schemas import AttachmentOut, AttachmentRef
from flowpilot.flows.files.node import NodeFile


def shown_files(files: Iterable[NodeFile]) -> list[AttachmentOut]:
    """The files that are there, with their addresses."""
    return [
        AttachmentOut.of(AttachmentRef.model_validate(file.model_dump()))
        for file in files
        if file.id is not None and file.type
    ]
