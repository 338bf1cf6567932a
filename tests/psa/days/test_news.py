"""Every change of a push or a time entry that a sum would show marks its day, and that of the session's next."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from flowpilot.analytics.period import window
from flowpilot.analytics.psa import psa_metrics
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.session import Database
from flowpilot.psa.days import news
from flowpilot.psa.models import PsaActivityLog, PsaPostLog
from flowpilot.sessions.days import rolling
from tests.company import Company, at, run

SOURCE = Path(news.__file__).parents[2]
MOMENT = at("2026-06-15 12:00")
DAY = date(2026, 6, 15)

# What writes pushes and activities with statements of its own, and how it marks them.
OWN_STATEMENTS = {
    "demo/seed.py": "enqueue_due marks the days",
    "offboarding/removal.py": "removes the sums with everything else",
    "psa/days/news.py": "marks what it adds",
    "psa/postings/planning.py": "a push that has not ended is in no sum",
}
_WRITES = re.compile(
    r"(?:UPDATE|INSERT INTO|DELETE FROM) psa_(?:post|activity)_logs\b"
    r"|\b(?:update|insert|delete)\((?:PsaPostLog|PsaActivityLog)\)|copy_rows\(\s*\w+,\s*\"psa_(?:post|activity)_logs"
)


def test_every_place_that_writes_them_by_itself_is_known() -> None:
    found = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if "migrations" not in path.parts and _WRITES.search(path.read_text())
    }
    # These go through tables by their names.
    assert found | {"demo/seed.py", "offboarding/removal.py"} == OWN_STATEMENTS.keys(), (
        "Mark the days of what is changed (psa/days/news), or reports show old sums; and say here how."
    )


def _marked(company: Company) -> list[date]:
    return [day for (day,) in company.query("SELECT DISTINCT day FROM psa_news ORDER BY day")]


def _roll(company: Company) -> None:
    rolling.roll(company.urls.runtime, company.id)
    assert _marked(company) == []


def _add(company: Company, *rows: PsaPostLog | PsaActivityLog) -> None:
    async def work(database: Database) -> None:
        async with database.write(company.id) as db:
            db.add_all(rows)

    run(company.urls, work)


def _push(company: Company, session_id: UUID, posted_at: datetime | None, **values: Any) -> PsaPostLog:
    said = {"status": "success", "retry_count": 0, **values}
    return PsaPostLog(account_id=company.id, id=new_id(), ai_session_id=session_id, posted_at=posted_at, **said)


def _change(company: Company, log: PsaPostLog, **values: Any) -> None:
    async def work(database: Database) -> None:
        async with database.write(company.id) as db:
            kept = await db.get_one(PsaPostLog, (company.id, log.id))
            for name, value in values.items():
                setattr(kept, name, value)

    run(company.urls, work)


def _pushed(company: Company, start: str, end: str) -> int:
    async def ask(database: Database) -> int:
        async with database.read(company.id) as db:
            asked = window(company.id, now=MOMENT, account_timezone="UTC", from_=start, to=end)
            return (await psa_metrics(db, asked)).push_funnel.doc_pushed

    return run(company.urls, ask)


def test_a_push_counts_once_it_has_ended(company: Company) -> None:
    log = _push(company, company.add("ai_sessions"), None, status="pending")
    _add(company, log)
    assert _marked(company) == []
    _change(company, log, status="success", posted_at=MOMENT)
    assert _marked(company) == [DAY]
    _roll(company)
    _change(company, log, status="pending", posted_at=None)
    assert _marked(company) == [DAY]


@pytest.mark.parametrize("minutes", [0, 59])
def test_before_midnight_the_next_day_is_news_too(company: Company, minutes: int) -> None:
    _add(company, _push(company, company.add("ai_sessions"), at("2026-06-15 23:00") + timedelta(minutes=minutes)))
    assert _marked(company) == [DAY, DAY + timedelta(days=1)]


def test_a_time_entry_of_now_is_added_once_with_its_mark(company: Company) -> None:
    row = {
        "account_id": company.id,
        "id": new_id(),
        "session_id": company.add("ai_sessions"),
        "activity_type": "time_entry_posted",
        "hours_logged": 1,
        "created_at": MOMENT,
    }

    async def work(database: Database) -> None:
        async with database.write(company.id) as db:
            await db.execute(news.logged(row))

    for _ in range(2):
        run(company.urls, work)
        assert _marked(company) == [DAY]
        _roll(company)
    assert company.query("SELECT entries, hours, logged_first FROM psa_days WHERE day = %s", DAY) == [
        (1, 10000, 1)
    ]


def test_an_earlier_push_is_news_for_the_day_of_the_next(company: Company) -> None:
    session_id = company.add("ai_sessions")
    _add(company, _push(company, session_id, MOMENT))
    _roll(company)
    _add(company, _push(company, session_id, MOMENT - timedelta(days=9)))
    assert _marked(company) == [DAY - timedelta(days=9), DAY]
    _roll(company)
    assert company.query("SELECT pushed_first, pushed_before FROM psa_days WHERE pushed > 0 ORDER BY day") == [
        (1, []),
        (0, [MOMENT - timedelta(days=9)]),
    ]
    assert _pushed(company, "2026-06-01", "2026-06-16") == 1
    assert _pushed(company, "2026-06-10", "2026-06-16") == 1
    assert _pushed(company, "2026-06-01", "2026-06-10") == 1


def test_pushes_at_the_same_time_around_midnight_count_once(company: Company) -> None:
    """The later one is stored and summed up before the earlier one, which began before it, is stored."""
    session_id = company.add("ai_sessions")
    midnight = at("2026-06-15 00:00")

    async def earlier(database: Database) -> None:
        async with database.write(company.id) as db:
            db.add(_push(company, session_id, midnight - timedelta(seconds=1)))
            await db.flush()
            with account_transaction(company.urls.runtime, company.id) as connection:
                connection.execute(
                    "INSERT INTO psa_post_logs (account_id, id, ai_session_id, status, posted_at)"
                    " VALUES (%s, %s, %s, 'success', %s)",
                    (company.id, new_id(), session_id, midnight + timedelta(seconds=1)),
                )
                news.mark_all(connection, company.id)
            rolling.roll(company.urls.runtime, company.id)

    run(company.urls, earlier)
    assert _pushed(company, "2026-06-01", "2026-06-17") == 1
    _roll(company)
    assert _pushed(company, "2026-06-01", "2026-06-17") == 1


def test_two_that_sum_up_the_same_day_exclude_each_other(company: Company) -> None:
    _add(company, _push(company, company.add("ai_sessions"), MOMENT))
    with account_transaction(company.urls.runtime, company.id) as connection:
        rolling.begin(connection)
        connection.execute("SELECT FROM psa_news WHERE account_id = %s", [company.id])
        rolling.roll(company.urls.runtime, company.id)
        with pytest.raises(psycopg.errors.SerializationFailure):
            rolling.sum_up(connection, company.id, [DAY])
        connection.rollback()
    assert company.query("SELECT pushes FROM psa_days") == [(1,)]


def test_a_wrong_sum_and_a_day_without_a_mark_are_found(company: Company) -> None:
    session_id = company.add("ai_sessions")
    _add(company, _push(company, session_id, MOMENT))
    _roll(company)
    with account_transaction(company.urls.runtime, company.id) as connection:
        connection.execute("UPDATE psa_days SET pushed = 7 WHERE account_id = %s", [company.id])
    company.add("psa_post_logs", ai_session_id=session_id, posted_at=MOMENT - timedelta(days=3), status="failed")
    with account_transaction(company.urls.runtime, company.id) as connection:
        # The day of the session has no sums either.
        assert rolling.reconcile(connection, company.id) >= 2
    assert _marked(company) == [DAY - timedelta(days=3), DAY]
    _roll(company)
    assert company.query("SELECT pushes, pushed FROM psa_days ORDER BY day") == [(1, 0), (1, 1)]
    with account_transaction(company.urls.runtime, company.id) as connection:
        assert rolling.reconcile(connection, company.id) == 0
