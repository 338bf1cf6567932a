"""The hours that accounts have were always theirs, and the working times of what has happened follow from them."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from alembic import op
from sqlalchemy import Connection

from flowpilot.db.base import new_id
from flowpilot.db.rls import each_account
from flowpilot.migrations.apart import FIRST, apart
from flowpilot.working_hours import HoursHistory, same_each_day, work_seconds

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

_PAGE = 1000

HOURS = """
SELECT timezone, work_days, work_start, work_end FROM accounts WHERE id = %(account_id)s AND work_days IS NOT NULL
"""
ALWAYS = """
INSERT INTO account_hours (account_id, id, timezone, spans)
VALUES (%(account_id)s, %(id)s, %(timezone)s, %(spans)s)
ON CONFLICT DO NOTHING
"""

# By table: the columns to fill, each with those between which the time passed.
DURATIONS = {
    "ai_sessions": {"work_seconds": ("created_at", "resolved_at")},
    "session_handoffs": {
        "claim_work_seconds": ("created_at", "claimed_at"),
        "action_work_seconds": ("claimed_at", "first_action_at"),
        "claimant_work_seconds": ("claimed_at", "claimant_action_at"),
    },
}


def upgrade() -> None:
    for account_id in each_account(op.get_bind()):
        hours = op.get_bind().exec_driver_sql(HOURS, {"account_id": account_id}).one_or_none()
        if hours is None:
            continue
        with apart(account_id) as connection:
            _keep(connection, account_id, hours)
        zone = ZoneInfo(hours.timezone)
        week = same_each_day(hours.work_days, hours.work_start, hours.work_end, zone)
        history = HoursHistory([datetime.min.replace(tzinfo=UTC)], [week])
        for table, durations in DURATIONS.items():
            last: uuid.UUID | None = FIRST
            while last is not None:
                with apart(account_id) as connection:
                    last = _fill(connection, account_id, table, durations, history, last)


def _keep(connection: Connection, account_id: uuid.UUID, hours: Any) -> None:
    times = {"start": f"{hours.work_start:%H:%M}", "end": f"{hours.work_end:%H:%M}"}
    spans = json.dumps([{"weekday": day, **times} for day in hours.work_days])
    values = {"account_id": account_id, "id": new_id(), "timezone": hours.timezone, "spans": spans}
    connection.exec_driver_sql(ALWAYS, values)


def _fill(
    connection: Connection,
    account_id: uuid.UUID,
    table: str,
    durations: dict[str, tuple[str, str]],
    history: HoursHistory,
    after: uuid.UUID,
) -> uuid.UUID | None:
    """Fill the next page, and return the last id of it; None if there is no more."""
    ends = ", ".join(f"{start}, {end}" for start, end in durations.values())
    query = (
        f"SELECT id, {ends} FROM {table} WHERE account_id = %(account_id)s AND id > %(after)s"  # noqa: S608
        f" ORDER BY id LIMIT {_PAGE}"
    )
    rows = connection.exec_driver_sql(query, {"account_id": account_id, "after": after}).fetchall()
    columns = ", ".join(f"{column} = %({column})s" for column in durations)
    statement = f"UPDATE {table} SET {columns} WHERE account_id = %(account_id)s AND id = %(id)s"  # noqa: S608
    for own_id, *moments in rows:
        times = [work_seconds(start, end, history) for start, end in zip(moments[::2], moments[1::2], strict=True)]
        if any(time is not None for time in times):
            values = dict(zip(durations, times, strict=True))
            connection.exec_driver_sql(statement, {**values, "account_id": account_id, "id": own_id})
    return rows[-1][0] if rows else None


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
