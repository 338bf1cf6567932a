"""The next steps of a handoff's assessment, and what became of each. Pure."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from flowpilot.copilot.schemas import MAX_LINE, Assessment
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.sessions.models import AISession
from flowpilot.sessions.suggestions.models import SuggestionResult
from flowpilot.sessions.suggestions.queries import ShownSuggestion, Suggested
from flowpilot.text import tidy


@dataclass(frozen=True, slots=True)
class AssessedStep:
    """A next step of an assessment; `result` is None until somebody says what became of it.

    `is_of_flow`: the flow that the session follows has it, too, and is answered in the session.
    """

    suggested: Suggested
    is_of_flow: bool
    result: SuggestionResult | None

    @property
    def is_open(self) -> bool:
        """Whether it can be done or dismissed as a suggestion."""
        return self.result is None and not self.is_of_flow

    def is_shown_as(self, shown: ShownSuggestion) -> bool:
        """Whether it is what somebody saw."""
        return shown.action == self.suggested.action and shown.source in {None, self.suggested.source}


def assessed_steps(handoff: SessionHandoff, session: AISession, results: Mapping[str, str]) -> list[AssessedStep]:
    """The next steps of the handoff's assessment; `results`: what became of suggestions, by their words."""
    if handoff.assessment is None:
        return []
    found = Assessment.model_validate(handoff.assessment)
    of_flow = _of_flow(handoff, session.matched_flow_id)
    return [
        AssessedStep(
            Suggested(index, action, found.source, found.model, found.prompt_version, handoff.id),
            is_of_flow=action in of_flow,
            result=SuggestionResult(results[action]) if action in results else None,
        )
        for index, action in enumerate(found.next_steps, start=1)
    ]


def _of_flow(handoff: SessionHandoff, flow_id: uuid.UUID | None) -> set[str]:
    """What was left of the flow when the session was handed over, if it still follows that."""
    then = (handoff.snapshot.get("flow") or {}).get("id")
    if flow_id is None or then != str(flow_id):
        return set()
    return {tidy(one["instruction"], MAX_LINE) for one in handoff.snapshot.get("left", ())}
