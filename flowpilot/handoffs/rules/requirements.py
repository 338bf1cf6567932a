"""What must be there when a session is escalated, by the account's rules. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from flowpilot.errors import ConflictError
from flowpilot.handoffs.models import Priority


class Requirement(StrEnum):
    """Something that a rule can ask for. `opinion`: what the engineer thinks it is."""

    CLIENT = "client"
    TICKET = "ticket"
    TRIED = "tried"
    OPINION = "opinion"


class Effect(StrEnum):
    """What happens without it: the handoff is marked, or refused."""

    WARN = "warn"
    BLOCK = "block"


Rules = Mapping[Priority, Mapping[Requirement, Effect]]

# Said by the person who escalates, to whom "the client is missing" must be something to do.
TO_DO = {
    Requirement.CLIENT: "name the client",
    Requirement.TICKET: "link the ticket",
    Requirement.TRIED: "say what was tried",
    Requirement.OPINION: "say what you think it is",
}

AVOIDABLE_REASONS = ("A missing right", "Missing knowledge", "It needs a specialist", "The vendor", "Other")


class IncompleteEscalationError(ConflictError):
    """The account's rules ask for more than is there; `missing` names it."""


@dataclass(frozen=True, slots=True)
class EscalationRules:
    """What an account asks of an escalation; nothing by default."""

    rules: Rules = field(default_factory=dict)
    avoidable_reasons: Sequence[str] = AVOIDABLE_REASONS

    def effects(self, priority: Priority, missing: Iterable[Requirement]) -> dict[Requirement, Effect]:
        """What the lack of each thing means at this priority. An urgent escalation is never refused."""
        asked = self.rules.get(priority, {})
        found = {one: asked[one] for one in Requirement if one in set(missing) and one in asked}
        return dict.fromkeys(found, Effect.WARN) if priority == Priority.URGENT else found


def check(effects: Mapping[Requirement, Effect], priority: Priority) -> list[Requirement]:
    """What a handoff lacks without being refused for it.

    Raises:
        IncompleteEscalationError: it is refused; `missing` has what it needs.
    """
    missing = [one for one, effect in effects.items() if effect == Effect.BLOCK]
    if missing:
        to_do = ", ".join(TO_DO[one] for one in missing)
        raise IncompleteEscalationError(
            f"This account asks for more before a session is escalated as {priority.name.lower()}: {to_do}.",
            missing=[one.value for one in missing],
        )
    return list(effects)
