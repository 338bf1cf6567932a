"""What a session's fixes and its end say of what solved it."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from flowpilot.flows.checking.checker import problems
from flowpilot.flows.tree import NodeKind
from flowpilot.knowledge.drafting.cases import Case, case_of, taken_in
from flowpilot.knowledge.drafting.draft import DID_NOT_HELP, SOLVED
from flowpilot.knowledge.drafting.merge import merge
from flowpilot.knowledge.needs import shows_something
from flowpilot.sessions.models import AISession, AISessionStep, SessionStatus, StatusChange, StepKind
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.similar.words import Worth
from tests.company import at
from tests.knowledge.drafting.cases import labels, words

START = at("2026-06-15 08:00")
BESIDE = words("called again happy customer")


class Tale:
    """A session as it is told, a minute a step."""

    def __init__(self) -> None:
        self.session = AISession(id=uuid.UUID(int=1), status=SessionStatus.ACTIVE, problem_summary="Grey pages")
        self.steps: list[AISessionStep] = []
        self.changes: list[StatusChange] = []
        self.moment = START

    def step(self, kind: StepKind, **content: Any) -> AISessionStep:
        self.moment += timedelta(minutes=1)
        position = len(self.steps) + 1
        step = AISessionStep(
            id=uuid.UUID(int=position), position=position, kind=kind, content=content, created_at=self.moment
        )
        self.steps.append(step)
        return step

    def note(self, text: str) -> None:
        self.step(StepKind.NOTE, text=text)

    def apply(self, fix: str) -> AISessionStep:
        """Applied, and waiting for it to prove itself."""
        step = self.step(StepKind.FIX, text=fix, waiting_for="fifty clean pages")
        self._become(SessionStatus.PAUSED, self.moment)
        return step

    def fail(self, fix: AISessionStep, seen: str = "") -> None:
        self.step(
            StepKind.OUTCOME, instruction=fix.content["text"], outcome=DID_NOT_HELP, fix=str(fix.id), note=seen
        )
        self._become(SessionStatus.ACTIVE, None)

    def confirm(self, fix: AISessionStep, summary: str) -> None:
        self.step(StepKind.RESOLUTION, text=summary)
        self._become(SessionStatus.RESOLVED, fix.created_at)

    def resolve(self, summary: str) -> None:
        self.step(StepKind.RESOLUTION, text=summary)
        self._become(SessionStatus.RESOLVED, None)

    @property
    def history(self) -> SessionHistory:
        return SessionHistory(self.session, self.steps, self.changes, None, None, None, {})

    @property
    def case(self) -> Case:
        taken = taken_in(self.history, {})
        said = [(words(one.text), words(one.text) <= BESIDE) for one in taken]
        return case_of(1, self.history, taken, said, frozenset())

    def _become(self, status: SessionStatus, fix_applied_at: datetime | None) -> None:
        self.changes.append(
            StatusChange(from_status=self.session.status, to_status=status, created_at=self.moment)
        )
        self.session.status, self.session.fix_applied_at = status, fix_applied_at


def texts(case: Case) -> list[str]:
    return [act.text for act in case.acts]


def test_a_confirmed_fix_solved_it() -> None:
    tale = Tale()
    tale.note("Cleaned fuser unit")
    tale.confirm(tale.apply("Replaced imaging drum"), "Customer is happy")
    assert tale.case.solved_by is not None
    assert (texts(tale.case), tale.case.solved_by.text) == (["Cleaned fuser unit"], "Replaced imaging drum")


def test_a_fix_that_failed_was_done_once_and_is_followed_by_what_solved_it() -> None:
    tale = Tale()
    tale.fail(tale.apply("Replaced toner"), seen="grey again")
    tale.resolve("Replaced imaging drum")
    assert tale.case.solved_by is not None
    assert (texts(tale.case), tale.case.solved_by.text) == (["Replaced toner"], "Replaced imaging drum")


def test_a_fix_that_still_waits_is_something_that_was_done() -> None:
    tale = Tale()
    tale.apply("Replaced imaging drum")
    assert (texts(tale.case), tale.case.solved_by) == (["Replaced imaging drum"], None)


def test_a_session_with_a_fix_shows_something() -> None:
    tale = Tale()
    assert not shows_something(tale.history)
    tale.apply("Replaced imaging drum")
    assert shows_something(tale.history)


def test_what_was_seen_while_a_fix_waited_is_no_instruction() -> None:
    tale = Tale()
    tale.note("Cleaned fuser unit")
    first = tale.apply("Replaced toner")
    tale.note("First pages look clean, said printer owner")
    tale.fail(first)
    tale.note("Opened rear cover")
    second = tale.apply("Replaced imaging drum")
    tale.note("Ten pages look clean")
    tale.confirm(second, "Drum was worn out")
    draft = merge([tale.case], Worth())
    assert [node.text for node in draft.tree.nodes.values() if node.kind is NodeKind.INSTRUCTION][::-1] == [
        "Cleaned fuser unit",
        "Replaced toner",
        "Opened rear cover",
        "Replaced imaging drum",
    ]
    assert set(draft.left_out) >= {tale.steps[2].id, tale.steps[6].id}


def test_an_end_that_says_nothing_is_what_helped_instead() -> None:
    tale = Tale()
    tale.step(StepKind.OUTCOME, instruction="Replaced imaging drum", outcome=SOLVED, suggestion="rules")
    tale.resolve("Customer called again, happy")
    assert tale.case.solved_by is not None
    assert (texts(tale.case), tale.case.solved_by.text) == ([], "Replaced imaging drum")


def test_an_end_that_says_nothing_solves_nothing() -> None:
    tale = Tale()
    tale.note("Cleaned fuser unit")
    tale.resolve("Called again, happy")
    assert (texts(tale.case), tale.case.solved_by) == (["Cleaned fuser unit"], None)


def test_what_was_written_at_an_end_that_did_not_last_was_only_tried() -> None:
    tale = Tale()
    tale.resolve("Replaced toner")
    tale.session.status = SessionStatus.ACTIVE
    assert (texts(tale.case), tale.case.solved_by) == (["Replaced toner"], None)
    tale.resolve("Replaced imaging drum")
    assert texts(tale.case) == ["Replaced toner"]


def test_a_draft_of_what_nobody_solved_yet_says_where_it_was_handed_over() -> None:
    tale = Tale()
    tale.note("Cleaned fuser unit")
    tale.note("Called again")
    tale.changes.append(StatusChange(to_status=SessionStatus.ESCALATED, created_at=tale.moment))
    draft = merge([tale.case], Worth())
    [done] = [node for node in draft.tree.nodes.values() if node.kind is NodeKind.INSTRUCTION]
    assert (done.text, labels(done.outcomes)) == ("Cleaned fuser unit", [SOLVED, DID_NOT_HELP])
    [handoff] = [node_id for node_id, node in draft.tree.nodes.items() if node.kind is NodeKind.ESCALATION]
    assert draft.sources[handoff] == [tale.steps[0].id]
    assert problems(draft.tree) == []
