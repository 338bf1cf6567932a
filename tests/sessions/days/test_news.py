"""Every change that a sum would show marks its day, whoever makes it; and what no sum shows marks nothing."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.session import Database
from flowpilot.db.together import write_together
from flowpilot.sessions.days import news, rolling
from flowpilot.sessions.models import AISession
from tests.company import Company, at, run

SOURCE = Path(news.__file__).parents[2]
CREATED = at("2026-06-15 23:59")
DAY = date(2026, 6, 15)

# What writes sessions with statements of its own, and how it marks them, or what it writes that no sum shows.
OWN_STATEMENTS = {
    "demo/seed.py": "enqueue_due marks the days",
    "imports/undo.py": "marks those removed",
    "imports/writer.py": "marks those written, and where they were",
    "sessions/clients.py": "the client's name and id are in no sum",
    "sessions/derived.py": "marks those corrected",
    "sessions/removal/own.py": "only the domain is in a sum, whose day is forgotten",
    "offboarding/removal.py": "removes the sums with everything else",
}
_WRITES = re.compile(
    r"(?:UPDATE|INSERT INTO|DELETE FROM) ai_sessions\b|\b(?:update|insert|delete)\(AISession\)"
    r'|(?:copy_rows\(\s*\w+,\s*|drafts\.copy\(\s*)"ai_sessions"'
    r'|overwrite\(db, removal, AISession|recount\(\w+, \w+, "ai_sessions"'
)


def test_every_place_that_writes_sessions_by_itself_is_known() -> None:
    found = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if "migrations" not in path.parts and _WRITES.search(path.read_text())
    }
    # These go through tables by their names.
    assert found | {"demo/seed.py", "offboarding/removal.py"} == OWN_STATEMENTS.keys(), (
        "Mark the days of what is changed (sessions/days/news), or reports show old sums; and say here how."
    )


def _begin(company: Company, **values: Any) -> Any:
    """A session of a day that is summed up."""
    session_id = company.add("ai_sessions", created_at=CREATED, **values)
    with account_transaction(company.urls.runtime, company.id) as connection:
        news.mark(connection, company.id, [CREATED])
    rolling.roll(company.urls.runtime, company.id)
    assert _marked(company) == []
    return session_id


def _marked(company: Company) -> list[date]:
    return [day for (day,) in company.query("SELECT day FROM session_news ORDER BY day")]


def _change(company: Company, session_id: Any, values: Mapping[str, Any], *, together: bool = False) -> None:
    async def work(database: Database) -> None:
        async with database.write(company.id) as db:
            session = await db.get_one(AISession, (company.id, session_id))
            for name, value in values.items():
                setattr(session, name, value)
            if together:
                await write_together(db, session)

    run(company.urls, work)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "resolved"},
        {"status": "requesting_escalation"},
        {"problem_domain": "vpn"},
        {"confidence_tier": "guided"},
        {"psa_ticket_id": "1"},
        {"session_rating": 5},
        {"resolved_at": CREATED},
        {"work_seconds": 1.0},
    ],
    ids=lambda values: next(iter(values)),
)
@pytest.mark.parametrize("together", [False, True])
def test_what_counts_marks_the_day(company: Company, values: Mapping[str, Any], together: bool) -> None:
    session_id = _begin(company)
    _change(company, session_id, values, together=together)
    assert _marked(company) == [DAY]


@pytest.mark.parametrize(
    ("before", "values"),
    [
        ("active", {"status": "paused"}),
        ("active", {"fix_applied_at": CREATED}),
        ("requesting_escalation", {"status": "escalated", "last_activity_at": CREATED}),
        ("active", {"step_count": 3, "answer_count": 1}),
        ("paused", {"step_count": 3, "answer_count": 1, "free_text_count": 1}),
        ("escalated", {"step_count": 3}),
        ("resolved", {"rating_comment": "Thanks", "problem_summary": "Printer"}),
    ],
)
@pytest.mark.parametrize("together", [False, True])
def test_what_does_not_count_marks_nothing(
    company: Company, before: str, values: Mapping[str, Any], together: bool
) -> None:
    session_id = _begin(company, status=before)
    _change(company, session_id, values, together=together)
    assert _marked(company) == []


@pytest.mark.parametrize("values", [{"step_count": 3}, {"fix_applied_at": CREATED}])
def test_a_step_or_a_fix_of_a_resolved_session_counts(company: Company, values: Mapping[str, Any]) -> None:
    session_id = _begin(company, status="resolved")
    _change(company, session_id, values)
    assert _marked(company) == [DAY]


@pytest.mark.parametrize("together", [False, True])
def test_when_an_abandoned_session_ended_counts(company: Company, together: bool) -> None:
    session_id = _begin(company, status="abandoned")
    _change(company, session_id, {"last_activity_at": CREATED}, together=together)
    assert _marked(company) == [DAY]


@pytest.mark.parametrize("status", ["requesting_escalation", "escalated", "resolved", "abandoned"])
@pytest.mark.parametrize("name", ["answer_count", "free_text_count"])
@pytest.mark.parametrize("together", [False, True])
def test_an_answer_of_a_session_that_is_not_open_counts(
    company: Company, status: str, name: str, together: bool
) -> None:
    session_id = _begin(company, status=status)
    _change(company, session_id, {name: 3}, together=together)
    assert _marked(company) == [DAY]


def test_another_day_is_news_for_both(company: Company) -> None:
    session_id = _begin(company)
    _change(company, session_id, {"created_at": CREATED + timedelta(minutes=1)})
    assert _marked(company) == [DAY, DAY + timedelta(days=1)]


def test_a_beginning_and_an_end_mark_the_day(company: Company) -> None:
    session_id = new_id()

    async def begin(database: Database) -> None:
        async with database.write(company.id) as db:
            db.add(AISession(account_id=company.id, id=session_id, created_at=CREATED))

    async def remove(database: Database) -> None:
        async with database.write(company.id) as db:
            await db.delete(await db.get_one(AISession, (company.id, session_id)))

    run(company.urls, begin)
    assert _marked(company) == [DAY]
    run(company.urls, remove)
    assert _marked(company) == [DAY, DAY]


def _forget(company: Company) -> None:
    async def forget(database: Database) -> None:
        async with database.write(company.id) as db:
            await news.forget_day(db, company.id, CREATED)

    run(company.urls, forget)


def test_forgetting_a_day_empties_its_sums(company: Company) -> None:
    _begin(company, problem_domain="A name")
    _forget(company)
    assert company.query("SELECT cell_domain, kind_n FROM session_days") == [([], [])]
    assert _marked(company) == [DAY]
    rolling.roll(company.urls.runtime, company.id)
    assert company.query("SELECT cell_domain, kind_n FROM session_days") == [(["A name"], [1])]


def test_what_is_forgotten_does_not_come_back_with_the_first_sums(company: Company) -> None:
    session_id = company.add("ai_sessions", created_at=CREATED, problem_domain="A name")
    with account_transaction(company.urls.runtime, company.id) as connection:
        news.mark(connection, company.id, [CREATED])
    with account_transaction(company.urls.runtime, company.id) as connection:
        rolling.begin(connection)
        connection.execute("SELECT FROM session_news WHERE account_id = %s", [company.id])
        _change(company, session_id, {"problem_domain": "removed"})
        _forget(company)
        with pytest.raises(psycopg.errors.SerializationFailure):
            rolling.sum_up(connection, company.id, [DAY])
        connection.rollback()
    assert company.query("SELECT cell_domain FROM session_days") == [([],)]
    rolling.roll(company.urls.runtime, company.id)
    assert company.query("SELECT cell_domain FROM session_days") == [(["removed"],)]


def test_two_that_sum_up_the_same_day_exclude_each_other(company: Company) -> None:
    session_id = _begin(company)
    _change(company, session_id, {"status": "resolved"})
    with account_transaction(company.urls.runtime, company.id) as connection:
        rolling.begin(connection)
        connection.execute("SELECT FROM session_news WHERE account_id = %s", [company.id])
        rolling.roll(company.urls.runtime, company.id)
        with pytest.raises(psycopg.errors.SerializationFailure):
            rolling.sum_up(connection, company.id, [DAY])
        connection.rollback()
    assert company.query("SELECT kind_status FROM session_days") == [(["resolved"],)]
    assert _marked(company) == []


def test_a_wrong_sum_is_found_and_made_again(company: Company) -> None:
    _begin(company)
    with account_transaction(company.urls.runtime, company.id) as connection:
        connection.execute("UPDATE session_days SET kind_n = '{7}' WHERE account_id = %s", [company.id])
        assert rolling.reconcile(connection, company.id) == 1
    rolling.roll(company.urls.runtime, company.id)
    assert company.query("SELECT kind_n FROM session_days") == [([1],)]
    with account_transaction(company.urls.runtime, company.id) as connection:
        assert rolling.reconcile(connection, company.id) == 0


def test_a_day_with_neither_sums_nor_mark_is_found(company: Company) -> None:
    _begin(company)
    company.add("ai_sessions", created_at=CREATED + timedelta(days=3))
    with account_transaction(company.urls.runtime, company.id) as connection:
        assert rolling.reconcile(connection, company.id) == 1
        assert rolling.reconcile(connection, company.id) == 0
    assert _marked(company) == [DAY + timedelta(days=3)]
    rolling.roll(company.urls.runtime, company.id)
    assert company.query("SELECT day, kind_n FROM session_days ORDER BY day") == [
        (DAY, [1]),
        (DAY + timedelta(days=3), [1]),
    ]


@pytest.mark.parametrize("collisions", [1, 4, 5])
def test_one_that_collides_is_done_again(
    company: Company, collisions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = _begin(company)
    _change(company, session_id, {"status": "resolved"})
    begin, left = rolling.begin, [None] * collisions

    def begin_with_another(connection: psycopg.Connection) -> None:
        begin(connection)
        connection.execute("SELECT FROM session_news WHERE account_id = %s", [company.id])
        if left:
            left.pop()
            with account_transaction(company.urls.runtime, company.id) as other:
                begin(other)
                rolling.sum_up(other, company.id, [DAY])
                news.mark(other, company.id, [CREATED])

    monkeypatch.setattr(rolling, "begin", begin_with_another)
    if collisions == 5:
        with pytest.raises(rolling.Collision):
            rolling.roll(company.urls.runtime, company.id)
    else:
        assert rolling.roll(company.urls.runtime, company.id) == 1
        assert _marked(company) == []
    assert company.query("SELECT kind_status FROM session_days") == [(["resolved"],)]
