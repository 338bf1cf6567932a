"""What the knowledge gaps report answers."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from flowpilot.analytics.schemas import Report


class Gap(BaseModel):
    """Something the flows do not cover."""

    gap_type: Literal["weak_options", "high_escalation", "uncharted_territory", "repeated_pattern"]
    domain: str | None
    severity: Literal["high", "medium", "low"]
    title: str
    description: str
    evidence: dict[str, Any]
    suggested_action: str


class KnowledgeGaps(Report):
    """What is missing from the flows, worst first."""

    generated_at: datetime
    gaps: list[Gap]
