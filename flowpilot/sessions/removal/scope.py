"""What is removed from a session, by whom, and what was found to keep it as tables were gone through."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flowpilot.sessions.models import AISessionStep
from flowpilot.sessions.removal.words import Words

# A column of a row: the class of the row, its id, and the column's name.
Cell = tuple[str, uuid.UUID, str]

_NO_WORDS = Words((), is_whole=False)


@dataclass(frozen=True, slots=True)
class Removal:
    """The words of a session to remove, and its files.

    `steps`: the step whose words are all removed, and its corrections; empty if a phrase or a file is removed.
    `note_lines`: the lines that such a step has in notes. `is_preview`: the copies are only found.
    `only_of`: whose texts may be changed; None if everybody's.
    `telling`: where these are still, it is said: the phrase, or words that are not everyday language.
    `kept`: what still has the telling words, as far as it has been looked through. What is gone through twice is
    kept if it had them the last time.
    """

    account_id: uuid.UUID
    session_id: uuid.UUID
    words: Words
    by: uuid.UUID
    at: datetime
    is_preview: bool
    steps: Sequence[AISessionStep] = ()
    files: Collection[uuid.UUID] = ()
    note_lines: Collection[str] = ()
    only_of: uuid.UUID | None = None
    telling: Words = _NO_WORDS
    kept: set[Cell] = field(default_factory=set)

    @property
    def is_whole(self) -> bool:
        """Whether all is removed that was written in a step."""
        return bool(self.steps)

    @property
    def step_ids(self) -> frozenset[uuid.UUID]:
        """The ids of the steps."""
        return frozenset(step.id for step in self.steps)

    def note_kept(self, cell: Cell, value: object, at: str | None = None) -> None:
        """Note what is in a cell once it is looked through, for what is said of the words that stay."""
        if self.telling.are_in(value, at):
            self.kept.add(cell)
        else:
            self.kept.discard(cell)
