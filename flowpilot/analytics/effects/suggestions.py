"""What became of the copilot's suggestions: how many are followed, and how many of those solve the problem."""

from typing import Any

from pydantic import BaseModel, Field

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import Interval, Report, header
from flowpilot.analytics.sql import statement
from flowpilot.analytics.statistics import rate_ci95
from flowpilot.db.session import ReadDb


class SuggestionSource(BaseModel):
    """The suggestions of the rules, or of one model as it was told what to do, that somebody answered."""

    source: str = Field(description="`ai` or `rules`.")
    model: str | None
    prompt_version: str | None
    n_answered: int
    n_followed: int
    followed_rate: float = Field(description="Of `n_answered`.")
    followed_rate_ci95: Interval
    n_solved: int
    solved_rate: float | None = Field(description="Of `n_followed`.")
    solved_rate_ci95: Interval
    n_not_helped: int
    n_not_applicable: int
    n_already_done: int
    n_wrong: int
    n_other: int


class SuggestionReport(Report):
    """The answered suggestions by who made them, the most first."""

    sources: list[SuggestionSource]


_SQL = statement("""
SELECT source, model, prompt_version, count(*) AS n,
       count(*) FILTER (WHERE result <> 'dismissed') AS followed,
       count(*) FILTER (WHERE result = 'solved') AS solved,
       count(*) FILTER (WHERE result = 'not_helped') AS not_helped,
       count(*) FILTER (WHERE reason = 'not_applicable') AS not_applicable,
       count(*) FILTER (WHERE reason = 'already_done') AS already_done,
       count(*) FILTER (WHERE reason = 'wrong') AS wrong,
       count(*) FILTER (WHERE reason = 'other') AS other
FROM suggestion_outcomes o
WHERE o.account_id = :account_id AND o.at >= :start AND o.at < :end
  AND NOT EXISTS (
      SELECT FROM ai_session_steps e
      WHERE e.account_id = :account_id AND e.session_id = o.session_id AND e.kind = 'take_back'
        AND (e.content->>'step' = CAST(o.step_id AS text)
             OR jsonb_exists(e.content->'also', CAST(o.step_id AS text)))
  )
GROUP BY 1, 2, 3
ORDER BY n DESC, source COLLATE "C", model COLLATE "C", prompt_version COLLATE "C"
""")


async def suggestions(db: ReadDb, window: Window) -> SuggestionReport:
    """The report, in one statement."""
    rows = (await db.execute(narrowed(_SQL, window.only), window.parameters)).all()
    return SuggestionReport(**header(window, "suggestions"), sources=[_source(row) for row in rows])


def _source(row: Any) -> SuggestionSource:
    return SuggestionSource(
        source=row.source,
        model=row.model,
        prompt_version=row.prompt_version,
        n_answered=row.n,
        n_followed=row.followed,
        followed_rate=round(row.followed / row.n, 4),
        followed_rate_ci95=rate_ci95(row.followed, row.n),
        n_solved=row.solved,
        solved_rate=round(row.solved / row.followed, 4) if row.followed else None,
        solved_rate_ci95=rate_ci95(row.solved, row.followed),
        n_not_helped=row.not_helped,
        n_not_applicable=row.not_applicable,
        n_already_done=row.already_done,
        n_wrong=row.wrong,
        n_other=row.other,
    )
