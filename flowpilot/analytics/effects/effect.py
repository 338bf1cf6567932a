"""Did a published proposal help? Its domain before and after, with equal follow-up time for every session."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flowpilot.analytics.effects.schemas import EffectOut, ShareOut, Side, TimeOut, Verdict
from flowpilot.analytics.metrics import METRICS, definitions
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.sql import statement
from flowpilot.analytics.statistics import Bounds, difference_ci95, kaplan_meier, percentage
from flowpilot.db.session import ReadDb
from flowpilot.errors import ConflictError, NotFoundError

# Each session is watched for so long, so that those before had no more time to be resolved than those after.
FOLLOW_UP = timedelta(days=7)

# A domain changes in other ways, too: what was long ago says little.
LONGEST = timedelta(days=90)

# The domain is the category of the flow as it is now, by which its sessions are known, otherwise the proposal's.
_PROPOSAL_SQL = statement("""
SELECT p.reviewed_at AS published, p.published_version_id, coalesce(c.name, p.domain, '') AS domain
FROM flow_proposals p
LEFT JOIN trees t ON t.account_id = :account_id AND t.id = p.flow_id
LEFT JOIN tree_categories c ON c.account_id = :account_id AND c.id = t.category_id
WHERE p.account_id = :account_id AND p.id = :proposal_id
""")

_SQL = statement("""
SELECT s.created_at >= :published AS is_after,
       count(*) AS n,
       count(*) FILTER (WHERE s.confidence_tier = 'guided') AS guided,
       count(*) FILTER (WHERE EXISTS (
           SELECT FROM session_handoffs h
           WHERE h.account_id = :account_id AND h.session_id = s.id
             AND h.created_at <= s.created_at + make_interval(secs => :follow_up)
       )) AS escalated,
       coalesce(array_agg(date_part('epoch', s.resolved_at - s.created_at)) FILTER (
           WHERE s.resolved_at <= s.created_at + make_interval(secs => :follow_up)), '{}') AS resolved
FROM ai_sessions s
WHERE s.account_id = :account_id AND s.created_at >= :start AND s.created_at < :end
  AND lower(coalesce(s.problem_domain, '')) = lower(:domain)
GROUP BY is_after
""")


class ProposalNotFoundError(NotFoundError):
    """No such proposal in the account."""

    def __init__(self) -> None:
        super().__init__("There is no such proposal.")


class NotPublishedError(ConflictError):
    """A proposal that was not published has no effect."""

    def __init__(self) -> None:
        super().__init__("This proposal was not published, so there is nothing to compare. Approve it first.")


@dataclass(frozen=True, slots=True)
class _Counts:
    n: int = 0
    guided: int = 0
    escalated: int = 0
    resolved: Sequence[float] = ()


async def effect(db: ReadDb, account_id: uuid.UUID, proposal_id: uuid.UUID, as_of: datetime) -> EffectOut:
    """The proposal's domain before and after it was published, over two spans of the same length.

    A session counts if all its follow-up time has passed. What happens after that time does not count.

    Raises:
        ProposalNotFoundError: the account has no such proposal.
        NotPublishedError: it was not published.
    """
    row = (await db.execute(_PROPOSAL_SQL, {"account_id": account_id, "proposal_id": proposal_id})).one_or_none()
    if row is None:
        raise ProposalNotFoundError
    if row.published_version_id is None or row.published is None:
        raise NotPublishedError
    span = min(max(as_of - FOLLOW_UP - row.published, timedelta()), LONGEST)
    before, after = await _count(db, account_id, row.domain, row.published, span)
    least = METRICS["proposal_effect"].min_cases
    assert least is not None
    return EffectOut(
        proposal_id=proposal_id,
        domain=row.domain,
        published_at=row.published,
        follow_up_days=FOLLOW_UP.days,
        span_days=rounded(span / timedelta(days=1), 1) or 0.0,
        too_early=_too_early(before, after, least, row.published, as_of),
        guided=_share(before, after, "guided", least, more_is_better=True),
        escalated=_share(before, after, "escalated", least, more_is_better=False),
        time_to_resolution=_time(before, after, least),
        definitions=definitions("proposal-effect"),
    )


async def _count(
    db: ReadDb, account_id: uuid.UUID, domain: str, published: datetime, span: timedelta
) -> tuple[_Counts, _Counts]:
    values: dict[str, Any] = {
        "account_id": account_id,
        "domain": domain,
        "published": published,
        "start": published - span,
        "end": published + span,
        "follow_up": FOLLOW_UP.total_seconds(),
    }
    rows = (await db.execute(_SQL, values)).all()
    counts = {row.is_after: _Counts(row.n, row.guided, row.escalated, tuple(row.resolved)) for row in rows}
    return counts.get(False, _Counts()), counts.get(True, _Counts())


def _too_early(before: _Counts, after: _Counts, least: int, published: datetime, as_of: datetime) -> str | None:
    """Why nothing can be said yet; None if it can."""
    if as_of < published + FOLLOW_UP:
        return f"Too early to tell: no session since has been watched for {FOLLOW_UP.days} days yet."
    for counts, when in ((after, "since"), (before, "before")):
        if counts.n < least:
            sessions = "session" if counts.n == 1 else "sessions"
            return f"Too early to tell: {counts.n} {sessions} {when}, of {least} that it takes."
    return None


def _share(before: _Counts, after: _Counts, name: str, least: int, *, more_is_better: bool) -> ShareOut:
    earlier, later = (percentage(getattr(counts, name), counts.n) for counts in (before, after))
    difference = change = None
    if earlier.value is not None and later.value is not None and earlier.ci95 and later.ci95:
        change = later.value - earlier.value
        difference = difference_ci95(later.value, later.ci95, earlier.value, earlier.ci95)
    return ShareOut(
        before=Side(n=earlier.n, value=rounded(earlier.value, 1), ci95=rounded_bounds(earlier.ci95, 1)),
        after=Side(n=later.n, value=rounded(later.value, 1), ci95=rounded_bounds(later.ci95, 1)),
        difference=rounded(change, 1),
        difference_ci95=rounded_bounds(difference, 1),
        verdict=_verdict(difference, min(before.n, after.n) < least, more_is_better=more_is_better),
    )


def _time(before: _Counts, after: _Counts, least: int) -> TimeOut:
    """Clear only if the two intervals do not touch, which is stricter than a test."""
    watched = FOLLOW_UP.total_seconds()
    earlier, later = (
        kaplan_meier(counts.resolved, [watched] * (counts.n - len(counts.resolved))) for counts in (before, after)
    )
    apart = None
    if earlier.median_ci95 is not None and later.median_ci95 is not None:
        (low1, high1), (low2, high2) = earlier.median_ci95, later.median_ci95
        apart = (
            None if low2 is None else low2 - (watched if high1 is None else high1),
            None if low1 is None else (watched if high2 is None else high2) - low1,
        )
    return TimeOut(
        before=Side(n=earlier.n, value=_minutes(earlier.median), ci95=_bounds_in_minutes(earlier.median_ci95)),
        after=Side(n=later.n, value=_minutes(later.median), ci95=_bounds_in_minutes(later.median_ci95)),
        verdict=_verdict(apart, min(before.n, after.n) < least, more_is_better=False),
    )


def _verdict(difference: Bounds | None, is_early: bool, *, more_is_better: bool) -> Verdict:
    if is_early:
        return "too_early"
    low, high = difference or (None, None)
    if low is not None and low > 0:
        return "better" if more_is_better else "worse"
    if high is not None and high < 0:
        return "worse" if more_is_better else "better"
    return "no_clear_difference"


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else rounded(seconds / 60, 1)


def _bounds_in_minutes(bounds: Bounds | None) -> Bounds | None:
    return None if bounds is None else (_minutes(bounds[0]), _minutes(bounds[1]))
