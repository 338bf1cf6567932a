"""A session as people work in it, told at random: each kind of thing that a person can write, and take back."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import strategies as st

from flowpilot.flows.tree import Tree
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.noted import handed_over
from flowpilot.sessions import decisions
from flowpilot.sessions.decisions import NewStep
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import AISession, AISessionStep, StatusChange
from flowpilot.sessions.notes.beside import Beside, Dismissed, QuestionAndAnswer
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.transitions import Action

BEGAN = datetime(2026, 6, 15, 8, tzinfo=UTC)
KIM = uuid.UUID(int=1)


@dataclass
class Tale:
    """A session as it goes, and what a reader of its note expects: kept by hand, without the product's rules.

    `texts`: what was written, as it should read, by its step or a name; None once it was taken back.
    `waits`: what each fix waited for. `paths`: the nodes behind, for each flow that was chosen, with the steps
    that led on from them. `marks`: what is filled in and waived in each of these flows, by its step.
    `undone`: what those said that were undone or done again, which may stand again.
    """

    tree: Tree
    loaded: LoadedSession
    texts: dict[object, str | None] = field(default_factory=dict)
    waits: dict[uuid.UUID, str] = field(default_factory=dict)
    paths: list[list[tuple[str, uuid.UUID]]] = field(default_factory=lambda: [[]])
    marks: list[dict[str, uuid.UUID]] = field(default_factory=lambda: [{}])
    undone: dict[uuid.UUID, str | None] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    chosen: list[uuid.UUID] = field(default_factory=list)
    changes: list[StatusChange] = field(default_factory=list)
    asked: list[QuestionAndAnswer] = field(default_factory=list)
    handoffs: list[SessionHandoff] = field(default_factory=list)
    dismissed: list[Dismissed] = field(default_factory=list)
    at: datetime = BEGAN
    written: int = 0

    @property
    def session(self) -> AISession:
        """The session."""
        return self.loaded.session

    @property
    def expected(self) -> set[str]:
        """What should stand in the note: a fix that stands or waits says what for."""
        waits = {text for fix, text in self.waits.items() if self.texts[fix] or text == self.session.waiting_for}
        return waits | {text for text in self.texts.values() if text is not None}

    def history(self) -> SessionHistory:
        """All that its note is made of."""
        beside = Beside(self.asked, [handed_over(one) for one in self.handoffs], self.dismissed)
        loaded = self.loaded
        flow = ("A flow", 1, self.tree)
        return SessionHistory(self.session, loaded.steps, self.changes, *flow, {KIM: "Kim"}, beside=beside)

    def write(self, key: object) -> str:
        """Words that nobody has written before."""
        self.written += 1
        self.texts[key] = f"Word{self.written}x"
        return f"Word{self.written}x"

    def keep(self, new: NewStep) -> AISessionStep:
        """Write the step."""
        return decisions.take_step(self.session, self.loaded.steps, new, step_id=uuid.uuid4(), by=KIM, at=self.at)

    def change(self, action: Action, reason: str = "") -> None:
        """Change the status."""
        before = decisions.change_status(self.session, action, self.at)
        record = decisions.status_change(
            self.session, before, change_id=uuid.uuid4(), by=KIM, at=self.at, reason=reason
        )
        self.changes.append(record)


Act = Callable[[Tale, st.DataObject], None]
