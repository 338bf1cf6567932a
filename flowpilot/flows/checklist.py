"""What a checklist asks to be done: items in sections, pure."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.flows.plain import Help, LongText, NodeId, ShortText, folded
from flowpilot.text import tidy

# Of an item's text in a message.
_MOST_CHARACTERS = 60


class Item(BaseModel):
    """One thing to do and tick off. A checklist cannot be left while a required one is open."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: NodeId
    text: LongText
    help: Help = ""
    required: bool = False


class Section(BaseModel):
    """A part of a checklist under its own title."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: ShortText
    items: Annotated[tuple[Item, ...], Field(max_length=60)] = ()


def checklist_problems(which: str, sections: Sequence[Section]) -> Iterator[str]:
    """Why a checklist cannot be published. `which` names it."""
    if not any(section.items for section in sections):
        yield f"{which} has no items. Add what is to be done."
    titles: set[str] = set()
    texts: dict[str, str] = {}
    for section in sections:
        if folded(section.title) in titles:
            yield f'{which} has the section "{section.title}" twice. Give each section its own title.'
        titles.add(folded(section.title))
        if not section.items and len(sections) > 1:
            yield f'The section "{section.title}" of {_lower(which)} is empty. Add its items, or remove it.'
        for item in section.items:
            if item.id in texts:
                both = f'"{tidy(texts[item.id], _MOST_CHARACTERS)}" and "{tidy(item.text, _MOST_CHARACTERS)}"'
                yield f"{which} has the same id for the items {both}. Give each item its own id."
            texts[item.id] = item.text


def _lower(which: str) -> str:
    return which[0].lower() + which[1:]
