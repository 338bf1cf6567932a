"""Knowledge gaps: where the flows fall short, each signal held to the lower bound of its interval."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, Literal

from cachetools import TTLCache
from sqlalchemy import text

from flowpilot.analytics import schemas
from flowpilot.analytics.metrics import METRICS, Metric
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import ESCALATED, SESSIONS_IN_WINDOW
from flowpilot.analytics.statistics import wilson
from flowpilot.db.session import ReadDb

CACHE_SECONDS = 3600
NEWEST_UNMATCHED = 2000
MOST_PATTERNS = 10

_GROUPS_SQL = text(f"""
WITH groups AS MATERIALIZED (
    SELECT matched_flow_id, problem_domain AS domain, count(*) AS n,
           sum(answer_count) AS answers,
           sum(free_text_count) AS free_texts,
           count(*) FILTER (WHERE {ESCALATED}) AS escalated,
           count(*) FILTER (WHERE status = 'resolved') AS resolved,
           count(*) FILTER (WHERE status = 'resolved' AND confidence_tier = 'discovery'
                                  AND matched_flow_id IS NULL) AS uncharted
    FROM ai_sessions
    WHERE {SESSIONS_IN_WINDOW}
    GROUP BY matched_flow_id, problem_domain
)
SELECT g.*, t.name AS flow
FROM groups g
LEFT JOIN trees t ON t.account_id = :account_id AND t.id = g.matched_flow_id
""")

_PATTERNS_SQL = text(f"""
WITH unmatched AS MATERIALIZED (
    SELECT id, problem_domain AS domain, problem_summary
    FROM ai_sessions
    WHERE {SESSIONS_IN_WINDOW} AND matched_flow_id IS NULL AND problem_summary <> ''
    ORDER BY created_at DESC
    LIMIT {NEWEST_UNMATCHED}
),
words AS MATERIALIZED (
    SELECT u.id, u.domain, word
    FROM unmatched u, unnest(tsvector_to_array(to_tsvector('simple', u.problem_summary))) word
    WHERE word ~ '^[[:alpha:]]{{3,}}$' AND ts_lexize('english_stem', word) <> '{{}}'
)
SELECT a.word AS first, b.word AS second, count(*) AS n,
       mode() WITHIN GROUP (ORDER BY a.domain) AS domain,
       (SELECT count(*) FROM unmatched) AS n_unmatched
FROM words a
JOIN words b ON b.id = a.id AND b.word > a.word
GROUP BY a.word, b.word
HAVING count(*) >= :min_cases
ORDER BY n DESC, first, second
""")


class GapCache:
    """The last reports, good for an hour at most and only while no transaction has changed the data."""

    def __init__(self) -> None:
        self._reports: TTLCache[Hashable, tuple[str, schemas.KnowledgeGaps]] = TTLCache(512, CACHE_SECONDS)

    def get(self, window: Window, snapshot: str) -> schemas.KnowledgeGaps | None:
        """The report of the same question, if the database still stands as it did then."""
        found = self._reports.get(self._key(window))
        return found[1] if found is not None and found[0] == snapshot else None

    def keep(self, window: Window, snapshot: str, report: schemas.KnowledgeGaps) -> None:
        """Remember a report, made on the given snapshot."""
        self._reports[self._key(window)] = (snapshot, report)

    @staticmethod
    def _key(window: Window) -> Hashable:
        # A period's ends move with the clock, so it is the same question by its name.
        asked = window.period or (window.start, window.end)
        return (window.account_id, asked, window.timezone)


async def knowledge_gaps(db: ReadDb, window: Window, cache: GapCache | None = None) -> schemas.KnowledgeGaps:
    """The window's gaps, worst first: two statements, or one when nothing has changed since they were found."""
    if cache is None:
        return await _find(db, window)
    # Two equal snapshots see the same rows, so this is exactly "the data is unchanged".
    snapshot = (await db.execute(text("SELECT pg_current_snapshot()::text"))).scalar_one()
    report = cache.get(window, snapshot)
    if report is None:
        report = await _find(db, window)
        cache.keep(window, snapshot, report)
    return report


async def _find(db: ReadDb, window: Window) -> schemas.KnowledgeGaps:
    groups = (await db.execute(_GROUPS_SQL, window.parameters)).all()
    patterns = await db.execute(
        _PATTERNS_SQL, {**window.parameters, "min_cases": METRICS["gap_repeated_pattern"].min_cases}
    )
    gaps = [
        *_weak_options(groups),
        *_high_escalation(groups),
        *_uncharted_territory(groups),
        *_repeated_patterns(patterns.all()),
    ]
    rank = {"high": 0, "medium": 1, "low": 2}
    return schemas.KnowledgeGaps(
        **schemas.header(window, "knowledge-gaps"),
        generated_at=window.as_of,
        gaps=sorted(gaps, key=lambda gap: (rank[gap.severity], -gap.evidence["lower_bound"], gap.title)),
    )


def _weak_options(groups: Sequence[Any]) -> Iterator[schemas.Gap]:
    for (flow, domain), rows in _grouped(groups, lambda row: (row.flow, None if row.flow else row.domain)):
        where = f"the flow “{flow}”" if flow else f"{domain} sessions without a flow"
        free, answers = sum(row.free_texts for row in rows), sum(row.answers for row in rows)
        if found := _signal("gap_weak_options", free, answers):
            yield schemas.Gap(
                gap_type="weak_options",
                domain=domain or rows[0].domain,
                title=f"Offered options do not fit in {where}",
                description=f"In {where}, {free} of {answers} answers left the offered options for free text.",
                suggested_action="Read the free texts and turn the common ones into options.",
                **found,
            )


def _high_escalation(groups: Sequence[Any]) -> Iterator[schemas.Gap]:
    for domain, rows in _grouped(groups, lambda row: row.domain):
        escalated, n = sum(row.escalated for row in rows), sum(row.n for row in rows)
        if domain is not None and (found := _signal("gap_high_escalation", escalated, n)):
            yield schemas.Gap(
                gap_type="high_escalation",
                domain=domain,
                title=f"Many escalations in {domain}",
                description=f"{escalated} of {n} {domain} sessions are escalated.",
                suggested_action=f"Write down what the seniors do in {domain}, as a flow or as steps of one.",
                **found,
            )


def _uncharted_territory(groups: Sequence[Any]) -> Iterator[schemas.Gap]:
    for domain, rows in _grouped(groups, lambda row: row.domain):
        uncharted, resolved = sum(row.uncharted for row in rows), sum(row.resolved for row in rows)
        if found := _signal("gap_uncharted_territory", uncharted, resolved):
            name = domain or "sessions without a domain"
            yield schemas.Gap(
                gap_type="uncharted_territory",
                domain=domain,
                title=f"Solved without a flow: {name}",
                description=f"{uncharted} of {resolved} resolved sessions in {name} were solved without any flow.",
                suggested_action="Turn the best of these sessions into a flow.",
                **found,
            )


def _repeated_patterns(pairs: Sequence[Any]) -> Iterator[schemas.Gap]:
    """The most frequent pairs of words; a word belongs to one gap only, so that one theme is told once."""
    told: set[str] = set()
    for pair in pairs:
        found = _signal("gap_repeated_pattern", pair.n, pair.n_unmatched)
        if found is None or {pair.first, pair.second} & told or len(told) >= 2 * MOST_PATTERNS:
            continue
        told |= {pair.first, pair.second}
        yield schemas.Gap(
            gap_type="repeated_pattern",
            domain=pair.domain,
            title=f"The same words again: {pair.first}, {pair.second}",
            description=f"{pair.n} of {pair.n_unmatched} sessions without a flow speak of both words.",
            suggested_action="Write one flow for what these sessions share.",
            **{**found, "evidence": {**found["evidence"], "words": [pair.first, pair.second]}},
        )


def _grouped(rows: Iterable[Any], key: Callable[[Any], Hashable]) -> Iterable[tuple[Any, list[Any]]]:
    groups: dict[Hashable, list[Any]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups.items()


def _signal(slug: str, part: int, whole: int) -> dict[str, Any] | None:
    """Severity and evidence if the lower bound of part/whole is over the metric's threshold, else None."""
    metric: Metric = METRICS[slug]
    assert metric.threshold is not None
    assert metric.high is not None
    assert metric.min_cases is not None
    interval = wilson(part, whole)
    # A pattern's cases are the sessions that show it; a rate's are all that could have.
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
