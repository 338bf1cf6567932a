"""What the routes say of a problem's text."""

from pydantic import BaseModel, ConfigDict

from flowpilot.sessions.problem.parts import PartKind, parts_of


class PartOut(BaseModel):
    """A piece of a text, as it was written, and what it is."""

    model_config = ConfigDict(from_attributes=True)

    kind: PartKind
    text: str


def parts_out(text: str) -> list[PartOut]:
    """The parts of a text, in its order."""
    return [PartOut.model_validate(part) for part in parts_of(text)]
