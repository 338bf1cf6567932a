"""What a person sees of an uploaded file before it is imported. No connection is held while the file is read."""

import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from pydantic import ValidationError

from flowpilot.clock import Now, zone
from flowpilot.errors import InvalidError
from flowpilot.identity.access import CanManageAccountDetached
from flowpilot.identity.actor import Actor
from flowpilot.imports.choosing.bases import SuggestedDraft, begin
from flowpilot.imports.choosing.choices import ClashError, choose, finished
from flowpilot.imports.guess.mapping import Draft
from flowpilot.imports.guess.systems import Earlier
from flowpilot.imports.mapping.loading import shipped_systems
from flowpilot.imports.mapping.sections import MappingError
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import Preview
from flowpilot.imports.queries import connected_system, earlier_systems
from flowpilot.imports.reading.limits import PreviewLimit
from flowpilot.imports.saved.service import saved_mappings
from flowpilot.imports.unusable import UnusableRowsError
from flowpilot.imports.uploads.api import count_look
from flowpilot.imports.uploads.looking import Previewer, with_file
from flowpilot.imports.uploads.models import ImportUpload
from flowpilot.imports.uploads.policy import may_start
from flowpilot.imports.uploads.queries import read_upload
from flowpilot.web.imports.forms import ChoicesForm, kept_form, sent_form

# Then no column can be chosen for one, and nothing on the page would help.
_NO_TIMES = (
    "No column has times that can be read. Export them like 2026-01-31 14:30, or import the file on the command"
    " line with a mapping that says their format."
)


@dataclass(frozen=True, slots=True)
class UploadPreview:
    """An upload as the page shows it. Without a `suggested` draft its columns cannot be read, or need not be.

    `trouble` is what is wrong, in a sentence; `sheets` are those of a spreadsheet and `lists` those of a
    document, if one has to be chosen. `unusable` are rows because of which the file is refused. `clashing`
    columns are what only one of them can be. `systems` are names to choose from. `preview` is what an import would
    bring, if nothing is wrong.
    """

    upload: ImportUpload
    form: ChoicesForm
    saved: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    suggested: SuggestedDraft | None = None
    draft: Draft | None = None
    mapping: Mapping | None = None
    preview: Preview | None = None
    trouble: str = ""
    clashing: frozenset[str] = frozenset()
    unusable: UnusableRowsError | None = None
    sheets: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    def ready(self) -> Mapping:
        """The mapping, if the file can be imported with it.

        Raises:
            MappingError: it cannot, and why.
        """
        if self.mapping is None or self.preview is None:
            raise MappingError(self.trouble or "This file cannot be read.")
        return self.mapping


async def look_first(
    request: Request, upload_id: uuid.UUID, actor: CanManageAccountDetached, now: Now
) -> UploadPreview:
    """The file as it was left, or as it was suggested, unless it is being imported."""
    async with request.app.state.database.read(actor.account_id) as db:
        upload = await read_upload(db, actor.account_id, upload_id)
    if not may_start(upload.state):
        return UploadPreview(upload, ChoicesForm())
    return await _look(request, actor, upload_id, kept_form(upload.choices), now)


async def look_again(
    request: Request, upload_id: uuid.UUID, actor: CanManageAccountDetached, now: Now
) -> UploadPreview:
    """The file with what the form says."""
    try:
        form = await sent_form(request)
    except ValidationError as error:
        raise InvalidError("The form is not one of this page. Open the page again.") from error
    return await _look(request, actor, upload_id, form, now)


FirstPreview = Annotated[UploadPreview, Depends(look_first)]
ChosenPreview = Annotated[UploadPreview, Depends(look_again)]


async def _look(
    request: Request, actor: Actor, upload_id: uuid.UUID, form: ChoicesForm, now: Now
) -> UploadPreview:
    await count_look(request, actor)
    database = request.app.state.database
    async with database.read(actor.account_id) as db:
        saved = {one.name: one.content for one in await saved_mappings(db, actor.account_id)}
        earlier = await earlier_systems(db, actor.account_id)
        connected = await connected_system(db, actor.account_id)
    previewer = Previewer(database.url, actor.account_id, now)
    looking = _PreviewReader(previewer, form, saved, actor.timezone, earlier, connected)
    upload, seen = await with_file(database, actor.account_id, upload_id, looking.look)
    return replace(seen, upload=upload)


@dataclass(frozen=True, slots=True)
class _PreviewReader:
    previewer: Previewer
    form: ChoicesForm
    saved: dict[str, Draft]
    zone: str
    earlier: Earlier
    connected: str | None

    def look(self, file: Path, limit: PreviewLimit) -> UploadPreview:
        """Read the file as the form says. What is wrong becomes part of the page."""
        known = [*(system for _, system in self.earlier), *filter(None, [self.connected]), *shipped_systems()]
        systems = tuple(dict.fromkeys(known))
        seen = UploadPreview(ImportUpload(), self.form, tuple(self.saved), systems)
        try:
            found = begin(file, self.form.asked(self.zone, self.earlier, self.connected), self.saved, limit=limit)
        except InvalidError as error:
            sheets, lists = (tuple(error.extra.get(name, ())) for name in ("sheets", "lists"))
            return replace(seen, trouble=error.detail, sheets=sheets, lists=lists)
        seen = replace(seen, suggested=found, draft=found.draft)
        try:
            draft = choose(found.draft, found.sample, self.form.choices(found))
            seen = replace(seen, draft=draft)
            if self.form.unknown_zone:
                zone(self.form.unknown_zone)
            mapping = finished(draft).leaving_out(unusable=self.form.leave_out)
            seen = replace(seen, mapping=mapping)
            return replace(seen, preview=self.previewer.preview(file, limit, mapping))
        except ClashError as error:
            return replace(seen, draft=error.draft, trouble=error.detail, clashing=error.columns)
        except InvalidError as error:
            unusable = error if isinstance(error, UnusableRowsError) else None
            trouble = error.detail.removesuffix(" Nothing was imported.")
            if seen.mapping is None and not any(column.patterns for column in found.sample.columns):
                trouble += f" {_NO_TIMES}"
            return replace(seen, trouble=trouble, unusable=unusable)
