"""A picture or another file that a node shows, as the tree names it. Pure."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.flows.plain import PLAIN

MOST_OF_A_NODE = 10


class NodeFile(BaseModel):
    """A file of a node. `id` is that of an upload; all else is filled in from it when a draft is saved.

    A text has its name instead. One without an id is not there, so its node cannot be published.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: uuid.UUID | None = None
    name: Annotated[str, Field(max_length=200), PLAIN] = ""
    type: str = ""
    bytes: int = 0
    width: int | None = None
    height: int | None = None


NodeFiles = Annotated[tuple[NodeFile, ...], Field(max_length=MOST_OF_A_NODE)]


def missing(which: str, files: tuple[NodeFile, ...]) -> list[str]:
    """Why a node with these files cannot be published. `which` names it."""
    return [
        f"The file “{file.name or file.id}” of {which} is not there. Add it again, or remove it."
        for file in files
        if not file.type
    ]
