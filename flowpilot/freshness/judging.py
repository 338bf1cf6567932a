"""Whether a flow is still to be trusted. Pure: counts in, reasons out."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.statistics import Z999, Bounds, difference_ci95, percentage, wilson
from flowpilot.flows.trust.doubts import Doubt, DoubtKind, Share
from flowpilot.freshness.evidence import Evidence

Verdict = Literal["better", "worse", "no_clear_difference", "too_early"]


class Comparison(BaseModel):
    """A share of sessions lately and before, with the 99.9 % interval of the difference in percentage points.

    Each day, three shares of every flow are compared: with 95 %, a desk of 40 flows would doubt three by chance.
    """

    before: Share | None = Field(description="Null without sessions.")
    after: Share | None
    difference_ci999: Bounds | None
    verdict: Verdict = Field(description="`no_clear_difference` while the interval of the difference holds zero.")


class Findings(BaseModel):
    """What the sessions say about a flow."""

    success: Comparison
    free_text: Comparison
    handoffs: Comparison = Field(description="At the node with the most handoffs lately.")
    node: str | None
    node_text: str | None


def judge(found: Evidence) -> Findings:
    """Compare what happened lately with the time before."""
    before, after, at_node = found.before, found.after, found.at_node
    return Findings(
        success=_compare("flow_success", (before.solved, before.n), (after.solved, after.n), more_is_better=True),
        free_text=_compare("flow_free_text", (before.free_text, before.n), (after.free_text, after.n)),
        handoffs=_compare(
            "flow_handoffs_at_node",
            (0, 0) if at_node is None else (at_node.before, at_node.n_before),
            (0, 0) if at_node is None else (at_node.after, at_node.n_after),
        ),
        node=None if at_node is None else at_node.node,
        node_text=None if at_node is None else at_node.text,
    )


def doubts_of(findings: Findings, now: datetime) -> list[Doubt]:
    """The reasons to doubt a flow that its sessions give."""
    compared = {
        DoubtKind.SUCCESS_DOWN: findings.success,
        DoubtKind.FREE_TEXT_UP: findings.free_text,
        DoubtKind.ESCALATIONS_UP: findings.handoffs,
    }
    return [
        Doubt(
            kind=kind,
            since=now,
            before=one.before,
            after=one.after,
            node=findings.node if kind is DoubtKind.ESCALATIONS_UP else None,
            node_text=findings.node_text if kind is DoubtKind.ESCALATIONS_UP else None,
        )
        for kind, one in compared.items()
        if one.verdict == "worse"
    ]


def _compare(
    metric: str, before: tuple[int, int], after: tuple[int, int], *, more_is_better: bool = False
) -> Comparison:
    earlier, later = wilson(*before, Z999), wilson(*after, Z999)
    difference = None
    if earlier and later:
        low, high = difference_ci95(after[0] / after[1], later, before[0] / before[1], earlier)
        difference = (None if low is None else 100 * low), (None if high is None else 100 * high)
    return Comparison(
        before=_share(*before),
        after=_share(*after),
        difference_ci999=difference and _rounded(difference),
        verdict=_verdict(difference, min(before[1], after[1]), METRICS[metric].min_cases or 0, more_is_better),
    )


def _verdict(difference: Bounds | None, n: int, least: int, more_is_better: bool) -> Verdict:
    low, high = difference or (None, None)
    if low is None or high is None or n < least:
        return "too_early"
    if low <= 0 <= high:
        return "no_clear_difference"
    return "better" if (low > 0) is more_is_better else "worse"


def _share(part: int, n: int) -> Share | None:
    found = percentage(part, n)
    if found.value is None or found.ci95 is None:
        return None
    low, high = (round(end or 0.0, 2) for end in found.ci95)
    return Share(part=part, n=n, percent=round(found.value, 2), ci95=(low, high))


def _rounded(bounds: Bounds) -> Bounds:
    low, high = bounds
    return None if low is None else round(low, 1), None if high is None else round(high, 1)
