"""Knowledge gaps: where the flows fall short. Each signal is judged by the lower bound of its interval."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, Literal

from flowpilot.analytics.knowledge_gaps.patterns import Pair, frequent, repeated_pairs, words_of
from flowpilot.analytics.knowledge_gaps.schemas import Gap, KnowledgeGaps
from flowpilot.analytics.metrics import METRICS, Metric
from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import header
from flowpilot.analytics.sql import CREATED_IN_WINDOW, ESCALATED, statement
from flowpilot.analytics.statistics import wilson
from flowpilot.db.session import ReadDb

NEWEST_UNMATCHED = 2000
MOST_PATTERNS = 10

_GROUPS_SQL = statement(f"""
WITH groups AS MATERIALIZED (
    SELECT matched_flow_id, problem_domain AS domain, count(*) AS n,
           sum(answer_count) AS answers,
           sum(free_text_count) AS free_texts,
           count(*) FILTER (WHERE {ESCALATED}) AS escalated,
           count(*) FILTER (WHERE status = 'resolved') AS resolved,
           count(*) FILTER (WHERE status = 'resolved' AND confidence_tier = 'discovery'
                                  AND matched_flow_id IS NULL) AS uncharted
    FROM ai_sessions
    WHERE {CREATED_IN_WINDOW}
    GROUP BY matched_flow_id, problem_domain
)
SELECT g.*, t.name AS flow
FROM groups g
LEFT JOIN trees t ON t.account_id = :account_id AND t.id = g.matched_flow_id
""")

# The flow is null in all of these rows: naming it in the order lets PostgreSQL read its index backwards.
_UNMATCHED_SQL = statement(f"""
SELECT problem_domain AS domain, problem_summary AS summary
FROM ai_sessions
WHERE {CREATED_IN_WINDOW} AND matched_flow_id IS NULL AND problem_summary <> ''
ORDER BY matched_flow_id DESC, created_at DESC
LIMIT {NEWEST_UNMATCHED}
""")

# PostgreSQL's English dictionary knows the words that carry no meaning.
_MEANINGFUL_SQL = statement("""
SELECT word FROM unnest(CAST(:words AS text[])) word WHERE ts_lexize('english_stem', word) <> '{}'
""")


async def knowledge_gaps(db: ReadDb, window: Window) -> KnowledgeGaps:
    """The window's gaps, worst first, in three statements."""
    groups = (await db.execute(_GROUPS_SQL, window.parameters)).all()
    gaps = [
        *_weak_options(groups),
        *_high_escalation(groups),
        *_uncharted_territory(groups),
        *await _repeated_patterns(db, window),
    ]
    rank = {"high": 0, "medium": 1, "low": 2}
    return KnowledgeGaps(
        **header(window, "knowledge-gaps"),
        generated_at=window.as_of,
        gaps=sorted(gaps, key=lambda gap: (rank[gap.severity], -gap.evidence["lower_bound"], gap.title)),
    )


def _weak_options(groups: Sequence[Any]) -> Iterator[Gap]:
    for (flow, domain), rows in _grouped(groups, lambda row: (row.flow, None if row.flow else row.domain)):
        where = f"the flow “{flow}”" if flow else f"{domain} sessions without a flow"
        free, answers = sum(row.free_texts for row in rows), sum(row.answers for row in rows)
        if found := _signal("gap_weak_options", free, answers):
            yield Gap(
                gap_type="weak_options",
                domain=domain or rows[0].domain,
                title=f"Offered options do not fit in {where}",
                description=f"In {where}, {free} of {answers} answers left the offered options for free text.",
                suggested_action="Read the free texts and turn the common ones into options.",
                **found,
            )


def _high_escalation(groups: Sequence[Any]) -> Iterator[Gap]:
    for domain, rows in _grouped(groups, lambda row: row.domain):
        escalated, n = sum(row.escalated for row in rows), sum(row.n for row in rows)
        if domain is not None and (found := _signal("gap_high_escalation", escalated, n)):
            yield Gap(
                gap_type="high_escalation",
                domain=domain,
                title=f"Many escalations in {domain}",
                description=f"{escalated} of {n} {domain} sessions were escalated.",
                suggested_action=f"Write down what the seniors do in {domain}, as a flow or as steps of one.",
                **found,
            )


def _uncharted_territory(groups: Sequence[Any]) -> Iterator[Gap]:
    for domain, rows in _grouped(groups, lambda row: row.domain):
        uncharted, resolved = sum(row.uncharted for row in rows), sum(row.resolved for row in rows)
        if found := _signal("gap_uncharted_territory", uncharted, resolved):
            where = f"in {domain}" if domain else "without a domain"
            yield Gap(
                gap_type="uncharted_territory",
                domain=domain,
                title=f"Solved without a flow: {domain or 'sessions without a domain'}",
                description=f"{uncharted} of {resolved} resolved sessions {where} were solved without any flow.",
                suggested_action="Turn the best of these sessions into a flow.",
                **found,
            )


async def _repeated_patterns(db: ReadDb, window: Window) -> list[Gap]:
    """The most frequent pairs of words. A word is in one gap only, so that a theme is reported once."""
    rows = (await db.execute(_UNMATCHED_SQL, window.parameters)).all()
    least = _least_cases("gap_repeated_pattern", len(rows))
    texts = words_of([row.summary for row in rows])
    if not (candidates := frequent(texts, least)):
        return []
    meaningful = (await db.scalars(_MEANINGFUL_SQL, {"words": sorted(candidates)})).all()
    gaps: list[Gap] = []
    reported: set[str] = set()
    for pair in repeated_pairs(texts, meaningful, least):
        both = {pair.first, pair.second}
        if not both & reported and len(gaps) < MOST_PATTERNS:
            reported |= both
            domains = Counter(row.domain for row, text in zip(rows, texts, strict=True) if both <= text)
            gaps.append(_pattern_gap(pair, len(rows), domains.most_common(1)[0][0]))
    return gaps


def _pattern_gap(pair: Pair, n_unmatched: int, domain: str | None) -> Gap:
    found = _signal("gap_repeated_pattern", pair.n, n_unmatched)
    assert found is not None
    return Gap(
        gap_type="repeated_pattern",
        domain=domain,
        severity=found["severity"],
        title=f"Repeated words: {pair.first}, {pair.second}",
        description=f"{pair.n} of {n_unmatched} sessions without a flow contain both words.",
        evidence=found["evidence"] | {"words": [pair.first, pair.second]},
        suggested_action="Write one flow for what these sessions have in common.",
    )


def _least_cases(slug: str, whole: int) -> int:
    """The smallest part of `whole` that makes a gap; more than `whole` if no part does."""
    return next((part for part in range(1, whole + 1) if _signal(slug, part, whole)), whole + 1)


def _grouped(rows: Iterable[Any], key: Callable[[Any], Hashable]) -> Iterable[tuple[Any, list[Any]]]:
    groups: dict[Hashable, list[Any]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups.items()


def _signal(slug: str, part: int, whole: int) -> dict[str, Any] | None:
    """Severity and evidence if the lower bound of part/whole is over the metric's threshold, otherwise None."""
    metric: Metric = METRICS[slug]
    assert metric.threshold is not None
    assert metric.high is not None
    assert metric.min_cases is not None
    interval = wilson(part, whole)
    # A pattern counts the sessions that show it; a rate counts all that could.
    cases = part if slug == "gap_repeated_pattern" else whole
    if interval is None or cases < metric.min_cases or interval[0] <= metric.threshold:
        return None
    return {
        "severity": _severity(interval[0], metric.threshold, metric.high),
        "evidence": {
            "metric": slug,
            "count": part,
            "n": whole,
            "rate": round(part / whole, 4),
            "lower_bound": round(interval[0], 4),
            "threshold": metric.threshold,
        },
    }


def _severity(lower_bound: float, threshold: float, high: float) -> Literal["high", "medium", "low"]:
    if lower_bound > high:
        return "high"
    return "medium" if lower_bound > (threshold + high) / 2 else "low"
