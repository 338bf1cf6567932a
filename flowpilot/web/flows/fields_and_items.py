"""The editor's forms for what a node asks: fields to fill in, and a checklist's items."""

import uuid
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Response
from pydantic import Field

from flowpilot.clock import Now
from flowpilot.flows.plain import PLAIN
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.auth import WriteSession
from flowpilot.web.flows import draft_tree
from flowpilot.web.flows.editor import save_edit
from flowpilot.web.flows.manage import EditionForm
from flowpilot.web.flows.rows import FieldRow, ItemRow, fields_of, sections_of

router = APIRouter(prefix="/flows/{flow_id}/edit", include_in_schema=False)

Texts = Annotated[list[Annotated[str, PLAIN]], Field(default_factory=list)]


class FieldsForm(EditionForm):
    """All fields of a node, a row each. Rows without a label are left out.

    `choices` are one a line. `up` and `down`: the number of the row to move.
    """

    node: str
    name: Texts
    label: Texts
    kind: Texts
    required: Texts
    choices: Texts
    help: Texts
    up: int | None = None
    down: int | None = None

    @property
    def rows(self) -> list[FieldRow]:
        """The rows."""
        columns = (self.name, self.label, self.kind, self.required, self.choices, self.help)
        return [FieldRow(*row) for row in zip(*columns, strict=False)]


class SectionsForm(EditionForm):
    """All items of a checklist, a row each, with the number of its section. Rows without a text are left out."""

    node: str
    title: Texts
    section: list[int] = Field(default_factory=list)
    item: Texts
    text: Texts
    required: Texts
    help: Texts
    up: int | None = None
    down: int | None = None

    @property
    def rows(self) -> list[ItemRow]:
        """The rows."""
        columns = (self.section, self.item, self.text, self.required, self.help)
        return [ItemRow(*row) for row in zip(*columns, strict=False)]


@router.post("/fields")
async def save_fields(
    flow_id: uuid.UUID, body: Annotated[FieldsForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Save what a node asks to be filled in."""
    fields = fields_of(draft_tree.moved(body.rows, body.up, body.down))
    edit = partial(draft_tree.write_parts, node_id=body.node, parts={"fields": fields})
    return await save_edit(flow_id, body, edit, actor, db, now)


@router.post("/sections")
async def save_sections(
    flow_id: uuid.UUID, body: Annotated[SectionsForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Save the sections and items of a checklist."""
    sections = sections_of(body.title, draft_tree.moved(body.rows, body.up, body.down))
    edit = partial(draft_tree.write_parts, node_id=body.node, parts={"sections": sections})
    return await save_edit(flow_id, body, edit, actor, db, now)
