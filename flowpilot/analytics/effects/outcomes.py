"""What became of sessions: the proposals that hold them, the flows made of these, and whether they helped."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import TextClause

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.effects.effect import effect
from flowpilot.analytics.effects.schemas import EffectOut
from flowpilot.analytics.period import Window
from flowpilot.analytics.rows.sessions import SessionRowFilter
from flowpilot.analytics.sql import statement
from flowpilot.db.session import ReadDb

_MOST_PROPOSALS = 10


class Outcome(BaseModel):
    """A proposal that holds some of the sessions. `effect` is null until it is published."""

    proposal_id: UUID
    title: str
    status: str
    sessions: int = Field(description="How many of the sessions it holds.")
    flow_id: UUID | None = Field(description="The flow that it changes, or that it became.")
    flow: str | None
    reviewed_at: datetime | None
    effect: EffectOut | None


class Outcomes(BaseModel):
    """What became of sessions."""

    n: int = Field(description="How many sessions there are.")
    held: int = Field(description="How many of them a proposal holds.")
    proposals: list[Outcome] = Field(description=f"Those that hold most of them first, at most {_MOST_PROPOSALS}.")


async def outcomes(db: ReadDb, window: Window, row_filter: SessionRowFilter, now: datetime) -> Outcomes:
    """The proposals of the sessions that are asked for, in one statement, and two more for each published one."""
    parameters = window.parameters | row_filter.parameters | {"most": _MOST_PROPOSALS}
    rows = (await db.execute(narrowed(_query(row_filter), window.only), parameters)).all()
    found = [
        Outcome(
            proposal_id=row.id,
            title=row.title,
            status=row.status,
            sessions=row.sessions,
            flow_id=row.flow_id,
            flow=row.flow,
            reviewed_at=row.reviewed_at,
            effect=await effect(db, window.account_id, row.id, now) if row.is_published else None,
        )
        for row in rows
        if row.id is not None
    ]
    return Outcomes(n=rows[0].n, held=rows[0].held, proposals=found)


def _query(row_filter: SessionRowFilter) -> TextClause:
    return statement(f"""
    WITH asked AS MATERIALIZED (SELECT id FROM ai_sessions WHERE {row_filter.where()}),
    held AS MATERIALIZED (
        SELECT proposal_id, session_id FROM flow_proposal_sessions
        WHERE account_id = :account_id AND session_id IN (SELECT id FROM asked)
    ),
    most AS (
        SELECT proposal_id, count(*) AS sessions FROM held
        GROUP BY proposal_id ORDER BY sessions DESC, proposal_id LIMIT :most
    )
    SELECT totals.*, p.id, p.title, p.status, m.sessions, p.flow_id, t.name AS flow, p.reviewed_at,
           p.published_version_id IS NOT NULL AND p.reviewed_at IS NOT NULL AS is_published
    FROM (SELECT (SELECT count(*) FROM asked) AS n, (SELECT count(DISTINCT session_id) FROM held) AS held) totals
    LEFT JOIN most m ON true
    LEFT JOIN flow_proposals p ON p.account_id = :account_id AND p.id = m.proposal_id
    LEFT JOIN trees t ON t.account_id = :account_id AND t.id = p.flow_id
    ORDER BY m.sessions DESC, p.id
    """)
