"""The six reports answer the contract's worked world to the digit."""

import json
import uuid
from datetime import datetime
from typing import Any

import pytest

from flowpilot.analytics.coverage import coverage
from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.flow_quality import FlowSort, flow_quality
from flowpilot.analytics.period import Period, window
from flowpilot.analytics.psa import psa_metrics
from flowpilot.analytics.reports import to_json
from flowpilot.analytics.schemas import Report
from flowpilot.db.session import Database, ReadDb

pytestmark = pytest.mark.anyio

ASKED = [
    "dashboard",
    "coverage",
    "psa-metrics",
    "escalations",
    *(f"flow-quality?sort={sort}" for sort in FlowSort),
]


async def _run(asked: str, db: ReadDb, account_id: uuid.UUID, now: datetime, period: Period) -> Report:
    asked_window = window(account_id, now=now, account_timezone="UTC", period=period)
    name, _, sort = asked.partition("?sort=")
    match name:
        case "dashboard":
            return await dashboard(db, asked_window)
        case "coverage":
            return await coverage(db, asked_window)
        case "psa-metrics":
            return await psa_metrics(db, asked_window)
        case "escalations":
            return await escalations(db, asked_window)
        case _:
            return await flow_quality(db, asked_window, FlowSort(sort))


def _only_the_fields_of(expected: Any, answer: Any) -> Any:
    """The answer without FlowPilot's additional fields. Lists must have the same length and order."""
    if isinstance(expected, dict) and isinstance(answer, dict):
        return {key: _only_the_fields_of(value, answer.get(key, "missing")) for key, value in expected.items()}
    if isinstance(expected, list) and isinstance(answer, list) and len(expected) == len(answer):
        return [_only_the_fields_of(*pair) for pair in zip(expected, answer, strict=True)]
    return answer


@pytest.mark.parametrize("account", ["busy", "small", "empty"])
@pytest.mark.parametrize("period", list(Period))
@pytest.mark.parametrize("asked", ASKED)
async def test_every_figure(
    world: dict[str, Any], database: Database, account: str, period: Period, asked: str
) -> None:
    expected = world["accounts"][account][period][asked]
    account_id = uuid.UUID(world["accounts"][account]["account_id"])
    async with database.read(account_id) as db:
        report = await _run(asked, db, account_id, datetime.fromisoformat(world["now"]), period)
    assert _only_the_fields_of(expected, json.loads(to_json(report))) == expected
