"""At any moment of any history, reports over records of days answer what the rows say, digit for digit."""

import random
import uuid
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.analytics.dashboard import durability
from flowpilot.analytics.follow_up import report as follow_up
from flowpilot.analytics.period import Period, window
from flowpilot.analytics.summed.memory import memory
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.sessions.days import rolling
from tests.analytics.histories import histories
from tests.analytics.records.histories import NOW, History
from tests.company import run

OVER_RECORDS = (durability, follow_up)
WINDOWS: list[dict[str, Any]] = [
    {"period": Period.WEEK},
    {"period": Period.MONTH},
    {"from_": "2026-03-20", "to": "2026-03-29", "tz": "Asia/Kathmandu"},
    {"from_": "2026-03-20T00:00:00Z", "to": "2026-03-29T00:00:00Z", "tz": "UTC"},
    {"from_": "2026-03-17T13:45:00Z", "to": "2026-03-29T01:00:00.000001Z", "tz": "Europe/Vienna"},
    {"from_": "2026-03-25T09:00:00Z", "to": "2026-03-26T08:00:00Z", "tz": "Pacific/Chatham"},
    {"from_": "2026-03-25", "to": "2026-04-25", "tz": "UTC"},
    {"from_": "2001-01-01", "to": "2027-01-01", "tz": "America/St_Johns"},
]


async def _reports(database: Database, account_id: uuid.UUID, asked: list[dict[str, Any]]) -> list[Any]:
    async with database.read(account_id) as db:
        windows = [window(account_id, now=NOW, account_timezone="UTC", **one) for one in asked]
        return [
            {
                "durability": await durability.durable_resolutions(db, one),
                "follow-up": await follow_up.follow_up(db, one, compare=True),
            }
            for one in windows
        ]


def _check(history: History, asked: list[dict[str, Any]], *, forgets: bool = False) -> None:
    if forgets:
        memory.forget()
    over_records = run(history.urls, lambda database: _reports(database, history.account_id, asked))
    with pytest.MonkeyPatch.context() as patch:
        for module in OVER_RECORDS:
            patch.setattr(module, "is_read_from_records", lambda _: False)
        over_rows = run(history.urls, lambda database: _reports(database, history.account_id, asked))
    for one, found, expected in zip(asked, over_records, over_rows, strict=True):
        for report, answer in expected.items():
            for field, value in dict(answer).items():
                assert dict(found[report])[field] == value, (one, report, field)


@histories(12)
@given(seed=st.integers(0, 2**32))
def test_a_report_is_right_at_every_moment(urls: DatabaseUrls, seed: int) -> None:
    history = History(urls, random.Random(seed))  # noqa: S311
    for _ in range(6):
        for _ in range(history.draw.randrange(1, 5)):
            history.go_on()
        _check(history, WINDOWS, forgets=history.draw.random() < 0.3)
    history.roll()
    _check(history, WINDOWS)
    with account_transaction(urls.runtime, history.account_id) as connection:
        rolling.reconcile(connection, history.account_id)
    history.roll()
    with account_transaction(urls.runtime, history.account_id) as connection:
        marked = connection.execute("SELECT FROM session_news WHERE account_id = %s", [history.account_id])
        assert marked.rowcount == 0
        assert rolling.reconcile(connection, history.account_id) == 0
    _check(history, WINDOWS)


@histories(12)
@given(seed=st.integers(0, 2**32))
def test_a_report_is_right_before_and_after_what_is_remembered(urls: DatabaseUrls, seed: int) -> None:
    """What is remembered of a day was made for one moment, and is asked about for others."""
    history = History(urls, random.Random(seed))  # noqa: S311
    history.roll()
    ends = [
        NOW - timedelta(days=history.draw.randrange(10), seconds=history.draw.randrange(9 * 3600))
        for _ in range(6)
    ]
    _check(history, [{"from_": "2026-03-01", "to": end.isoformat(), "tz": "UTC"} for end in ends])


@histories(12)
@given(seed=st.integers(0, 2**32))
def test_whatever_changes_a_record_marks_its_day(urls: DatabaseUrls, seed: int) -> None:
    history = History(urls, random.Random(seed))  # noqa: S311
    history.roll()
    for _ in range(9):
        history.go_on()
    with account_transaction(urls.runtime, history.account_id) as connection:
        (different,) = (one.different for one in rolling.summed if one.table == "session_records")
        found = connection.execute(different.encode(), {"account_id": history.account_id}).fetchall()
    assert found == []
