"""What is answered about a proposal's effect."""

import uuid
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from flowpilot.analytics.statistics import Bounds

Verdict = Literal["better", "worse", "no_clear_difference", "too_early"]


class Side(BaseModel):
    """A figure over the sessions before or after, with its 95 % interval."""

    n: int
    value: float | None
    ci95: Bounds | None


class ShareOut(BaseModel):
    """A share in percent, before and after."""

    before: Side
    after: Side
    difference: float | None = Field(description="After minus before, in percentage points.")
    difference_ci95: Bounds | None
    verdict: Verdict = Field(description="`no_clear_difference` while the interval of the difference holds zero.")


class TimeOut(BaseModel):
    """The median time to resolution in minutes, before and after; null if half were not resolved in time."""

    before: Side
    after: Side
    verdict: Verdict = Field(description="`no_clear_difference` while the two intervals touch.")


class EffectOut(BaseModel):
    """A published proposal's domain before and after, over spans of the same length."""

    proposal_id: uuid.UUID
    domain: str = Field(description="Empty for sessions without a domain.")
    published_at: datetime
    follow_up_days: int = Field(description="Each session is watched for so long. Younger ones do not count.")
    span_days: float = Field(description="How long each of the two spans is.")
    too_early: str | None = Field(description="Why nothing can be said yet; null if it can.")
    guided: ShareOut
    escalated: ShareOut
    time_to_resolution: TimeOut
    definitions: list[str] = Field(description="Slugs in the metric catalogue.")
