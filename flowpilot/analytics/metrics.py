"""The metric catalogue: what every figure means, as data (`metrics.toml`)."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Metric(BaseModel):
    """One metric. Its definition is one sentence, the same in the API, the CSV, the docs and the terminal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slug: str
    title: str
    unit: Literal["count", "percent", "rate", "minutes", "seconds", "hours", "score", "steps", "rating"]
    definition: str
    population: str
    exclusions: str = "None."
    clock_start: str | None = None
    clock_stop: str | None = None
    empty: str = Field(description="The answer when there are no cases.")
    good: Literal["up", "down", "neither"]
    version: int = 1
    reports: list[str]
    threshold: float | None = Field(
        default=None,
        description="A knowledge gap needs a lower bound above this; what is the same is at least so alike.",
    )
    high: float | None = Field(default=None, description="Above this lower bound the gap's severity is high.")
    factor: float | None = Field(default=None, description="What a confidence is multiplied by.")
    min_cases: int | None = Field(
        default=None, description="With fewer cases there is no gap, no savings figure, no verdict, no interval."
    )
    horizon_seconds: float | None = Field(default=None, description="Longer times count as this long, in seconds.")
    per_squared_skewness: float | None = Field(
        default=None,
        description="How many more cases an interval of the same width takes, for each unit of squared skewness.",
    )
    min_cases_bounded: int | None = Field(
        default=None, description="The same as `min_cases`, for a value with a lower and an upper limit."
    )


def _load() -> dict[str, Metric]:
    entries = tomllib.loads(files(__package__).joinpath("metrics.toml").read_text("utf-8"))
    return {slug: Metric(slug=slug, **entry) for slug, entry in entries.items()}


METRICS: dict[str, Metric] = _load()


@cache
def definitions(report: str) -> list[str]:
    """The slugs of the metrics that a report shows."""
    return [slug for slug, metric in METRICS.items() if report in metric.reports]
