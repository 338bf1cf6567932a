"""What the routes of an account's rules for escalations take and give."""

from typing import Self

from pydantic import BaseModel, Field, model_validator

from flowpilot.handoffs.models import Priority
from flowpilot.handoffs.rules.requirements import AVOIDABLE_REASONS, AskedOfEscalations, Effect, Requirement, Rules
from flowpilot.handoffs.schemas.priority import PriorityName
from flowpilot.http.fields import Body, Line

MOST_REASONS = 20


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


class RequirementsOut(BaseModel):
    """What an escalation of the session would lack as it is, and what that means at each priority.

    What the engineer thinks it is comes with the escalation itself, so it is always among `missing`.
    """

    missing: list[Requirement]
    effects: dict[PriorityName, dict[Requirement, Effect]]


def settings_out(asked: AskedOfEscalations) -> EscalationSettingsOut:
    """What the account asks."""
    rules = {PriorityName(priority.name.lower()): dict(one) for priority, one in asked.rules.items()}
    return EscalationSettingsOut(rules=rules, avoidable_reasons=list(asked.avoidable_reasons))


def requirements_out(asked: AskedOfEscalations, missing: list[Requirement]) -> RequirementsOut:
    """What is missing, and what that means."""
    effects = {name: asked.effects(Priority[name.name], missing) for name in PriorityName}
    return RequirementsOut(missing=missing, effects={name: found for name, found in effects.items() if found})
