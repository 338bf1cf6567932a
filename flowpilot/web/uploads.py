"""Files in a form of a browser without scripts. With scripts, each is uploaded before the form is sent."""

from typing import Annotated

from fastapi import Depends, Request, UploadFile
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile as SentFile

from flowpilot.attachments.api import count_uploads
from flowpilot.attachments.kinds import AttachmentRefusedError
from flowpilot.attachments.preparing import MOST_OF_A_STEP, PreparedFile, prepare
from flowpilot.attachments.schemas import AttachmentIds
from flowpilot.attachments.service import NewFiles
from flowpilot.clock import Now
from flowpilot.http.body_limits import takes_files
from flowpilot.identity.actor import Permission, require
from flowpilot.identity.auth import Claim
from flowpilot.identity.detached import authenticate_detached

FIELD = "files"


class FilesForm(BaseModel):
    """The fields of a form that takes files. `files` is read by `sent_files`, before the form is."""

    attachments: AttachmentIds = Field(default_factory=list)
    files: list[UploadFile] = Field(default_factory=list, exclude=True)
    not_for_ticket: bool = Field(default=False, exclude=True)

    def new_files(self, sent: list[PreparedFile]) -> NewFiles:
        """What is to be attached.

        Raises:
            AttachmentRefusedError: it is too much for one step.
        """
        if len(self.attachments) + len(sent) > MOST_OF_A_STEP:
            raise AttachmentRefusedError(
                f"One step takes {MOST_OF_A_STEP} files. Send the others with a note.", FIELD
            )
        return NewFiles(self.attachments, sent, goes_to_ticket=not self.not_for_ticket)


async def sent_files(
    request: Request, claimed: Claim, now: Now, _: Annotated[None, Depends(takes_files)]
) -> list[PreparedFile]:
    """The files in the form, as they are kept. Pictures are drawn again before the route holds a connection.

    Raises:
        AttachmentRefusedError: one cannot be taken, and why.
    """
    form = await request.form()
    chosen = [one for one in form.getlist(FIELD) if isinstance(one, SentFile) and one.filename]
    if not chosen:
        return []
    actor = await authenticate_detached(request, claimed, now)
    require(actor, Permission.WORK)
    if len(chosen) > MOST_OF_A_STEP:
        raise AttachmentRefusedError(f"One step takes {MOST_OF_A_STEP} files. Send the others with a note.", FIELD)
    await count_uploads(request, actor, len(chosen))
    return [await prepare(request.app.state.settings, one, field=FIELD) for one in chosen]


# First in a route's signature: what comes after it holds a connection.
SentFiles = Annotated[list[PreparedFile], Depends(sent_files)]
