"""What the routes of an account's rules for escalations take and give."""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flowpilot.handoffs.earlier.queries import EarlierHandoff
from flowpilot.handoffs.earlier.schemas import EarlierHandoffOut, earlier_out
from flowpilot.handoffs.models import Outcome, Priority
from flowpilot.handoffs.rules.flow import FactField, facts_of, rest_of
from flowpilot.handoffs.rules.requirements import AVOIDABLE_REASONS, Effect, EscalationRules, Requirement, Rules
from flowpilot.handoffs.schemas.priority import PriorityName
from flowpilot.handoffs.snapshot import missing_of
from flowpilot.http.fields import Body, Line
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.runs.nodes import NodeOut, node_out
from flowpilot.sessions.runs.schemas import FieldOut

MOST_REASONS = 20

# After these the problem is another one, and what was said of the first does not fit.
_ENDED = {Outcome.RESOLVED, Outcome.ABANDONED}


class EscalationSettingsIn(Body):
    """What the account asks of an escalation; a priority or a requirement that is left out asks nothing."""

    rules: dict[PriorityName, dict[Requirement, Effect]] = Field(
        default_factory=dict,
        examples=[{"normal": {"client": "block", "ticket": "warn"}, "urgent": {"client": "warn"}}],
    )
    avoidable_reasons: list[Line] = Field(
        default=list(AVOIDABLE_REASONS),
        min_length=1,
        max_length=MOST_REASONS,
        description="What could have spared an escalation, for the senior to choose from.",
    )

    @model_validator(mode="after")
    def _never_holds_up_what_is_urgent(self) -> Self:
        if Effect.BLOCK in self.rules.get(PriorityName.URGENT, {}).values():
            raise ValueError("an urgent escalation is never blocked: choose warn for it")
        if len({one.lower() for one in self.avoidable_reasons}) < len(self.avoidable_reasons):
            raise ValueError("name each reason once")
        return self

    def by_priority(self) -> Rules:
        """The rules as the product applies them."""
        return {name.value_in_order: asked for name, asked in self.rules.items()}


class EscalationSettingsOut(BaseModel):
    """What the account asks of an escalation."""

    rules: dict[PriorityName, dict[Requirement, Effect]]
    avoidable_reasons: list[str]


class FactOut(BaseModel):
    """Something that the flow asks to be handed over, and the field that takes it.

    `tried` and `files` are of the escalation; what is `found` becomes a note in the session before.
    """

    model_config = ConfigDict(from_attributes=True)

    text: str
    field: FactField


class FlowAsksOut(BaseModel):
    """What the flow asks to be handed over, at the node that ends with an escalation."""

    text: str = Field(description="What the node says.")
    help: str = Field(description="What its explanation says besides the list.")
    facts: list[FactOut] = Field(description="The list.")
    fields: list[FieldOut] = Field(description="What it asks to be filled in, as in the session.")


class RequirementsOut(BaseModel):
    """What an escalation of the session would lack as it is, and what that means at each priority.

    What the engineer thinks it is comes with the escalation itself, so it is always among `missing`.
    """

    missing: list[Requirement]
    effects: dict[PriorityName, dict[Requirement, Effect]]
    flow: FlowAsksOut | None = Field(description="What the flow asks for; null unless it ends here with this.")
    before: EarlierHandoffOut | None = Field(
        description="The escalation before this one, and why it came back; null if the problem was solved since."
    )


def settings_out(asked: EscalationRules) -> EscalationSettingsOut:
    """What the account asks."""
    rules = {PriorityName(priority.name.lower()): dict(one) for priority, one in asked.rules.items()}
    return EscalationSettingsOut(rules=rules, avoidable_reasons=list(asked.avoidable_reasons))


def requirements_out(
    asked: EscalationRules, history: SessionHistory, ended: Sequence[EarlierHandoff]
) -> RequirementsOut:
    """What is missing and what that means, what the flow asks for, and how the last handoff ended."""
    missing = missing_of(history) if asked.rules else []
    effects = {name: asked.effects(Priority[name.name], missing) for name in PriorityName}
    before = earlier_out(ended[-1:])
    return RequirementsOut(
        missing=missing,
        effects={name: found for name, found in effects.items() if found},
        flow=_flow_out(node_out(history.where, history.run, history.session.matched_flow_id, history.step_notes)),
        before=None if not before or before[0].outcome in _ENDED else before[0],
    )


def _flow_out(node: NodeOut | None) -> FlowAsksOut | None:
    if node is None or node.kind != "escalation":
        return None
    facts = [FactOut.model_validate(one) for one in facts_of(node.help)]
    return FlowAsksOut(text=node.text, help=rest_of(node.help), facts=facts, fields=node.fields)
