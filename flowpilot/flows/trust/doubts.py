"""Why a flow has lost trust: its reasons as data, and the sentence for each."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, TypeAdapter, computed_field


class DoubtKind(StrEnum):
    """A reason to doubt that a flow is still right."""

    EXPIRED = "expired"
    SUCCESS_DOWN = "success_down"
    FREE_TEXT_UP = "free_text_up"
    ESCALATIONS_UP = "escalations_up"


class Share(BaseModel):
    """A share of sessions in percent, with its 95 % interval."""

    part: int
    n: int
    percent: float
    ci95: tuple[float, float]


class Doubt(BaseModel):
    """One reason, since when it is known, and the figures that it was found by.

    `verified_until` is of a flow that nobody has confirmed in time; `before` and `after` are of the others. `node`
    is where the sessions were handed over.
    """

    kind: DoubtKind
    since: datetime
    verified_until: date | None = None
    before: Share | None = None
    after: Share | None = None
    node: str | None = None
    node_text: str | None = None

    @computed_field(description="The reason in a sentence.")  # type: ignore[prop-decorator]
    @property
    def text(self) -> str:
        """The reason in a sentence."""
        figures = f"{_share(self.after)}, before that {_share(self.before)}."
        match self.kind:
            case DoubtKind.EXPIRED:
                until = "a day" if self.verified_until is None else f"{self.verified_until:%-d %b %Y}"
                return f"It was verified until {until}, and nobody has confirmed it since."
            case DoubtKind.SUCCESS_DOWN:
                return f"It solves less than before without a handoff: {figures}"
            case DoubtKind.FREE_TEXT_UP:
                return f"More often than before, engineers write free text instead of choosing: {figures}"
            case DoubtKind.ESCALATIONS_UP:
                return f"More sessions than before are handed over at “{self.node_text or self.node}”: {figures}"

    @property
    def brief(self) -> str:
        """The reason in a few words, for a list."""
        return _BRIEF[self.kind]


_BRIEF = {
    DoubtKind.EXPIRED: "nobody has confirmed it in time",
    DoubtKind.SUCCESS_DOWN: "it solves less than before",
    DoubtKind.FREE_TEXT_UP: "engineers leave it for free text",
    DoubtKind.ESCALATIONS_UP: "one of its steps ends in handoffs",
}

_DOUBTS = TypeAdapter(list[Doubt])


def read_doubts(column: Sequence[Any]) -> list[Doubt]:
    """The reasons in the column of a flow."""
    return _DOUBTS.validate_python(column)


def to_column(doubts: Sequence[Doubt]) -> list[dict[str, Any]]:
    """The reasons as the column of a flow holds them."""
    return [doubt.model_dump(mode="json", exclude={"text"}, exclude_none=True) for doubt in doubts]


def in_brief(doubts: Sequence[Doubt]) -> str:
    """All reasons in a few words each."""
    return ", ".join(doubt.brief for doubt in doubts)


def _share(share: Share | None) -> str:
    if share is None:
        return "unknown"
    sessions = "session" if share.n == 1 else "sessions"
    low, high = share.ci95
    return f"{share.part} of {share.n} {sessions} ({share.percent:.0f} %, {low:.0f} to {high:.0f})"
