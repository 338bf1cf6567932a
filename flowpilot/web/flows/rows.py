"""Rows of the editor's forms, and the fields and sections of a node that they make. Pure."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple


class FieldRow(NamedTuple):
    """A field, as the form has it. Its choices are one a line."""

    name: str
    label: str
    kind: str
    required: str
    choices: str
    help: str


class ItemRow(NamedTuple):
    """An item, as the form has it, with the number of its section."""

    section: int
    id: str
    text: str
    required: str
    help: str


def fields_of(rows: Sequence[FieldRow]) -> list[dict[str, Any]]:
    """The fields, without rows that have no label. A new one gets a name from its label."""
    taken = {row.name for row in rows if row.name}
    fields = []
    for row in rows:
        if not row.label:
            continue
        name = row.name or _free(row.label, taken, "field", "_")
        taken.add(name)
        fields.append(
            {
                "name": name,
                "label": row.label,
                "kind": row.kind,
                "required": row.required == "yes",
                "choices": [line.strip() for line in row.choices.splitlines() if line.strip()],
                "help": row.help,
            }
        )
    return fields


def sections_of(titles: Sequence[str], rows: Sequence[ItemRow]) -> list[dict[str, Any]]:
    """The sections with their items, without rows that have no text, and sections that have nothing."""
    taken = {row.id for row in rows if row.id}
    sections: list[dict[str, Any]] = [{"title": title, "items": []} for title in titles]
    for row in rows:
        if not row.text or row.section >= len(sections):
            continue
        item_id = row.id or _free(row.text, taken, "item", "-")
        taken.add(item_id)
        item = {"id": item_id, "text": row.text, "required": row.required == "yes", "help": row.help}
        sections[row.section]["items"].append(item)
    kept = [section for section in sections if section["title"] or section["items"]]
    return [section | {"title": section["title"] or "To do"} for section in kept]


def _free(text: str, taken: Collection[str], otherwise: str, between: str) -> str:
    """A name made from a text, which nothing else has."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    stem = (
        re.sub(r"[^a-z0-9]+", between, ascii_text).lstrip("0123456789" + between)[:30].strip(between) or otherwise
    )
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}{between}{number}"
    return name
