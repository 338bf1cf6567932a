"""How a priority is called in the routes of handoffs."""

from enum import StrEnum

from flowpilot.handoffs.models import Priority


class PriorityName(StrEnum):
    """How urgent a handoff is."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @classmethod
    def of(cls, priority: int) -> "PriorityName":
        """The name of a stored priority."""
        return cls[Priority(priority).name]

    @property
    def value_in_order(self) -> Priority:
        """The number that sorts it."""
        return Priority[self.name]
