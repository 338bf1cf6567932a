"""What the account's rules ask of an escalation, at the fields of its form: before it is sent, and if refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastapi.exceptions import RequestValidationError

from flowpilot.handoffs.rules.requirements import TO_DO, Effect, IncompleteEscalationError, Requirement
from flowpilot.handoffs.rules.schemas import RequirementsOut
from flowpilot.handoffs.schemas.priority import PriorityName
from flowpilot.text import sentence

# The field of the form that fills it.
_FIELDS = {
    Requirement.CLIENT: "client_name",
    Requirement.TICKET: "psa_ticket_id",
    Requirement.TRIED: "tried",
    Requirement.OPINION: "note",
}

_ABSENT = {
    Requirement.CLIENT: "No client",
    Requirement.TICKET: "No ticket",
    Requirement.TRIED: "Nothing tried",
    Requirement.OPINION: "No opinion of what it is",
}
_MEANS = {
    Effect.BLOCK: "it cannot be handed over without at this priority.",
    Effect.WARN: "it can be handed over without, and the queue says so.",
}
# The same at the field, as far as it goes without the rest.
_WORDS = {Effect.BLOCK: "Needed", Effect.WARN: "Asked for"}


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing, and what that means at these priorities. The style sheet shows it while it is so."""

    requirement: Requirement
    effect: Effect
    priorities: Sequence[PriorityName]

    @property
    def said(self) -> str:
        """In a sentence."""
        return f"{_ABSENT[self.requirement]}: {_MEANS[self.effect]}"

    @property
    def needed(self) -> str:
        """At which priorities, in a sentence."""
        if len(self.priorities) == len(PriorityName):
            return f"{_WORDS[self.effect]} at every priority."
        return f"{_WORDS[self.effect]} at {' and '.join(one.value for one in self.priorities)} priority."

    @property
    def field(self) -> str:
        """The field of the form that fills it."""
        return _FIELDS[self.requirement]

    @property
    def classes(self) -> str:
        """What the style sheet goes by."""
        return " ".join([f"lack-{self.requirement.value}", *(f"at-{one.value}" for one in self.priorities)])


def lacks(found: RequirementsOut) -> Iterator[Lack]:
    """What is missing, before it is sent."""
    for requirement in found.missing:
        for effect in Effect:
            at = [one for one, effects in found.effects.items() if effects.get(requirement) == effect]
            if at:
                yield Lack(requirement, effect, at)


def needed(found: RequirementsOut) -> dict[str, list[Lack]]:
    """What is missing, by its field's requirement: what holds it up first."""
    by_requirement: dict[str, list[Lack]] = {one.value: [] for one in Requirement}
    for lack in sorted(lacks(found), key=lambda one: list(_WORDS).index(one.effect)):
        by_requirement[lack.requirement.value].append(lack)
    return by_requirement


def missing_fields(error: IncompleteEscalationError) -> RequestValidationError:
    """The refusal of an escalation, said at each field that fills what is missing."""
    missing = [Requirement(one) for one in error.extra["missing"]]
    return RequestValidationError(
        [
            {
                "loc": ("body", _FIELDS[one]),
                "msg": sentence(f"{TO_DO[one][:1].upper()}{TO_DO[one][1:]}"),
                "type": "value_error",
            }
            for one in missing
        ]
    )
