"""The flows that may solve a problem: `evidence` is found in its words, and `confidence` weighs it."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor
from typing import Any

from sqlalchemy import Row
from sqlalchemy import text as statement

from flowpilot.db.session import ReadDb
from flowpilot.flows.matching.confidence import Evidence, Tier, confidences, tier
from flowpilot.flows.matching.finding import FoundFlow, find_flows
from flowpilot.flows.trust.doubts import in_brief, read_doubts

__all__ = ["FLOOR", "Candidate", "match", "tier"]

# A flow that is right less than once in fifty cases is not worth suggesting.
FLOOR = 0.02

HISTORY = timedelta(days=90)
_MAX_CASES = 100

_MAX_REASONS = 4
_LONGEST_MEANT = 60
# How many flows are compared with each other.
MOST = 20

# What the page and the confidence have to know of each. How an open session ends is not known yet: if it counted
# as one that the flow did not resolve, a day of handovers would lower the confidence in a flow.
_FACTS = statement(
    """
SELECT f.id, f.name, f.published_version_id, c.name AS category, f.doubted_since, f.doubts,
       past.cases, past.resolved
FROM trees f
LEFT JOIN tree_categories c ON c.account_id = f.account_id AND c.id = f.category_id
CROSS JOIN LATERAL (
    SELECT count(*) AS cases, count(*) FILTER (WHERE status = 'resolved') AS resolved
    FROM (
        SELECT s.status FROM ai_sessions s
        WHERE s.account_id = :account_id AND s.matched_flow_id = f.id AND s.created_at >= :since
          AND s.created_at < :now AND s.status IN ('resolved', 'abandoned')
        ORDER BY s.created_at DESC
        LIMIT :cases
    ) latest
) past
WHERE f.account_id = :account_id AND f.id = ANY (:flows)
"""
)


Facts = Row[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A flow that may solve the problem, the confidence (0..1), and the reason in a sentence for the engineer.

    A flow that has lost trust (`doubted_since`) counts less, and its reason says why.
    """

    flow_id: uuid.UUID
    version_id: uuid.UUID
    name: str
    category: str | None
    confidence: float
    tier: Tier
    reason: str
    doubted_since: datetime | None = None


async def match(
    db: ReadDb,
    account_id: uuid.UUID,
    text: str,
    *,
    domain: str | None,
    now: datetime,
    limit: int = 3,
    by_meaning: bool = True,
) -> list[Candidate]:
    """The published flows that fit a problem's text, the likeliest first, without those below `FLOOR`.

    Args:
        domain: the category that the problem belongs to, if known.
        by_meaning: whether meanings count beside words, if the extra for them is installed.
    """
    found = await find_flows(db, account_id, text, max(limit, MOST), by_meaning=by_meaning)
    if not found.flows:
        return []
    values = {
        "account_id": account_id,
        "flows": [flow.flow_id for flow in found.flows],
        "since": now - HISTORY,
        "now": now,
        "cases": _MAX_CASES,
    }
    facts = {row.id: row for row in await db.execute(_FACTS, values)}
    evidence = [_evidence(flow, facts[flow.flow_id], domain) for flow in found.flows]
    sure = confidences(evidence, found.elsewhere)
    candidates = [
        _candidate(flow, facts[flow.flow_id], _rounded_down(confidence), domain)
        for flow, confidence in zip(found.flows, sure, strict=True)
    ]
    candidates.sort(key=lambda candidate: (-candidate.confidence, candidate.name, candidate.flow_id))
    return [candidate for candidate in candidates if candidate.confidence >= FLOOR][:limit]


def _rounded_down(confidence: float) -> float:
    """In four digits. Rounded up, a flow that has lost trust would be guided where nothing else fits."""
    return floor(10_000 * confidence) / 10_000


def _evidence(flow: FoundFlow, facts: Facts, domain: str | None) -> Evidence:
    return Evidence(
        strength=flow.strength,
        likeness=flow.likeness,
        is_domain=_is_domain(facts.category, domain),
        cases=facts.cases,
        resolved=facts.resolved,
        is_doubted=facts.doubted_since is not None,
    )


def _candidate(flow: FoundFlow, facts: Facts, confidence: float, domain: str | None) -> Candidate:
    return Candidate(
        flow_id=flow.flow_id,
        version_id=facts.published_version_id,
        name=facts.name,
        category=facts.category,
        confidence=confidence,
        tier=tier(confidence),
        reason=_reason(flow, facts, domain),
        doubted_since=facts.doubted_since,
    )


def _reason(flow: FoundFlow, facts: Facts, domain: str | None) -> str:
    parts = []
    if flow.words:
        words = ", ".join(f'"{word}"' for word in list(dict.fromkeys(flow.words))[:_MAX_REASONS])
        parts.append(f"Matches {words}")
    if flow.meant is not None:
        parts.append(f'{"means" if parts else "Means"} about "{_shortened(flow.meant)}"')
    if not parts:
        parts.append("Is nearest in meaning")
    if _is_domain(facts.category, domain):
        parts.append(f"is about {facts.category}")
    if facts.cases == _MAX_CASES:
        parts.append(f"resolved {facts.resolved} of its last {facts.cases} finished sessions")
    elif facts.cases:
        sessions = "session" if facts.cases == 1 else "sessions"
        parts.append(f"resolved {facts.resolved} of {facts.cases} finished {sessions} in {HISTORY.days} days")
    else:
        parts.append(f"no finished session in {HISTORY.days} days")
    if facts.doubted_since is not None:
        parts.append(f"counts less until its owner confirms it, because {in_brief(read_doubts(facts.doubts))}")
    return "; ".join(parts)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_MEANT else f"{text[: _LONGEST_MEANT - 1]}…"


def _is_domain(category: str | None, domain: str | None) -> bool:
    return category is not None and domain is not None and category.lower() == domain.strip().lower()
