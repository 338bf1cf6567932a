"""What the knowledge gaps report answers."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from flowpilot.analytics.schemas import Report


class GapSessions(BaseModel):
    """The sessions behind a gap: exactly those that its figure counts, as rows."""

    n: int = Field(description="How many. For weak options: the sessions in which an answer left the options.")
    filters: dict[str, Any] = Field(description="What the rows of sessions are asked for, beside the window.")
    path: str = Field(description="The address of these rows.")
    outcomes: str = Field(description="The address of what became of them: proposals, flows and their effect.")


class Gap(BaseModel):
    """Something the flows do not cover."""

    gap_type: Literal["weak_options", "high_escalation", "uncharted_territory", "repeated_pattern"]
    domain: str | None
    severity: Literal["high", "medium", "low"]
    title: str
    description: str
    evidence: dict[str, Any]
    suggested_action: str
    sessions: GapSessions


class KnowledgeGaps(Report):
    """What is missing from the flows, worst first."""

    generated_at: datetime
    gaps: list[Gap]
