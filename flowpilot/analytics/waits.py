"""Waiting times of handoffs: the SQL that collects them, and the estimate as it is answered."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, Field

from flowpilot.analytics.estimates.curves import Numbers
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.sql import CREATED_IN_WINDOW, IS_CLAIM_TIME_UNKNOWN, seconds
from flowpilot.analytics.statistics import Bounds, Survival, kaplan_meier


class WaitingTime(BaseModel):
    """A waiting time that counts those still waiting. Null: the curve does not reach this value."""

    unit: Literal["seconds"]
    n: int
    n_censored: int
    n_unknown: int = Field(
        description="Missing from these figures: handoffs created in the window and claimed at an unknown time."
    )
    mean: float | None
    median: float | None
    p90: float | None
    p95: float | None
    median_ci95: Bounds | None
    estimator: str


ESTIMATOR = "kaplan-meier"

# The column that says how many of the window's handoffs are missing from the waits for that reason.
N_UNKNOWN = f"""
    (SELECT count(*) FROM session_handoffs WHERE {CREATED_IN_WINDOW} AND {IS_CLAIM_TIME_UNKNOWN}) AS n_unknown
"""

# A wait that has not ended at as_of is censored there, or where the handoff was closed without it.
_STOP = "least(:as_of, closed_at)"


def waits(name: str, start: str, end: str, ended: str, among: str = "true") -> str:
    """Two columns, `name_ended` and `name_censored`: the waits in seconds, by whether `ended` holds."""
    return f"""
        array_agg({seconds(f"{end} - {start}")}) FILTER (WHERE {among} AND {ended}) AS {name}_ended,
        array_agg({seconds(f"greatest({_STOP}, {start}) - {start}")})
            FILTER (WHERE {among} AND NOT ({ended})) AS {name}_censored
    """


def working_waits(name: str, start: str, end: str, stored: str, ended: str, among: str = "true") -> str:
    """Three columns: `name_worked`, the ended waits in working time, and when the others began and were last seen.

    Moments are in seconds since 1970. What is not stored was working time from start to end.
    """
    return f"""
        array_agg(coalesce({stored}, {seconds(f"{end} - {start}")})) FILTER (WHERE {among} AND {ended})
            AS {name}_worked,
        array_agg({seconds(start)}) FILTER (WHERE {among} AND NOT ({ended})) AS {name}_since,
        array_agg({seconds(f"greatest({_STOP}, {start})")}) FILTER (WHERE {among} AND NOT ({ended}))
            AS {name}_until
    """


def survival(ended: Numbers | None, censored: Numbers | None) -> Survival:
    """The Kaplan-Meier estimate of two columns of `waits`."""
    return kaplan_meier([] if ended is None else ended, [] if censored is None else censored)


def survivals(row: Any) -> Callable[[str], Survival]:
    """The estimate of the two columns of `waits` that a row has by a name."""
    return lambda name: survival(getattr(row, f"{name}_ended"), getattr(row, f"{name}_censored"))


def waiting_time(found: Survival, n_unknown: int) -> WaitingTime:
    """The estimate as it is answered; `n_unknown` are missing from it."""
    return WaitingTime(
        unit="seconds",
        n=found.n,
        n_censored=found.n_censored,
        n_unknown=n_unknown,
        mean=rounded(found.mean),
        median=rounded(found.median),
        p90=rounded(found.p90),
        p95=rounded(found.p95),
        median_ci95=rounded_bounds(found.median_ci95),
        estimator=ESTIMATOR,
    )
