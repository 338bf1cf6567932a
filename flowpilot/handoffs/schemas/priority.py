"""How a priority is called in the routes of handoffs."""

from enum import StrEnum

from flowpilot.handoffs.models import Priority


class PriorityName(StrEnum):
    """How urgent a handoff is."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def value_in_order(self) -> Priority:
        """The number that sorts it."""
        return Priority[self.name]
