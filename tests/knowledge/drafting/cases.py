"""Cases in a few words."""

import itertools
import re
import uuid
from collections.abc import Sequence

from flowpilot.knowledge.drafting.cases import Act, Case
from flowpilot.sessions.models import StepKind
from flowpilot.sessions.similar.words import Words

_ids = itertools.count(1)


def words(text: str) -> Words:
    """As the dictionary would give them, roughly."""
    return frozenset(re.findall(r"[a-z]{4,}|[0-9]{3,}", text.lower()))


def note(text: str, *, node: str | None = None, answers: bool = False) -> Act:
    """Free text: a note, or an answer in one's own words."""
    kind = StepKind.ANSWER if answers else StepKind.NOTE
    return Act(uuid.UUID(int=next(_ids)), text, words(text), None, kind, node, answers)


def answer(question: str, choice: str, *, node: str = "a") -> Act:
    """An answer that a flow offered."""
    return Act(uuid.UUID(int=next(_ids)), question, words(question), choice, StepKind.ANSWER, node)


def outcome(instruction: str, label: str, *, node: str = "a") -> Act:
    """An outcome that a flow offered."""
    return Act(uuid.UUID(int=next(_ids)), instruction, words(instruction), label, StepKind.OUTCOME, node)


def case(number: int, *acts: Act | str, solved: str, escalated: bool = False, problem: str = "") -> Case:
    """A resolved case; a text alone is a note."""
    taken = tuple(note(act) if isinstance(act, str) else act for act in acts)
    by = Act(uuid.UUID(int=next(_ids)), solved, words(solved), None, StepKind.RESOLUTION)
    return Case(number, uuid.UUID(int=next(_ids)), taken, by, escalated, words(problem))


def labels(offered: Sequence[object]) -> list[str]:
    """The labels of choices or outcomes."""
    return [str(choice.label) for choice in offered]  # type: ignore[attr-defined]
