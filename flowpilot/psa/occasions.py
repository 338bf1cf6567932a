"""What makes FlowPilot post something."""

from enum import StrEnum


class Occasion(StrEnum):
    """What a posting follows from."""

    RESOLVED = "resolved"
    ABANDONED = "abandoned"
    ESCALATED = "escalated"
    BY_HAND = "by_hand"
