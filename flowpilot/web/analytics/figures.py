"""How figures are shown: with their number of cases, their interval, and what has changed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flowpilot.analytics.dashboard.schemas import Dashboard
from flowpilot.analytics.escalations.schemas import Escalations, Share
from flowpilot.analytics.estimates.comparison import Comparison
from flowpilot.analytics.follow_up.schemas import EqualFollowUp, FollowUp
from flowpilot.analytics.metrics import METRICS, Metric
from flowpilot.analytics.schemas import Report
from flowpilot.analytics.waits import WaitingTime
from flowpilot.web.analytics.view import Links
from flowpilot.web.analytics.working import Working, working_mttr, working_wait
from flowpilot.web.formatting import bounds, duration, number

_NBSP = "\u00a0"

Show = Callable[[float | None], str]


def percent(value: float | None) -> str:
    """A percentage of 0..100."""
    return "–" if value is None else f"{value:.1f}{_NBSP}%"


def rate(value: float | None) -> str:
    """A share of 0..1 in percent, with a decimal."""
    return percent(None if value is None else 100 * value)


def minutes(value: float | None) -> str:
    """Minutes as a duration."""
    return duration(None if value is None else 60 * value)


def hours(value: float | None) -> str:
    """Hours with two decimals."""
    return "–" if value is None else f"{number(value, 2)}{_NBSP}h".replace("-", "−")


def _points(factor: float) -> Show:
    return lambda value: "–" if value is None else f"{factor * value:.1f}{_NBSP}points".replace("-", "−")


def _digits(digits: int) -> Show:
    return lambda value: number(value, digits).replace("-", "−")


# By a metric's unit: how a value is shown, and how the difference of two.
_SHOWN: dict[str, tuple[Show, Show]] = {
    "count": (number, _digits(0)),
    "percent": (percent, _points(1)),
    "rate": (rate, _points(100)),
    "minutes": (minutes, minutes),
    "seconds": (duration, duration),
    "steps": (_digits(1), _digits(1)),
    "rating": (_digits(2), _digits(2)),
}


def is_past(report: Report) -> bool:
    """Whether the report's window has ended: what it says of its end is not said of today."""
    return report.period is None and report.window.as_of == report.window.to


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows, what they are, and the address that lists them."""

    n: int
    what: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """The figure of the window before, and what has changed since; `direction` is None if that is not clear.

    `rule` and `now` say by which other rule both windows are compared, and this window's figure by it.
    """

    before: str
    difference: str
    direction: str | None
    rule: str | None = None
    now: str | None = None


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure. `interval` is its 95 % interval in words, or None for a figure that has none; `note` says why.

    `joint` goes between its counts. `working` is the same in working hours, if the account had any.
    """

    metric: Metric
    value: str
    interval: str | None
    counts: list[Count]
    change: Change | None = None
    joint: str = " of "
    note: str | None = None
    working: Working | None = None


def change_of(slug: str, found: Comparison, rule: str | None = None) -> Change:
    """A comparison in words; with a rule, both of its figures."""
    show, show_difference = _SHOWN[METRICS[slug].unit]
    before = f"{show(found.value)} (n{_NBSP}{number(found.n)}, {bounds(found.ci95, show)})"
    now = None
    if rule is not None:
        now = f"{show(found.this_value)} (n{_NBSP}{number(found.this_n)}, {bounds(found.this_ci95, show)})"
    if found.difference is None:
        return Change(before, "not enough cases to compare", None, rule, now)
    difference = f"{_signed(found.difference, show_difference)} ({bounds(found.difference_ci95, show_difference)})"
    return Change(before, difference, found.direction, rule, now)


def _signed(value: float, show: Show) -> str:
    words = show(value)
    if words.removeprefix("−") == show(0):
        return words.removeprefix("−")
    return f"+{words}" if value > 0 else words


def overview(report: Dashboard, links: Links) -> list[Kpi]:
    """The key figures of the dashboard."""
    total = Count(report.total_sessions, "sessions", links.rows("sessions"))

    def sessions(n: int, what: str, **filters: Any) -> Count:
        return Count(n, what, links.rows("sessions", **filters))

    resolved = sessions(report.resolved_sessions, "resolved", status=["resolved"])
    timed = [sessions(report.n_mttr, "resolved with a time", status=["resolved"], timed=True)]
    if report.n_unknown:
        timed.append(sessions(report.n_unknown, "at an unknown time", status=["resolved"], timed=False))
    escalated = sessions(report.escalated_sessions, "escalated", status=["escalated"])
    abandoned = sessions(report.abandoned_sessions, "abandoned", status=["abandoned"])
    rated = sessions(report.n_rated, "rated", rated=True)
    guided = sessions(report.n_guided, "guided", tier="guided")
    before = report.previous
    count_change = None
    if before is not None:
        more = _signed(before.total_sessions.difference, _digits(0))
        count_change = Change(number(before.total_sessions.value), more, None)
    return [
        Kpi(METRICS["sessions"], number(report.total_sessions), None, [total], count_change),
        *(
            _dashboard_kpi(report, field, slug, counts)
            for field, slug, counts in (
                ("resolution_rate", "resolution_rate", [resolved, total]),
                ("mttr_minutes", "mttr", timed),
                ("escalated_share", "escalated_share", [escalated, total]),
                ("abandoned_share", "abandoned_share", [abandoned, total]),
                ("avg_steps_to_resolution", "steps_to_resolution", [resolved]),
                ("avg_rating", "rating", [rated]),
                ("guided_share", "guided_share", [guided, total]),
            )
        ),
    ]


def _dashboard_kpi(report: Dashboard, field: str, slug: str, counts: list[Count]) -> Kpi:
    show, _ = _SHOWN[METRICS[slug].unit]
    # The contract answers 0.0 without cases, which would read as a bad result.
    value = getattr(report, field) if counts[-1].n else None
    before = report.previous
    found = None if before is None else change_of(slug, getattr(before, field))
    joint = ", " if slug == "mttr" else " of "
    note = getattr(report, f"{field}_no_interval", None)
    interval = None if note else bounds(getattr(report, f"{field}_ci95"), show)
    working = working_mttr(report) if slug == "mttr" else None
    return Kpi(METRICS[slug], show(value), interval, counts, found, joint, note, working)


def follow_up(report: FollowUp, links: Links) -> list[Kpi]:
    """The median time to resolution and who was ever escalated; compared at the same age, if that was asked."""
    time, ever, before = report.time_to_resolution, report.ever_escalated, report.previous
    total = Count(report.total_sessions, "sessions", links.rows("sessions"))
    kpis = [
        Kpi(
            METRICS["time_to_resolution"],
            minutes(time.median),
            bounds(time.median_ci95, minutes),
            [
                Count(time.n, "sessions"),
                Count(time.n_censored, "not resolved" + (" by its end" if is_past(report) else "")),
            ],
            None
            if before is None
            else change_of("time_to_resolution", before.time_to_resolution, _same_age(before)),
            joint=", ",
            working=working_wait("working_time_to_resolution", report.working_time_to_resolution),
        ),
        Kpi(
            METRICS["ever_escalated"],
            rate(ever.value),
            bounds(ever.ci95, rate),
            [Count(report.n_ever_escalated, "escalated", links.rows("sessions", ever_escalated=True)), total],
        ),
    ]
    if before is not None:
        slugs = ("resolved_by_age", "escalated_by_age")
        kpis.extend(_by_age(slug, getattr(before, slug)) for slug in slugs)
    return kpis


def _same_age(before: EqualFollowUp) -> str:
    age = "1 day" if before.follow_up_days == 1 else f"{before.follow_up_days:g} days"
    return f"Compared by what had happened when each session was {age} old; younger ones do not count."


def _by_age(slug: str, found: Comparison) -> Kpi:
    counts = [Count(found.this_n, "sessions old enough")]
    return Kpi(
        METRICS[slug], percent(found.this_value), bounds(found.this_ci95, percent), counts, change_of(slug, found)
    )


def quality(report: Escalations, links: Links) -> list[Kpi]:
    """How well the escalations went, not only how fast."""
    found, before, worked = report.quality, report.previous, report.working_time_to_claim

    def handoffs(n: int, what: str, **filters: Any) -> Count:
        return Count(n, what, links.rows("handoffs", **filters))

    def share(slug: str, of: Share, counts: list[Count], old: Comparison) -> Kpi:
        interval = None if of.no_interval else bounds(of.ci95, rate)
        return Kpi(METRICS[slug], rate(of.value), interval, counts, change_of(slug, old), note=of.no_interval)

    bounced, released = found.bounce_back_rate, found.release_rate
    snapshots, repeated = found.snapshot_completeness, found.steps_repeated
    return [
        share("bounce_back_rate", bounced, [
            handoffs(bounced.count or 0, "came back", by="claimed", bounced_back=True),
            handoffs(bounced.n, "claimed", by="claimed"),
        ], before.bounce_back_rate),
        share("release_rate", released, [
            handoffs(released.count or 0, "released", by="claim_event", released=True),
            handoffs(released.n, "with a claim", by="claim_event"),
        ], before.release_rate),
        share("snapshot_completeness", snapshots,
              [handoffs(snapshots.n, "snapshots", completeness_known=True)], before.snapshot_completeness),
        share("steps_repeated", repeated, [Count(repeated.n, "steps of claimants")], before.steps_repeated),
        _wait("time_to_claim", found.created_to_claim, before.created_to_claim, links, worked),
        _wait("created_to_first_action", found.created_to_first_action, before.created_to_first_action, links),
    ]  # fmt: skip


def _wait(
    slug: str, found: WaitingTime, before: Comparison, links: Links, working: WaitingTime | None = None
) -> Kpi:
    state, words = ("unclaimed", "not claimed") if slug == "time_to_claim" else ("not_acted", "not acted on")
    unknown = False if found.n_unknown else None
    counts = [
        Count(found.n, "handoffs", links.rows("handoffs", claim_time_unknown=unknown)),
        Count(found.n_censored, words, links.rows("handoffs", state=state)),
    ]
    if found.n_unknown:
        href = links.rows("handoffs", claim_time_unknown=True)
        counts.append(Count(found.n_unknown, "more claimed at an unknown time", href))
    interval = bounds(found.median_ci95, duration)
    change, worked = change_of(slug, before), working_wait(f"working_{slug}", working)
    return Kpi(METRICS[slug], duration(found.median), interval, counts, change, joint=", ", working=worked)


def faster(found: Share) -> tuple[str, str]:
    """Whether most handoffs in the product start faster or slower, if that is clear, and the colour of it."""
    low, high = found.ci95 or (None, None)
    if low is not None and low > 0.5:
        return "most start faster", "green"
    return ("most start slower", "red") if high is not None and high < 0.5 else ("not clear yet", "secondary")


def outweighed(share: float | None, saved: float | None) -> str | None:
    """Why the mean says otherwise than most handoffs, where it does: both are right."""
    if share is None or not saved or share == 0.5 or (share > 0.5) == (saved > 0):
        return None
    most, mean, side = ("faster", "longer", "in the product") if share > 0.5 else ("slower", "shorter", "verbal")
    return (
        f"Most in the product start {most}, and their mean is {mean} all the same: the few {side} handoffs that"
        " take very long weigh more in a mean than in a count."
    )


def bucket(start: int, end: int | None) -> str:
    """A bucket of the distribution in words."""
    return f"{duration(start)} or more" if end is None else f"{duration(start)} to {duration(end)}"
