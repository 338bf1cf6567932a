"""The contract's reports in the plainest SQL, one statement a figure: what ours are measured against.

Each is written as somebody would write it with an ORM and the contract in hand, on the indexes of the schema.
A test holds them to the contract's worked world, so that both sides answer the same.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from benchmarks.naive import coverage, dashboard, escalations, flow_quality, psa_metrics

Figures = Mapping[str, str]

# By report as `benchmarks.measure.REPORTS` names them. Knowledge gaps have no figures that the contract fixes.
STATEMENTS: Mapping[str, Figures] = {
    "dashboard": dashboard.FIGURES,
    "coverage": coverage.FIGURES,
    "flow-quality": flow_quality.FIGURES,
    "psa-metrics": psa_metrics.FIGURES,
    "escalations": escalations.FIGURES,
}

Row = tuple[Any, ...]


def answer(
    connection: psycopg.Connection[Any], report: str, account: UUID, start: datetime, end: datetime
) -> dict[str, list[Row]]:
    """The rows of every figure of a report, not yet rounded. The transaction has stated its account."""
    values = {"account": account, "start": start, "end": end}
    with connection.cursor(row_factory=tuple_row) as cursor:
        return {figure: cursor.execute(sql, values).fetchall() for figure, sql in STATEMENTS[report].items()}
