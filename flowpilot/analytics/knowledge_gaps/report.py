"""Knowledge gaps: where the flows fall short. Each signal is judged by the lower bound of its interval."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import TextClause

from flowpilot.analytics.knowledge_gaps.said import Repeated, repeated
from flowpilot.analytics.knowledge_gaps.schemas import Gap, GapSessions, KnowledgeGaps
from flowpilot.analytics.metrics import METRICS, Metric
from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import header
from flowpilot.analytics.sql import CREATED_IN_WINDOW, statement
from flowpilot.analytics.statistics import wilson
from flowpilot.analytics.summed.sources import GAPS_WITH_ANSWERS, read, summed
from flowpilot.db.session import ReadDb
from flowpilot.sessions.days.sums import CELL_GROUP, CELL_SUMS, IS_OPEN, listed

# Parameters of an address by name, each as it is written there.
Asked = dict[str, str]

_ROWS = "/api/v1/analytics/flowpilot/rows/sessions"

_COUNTS = ("n", "answers", "free_texts", "leaving", "escalated", "resolved", "uncharted")
_ANSWERS = {
    "answers": "sum(answer_count)",
    "free_texts": "sum(free_text_count)",
    "leaving": "count(*) FILTER (WHERE free_text_count > 0)",
}
_GROUPS = f"""
    SELECT {listed(CELL_GROUP)}, {listed({name: CELL_SUMS[name] for name in _COUNTS} | _ANSWERS)}
    FROM ai_sessions
    WHERE {CREATED_IN_WINDOW}
    GROUP BY 1, 2
"""
# What days do not say: the answers of open sessions, of the whole window.
_OPEN = f"""
    SELECT {listed(CELL_GROUP)}, {listed(dict.fromkeys(_COUNTS, "0") | _ANSWERS)}
    FROM public.ai_sessions
    WHERE {CREATED_IN_WINDOW} AND {IS_OPEN}
    GROUP BY 1, 2
"""
_REST = f"""
    SELECT {listed(CELL_GROUP)}, {listed({name: CELL_SUMS[name] for name in _COUNTS})}
    FROM ai_sessions
    WHERE {CREATED_IN_WINDOW}
    GROUP BY 1, 2
"""


def _sql(parts: str, before: str = "") -> TextClause:
    """The statement over groups of sessions by flow and domain, of which one may come in several parts."""
    return statement(f"""
WITH {before} groups AS MATERIALIZED (
    SELECT flow_id, domain, {", ".join(f"sum({name})::bigint AS {name}" for name in _COUNTS)}
    FROM ({parts}) parts
    GROUP BY 1, 2
)
SELECT g.*, t.name AS flow
FROM groups g
LEFT JOIN trees t ON t.account_id = :account_id AND t.id = g.flow_id
ORDER BY g.n DESC, g.domain COLLATE "C", g.flow_id
""")


_ROWS_SQL = _sql(_GROUPS)
_DAYS_SQL = _sql(f"{_REST} UNION ALL {_OPEN} {summed('cell', *CELL_GROUP, *_COUNTS)}", f"{GAPS_WITH_ANSWERS},")


async def knowledge_gaps(db: ReadDb, window: Window) -> KnowledgeGaps:
    """The window's gaps, worst first, in three statements."""
    found, asked = await groups(db, window), _encoded(window.asked)
    gaps = [
        *_weak_options(asked, found),
        *_high_escalation(asked, found),
        *_uncharted_territory(asked, found),
        *await _repeated_patterns(db, window, asked),
    ]
    rank = {"high": 0, "medium": 1, "low": 2}
    return KnowledgeGaps(
        **header(window, "knowledge-gaps"),
        generated_at=window.as_of,
        gaps=sorted(gaps, key=lambda gap: (rank[gap.severity], -gap.evidence["lower_bound"], gap.title)),
    )


async def groups(db: ReadDb, window: Window) -> Sequence[Any]:
    """What the window's sessions of each flow and domain come to: a row each, the most sessions first."""
    return (await read(db, _DAYS_SQL, _ROWS_SQL, window)).all()


def _weak_options(window: Asked, groups: Sequence[Any]) -> Iterator[Gap]:
    for (flow_id, domain), rows in _grouped(groups, _flow_or_domain):
        where = f"the flow “{rows[0].flow}”" if flow_id else f"{domain or 'other'} sessions without a flow"
        asked = {"flow_id": str(flow_id)} if flow_id else {"without_flow": True, **_of(domain)}
        free, answers = sum(row.free_texts for row in rows), sum(row.answers for row in rows)
        if found := _signal("gap_weak_options", free, answers):
            yield Gap(
                gap_type="weak_options",
                domain=domain or rows[0].domain,
                title=f"Offered options do not fit in {where}",
                description=f"In {where}, {free} of {answers} answers left the offered options for free text.",
                suggested_action="Read the free texts and turn the common ones into options.",
                sessions=_sessions(window, sum(row.leaving for row in rows), left_options=True, **asked),
                **found,
            )


def _high_escalation(window: Asked, groups: Sequence[Any]) -> Iterator[Gap]:
    for domain, rows in _grouped(groups, lambda row: row.domain):
        escalated, n = sum(row.escalated for row in rows), sum(row.n for row in rows)
        if domain is not None and (found := _signal("gap_high_escalation", escalated, n)):
            yield Gap(
                gap_type="high_escalation",
                domain=domain,
                title=f"Many escalations in {domain}",
                description=f"{escalated} of {n} {domain} sessions were escalated.",
                suggested_action=f"Write down what the seniors do in {domain}, as a flow or as steps of one.",
                sessions=_sessions(window, escalated, status=["escalated"], **_of(domain)),
                **found,
            )


def _uncharted_territory(window: Asked, groups: Sequence[Any]) -> Iterator[Gap]:
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
                sessions=_sessions(
                    window, uncharted, status=["resolved"], tier="discovery", without_flow=True, **_of(domain)
                ),
                **found,
            )


async def _repeated_patterns(db: ReadDb, window: Window, asked: Asked) -> list[Gap]:
    """The phrases that are said most, one for each theme."""
    phrases, n = await repeated(db, window, lambda n: _least_cases("gap_repeated_pattern", n))
    return [_pattern_gap(asked, phrase, n) for phrase in phrases]


def _pattern_gap(window: Asked, phrase: Repeated, n_unmatched: int) -> Gap:
    found = _signal("gap_repeated_pattern", phrase.n, n_unmatched)
    assert found is not None
    return Gap(
        gap_type="repeated_pattern",
        domain=phrase.domain,
        severity=found["severity"],
        title=f"Said again and again: “{phrase.text}”",
        description=f"{phrase.n} of {n_unmatched} sessions without a flow say this.",
        evidence=found["evidence"] | {"words": list(phrase.words), "phrase": phrase.text},
        suggested_action="Write one flow for what these sessions have in common.",
        sessions=_sessions(window, phrase.n, phrase=phrase.text),
    )


def _sessions(window: Asked, n: int, **filters: Any) -> GapSessions:
    asked = {name: str(value).lower() if value is True else value for name, value in filters.items()}
    query = "&".join((_encoded(asked) | window).values())
    return GapSessions(n=n, filters=filters, path=f"{_ROWS}?{query}", outcomes=f"{_ROWS}/outcomes?{query}")


def _encoded(asked: Mapping[str, Any]) -> Asked:
    return {name: urlencode({name: value}, doseq=True) for name, value in asked.items()}


def _of(domain: str | None) -> dict[str, Any]:
    return {"without_domain": True} if domain is None else {"domain": domain}


def _flow_or_domain(row: Any) -> tuple[UUID | None, str | None]:
    return row.flow_id, None if row.flow_id else row.domain


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
