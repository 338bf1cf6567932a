"""What is removed from a session, and by whom."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from flowpilot.sessions.models import AISessionStep
from flowpilot.sessions.removal.words import Words

_NO_WORDS = Words((), is_whole=False)


@dataclass(frozen=True, slots=True)
class Removal:
    """The words of a session to remove, and its files.

    `steps`: the step whose words are all removed, and its corrections; empty if a phrase or a file is removed.
    `note_lines`: the lines that such a step has in notes. `is_preview`: the copies are only found.
    `only_of`: whose texts may be changed; None if everybody's.
    `telling`: where these are still, it is said: the phrase, or words that are not everyday language.
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

    @property
    def is_whole(self) -> bool:
        """Whether all is removed that was written in a step."""
        return bool(self.steps)

    @property
    def step_ids(self) -> frozenset[uuid.UUID]:
        """The ids of the steps."""
        return frozenset(step.id for step in self.steps)
