"""What is kept of a day's sessions, one record each, and what changes it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from flowpilot.db.bulk import account_transaction
from flowpilot.sessions.days import news, rolling
from flowpilot.sessions.records import packed
from tests.company import Company, at

BEGIN = at("2026-06-15 08:00")
DAY = date(2026, 6, 15)
_ZERO = datetime(2000, 1, 1, tzinfo=UTC)


def _records(company: Company, part: str) -> list[tuple[Any, ...]]:
    """The records of the only day, with times as hours after eight o'clock."""
    with account_transaction(company.urls.runtime, company.id) as connection:
        news.mark(connection, company.id, [BEGIN])
    rolling.roll(company.urls.runtime, company.id)
    [(kept,)] = company.query(f"SELECT {part} FROM session_records")
    fields = packed.PARTS[part]
    found = np.frombuffer(kept, [(name, kind) for name, (kind, _) in fields.items()]).tolist()
    return [tuple(map(_hours, fields, record)) for record in found]


def _hours(field: str, value: Any) -> Any:
    if not field.endswith("_at") or value in {packed.NEVER, packed.UNKNOWN}:
        return value
    return (_ZERO + timedelta(microseconds=value) - BEGIN) / timedelta(hours=1)


def _hour(hours: float) -> datetime:
    return BEGIN + timedelta(hours=hours)


def _begin(company: Company, hours: float = 0, **values: Any) -> UUID:
    return company.add("ai_sessions", created_at=_hour(hours), **values)


def test_a_time_is_the_resolutions_if_it_is_one(company: Company) -> None:
    _begin(company, 3, status="active")
    _begin(company, 1, status="resolved", resolved_at=_hour(30))
    _begin(company, 2, status="resolved")
    _begin(company, 4, status="abandoned", resolved_at=_hour(5))
    assert _records(company, "times") == [(1, 30), (2, packed.UNKNOWN), (3, packed.NEVER), (4, packed.NEVER)]


def test_numbers_of_one_ticket_have_one_hash(company: Company) -> None:
    _begin(company, 0)
    for hours, number in enumerate(["#T-1", " t-1 ", "T-2"], start=1):
        _begin(company, hours, psa_ticket_id=number)
    none, one, again, other = (ticket for ticket, _ in _records(company, "tickets"))
    assert none == packed.NO_TICKET
    assert one == again != other != none


def test_a_flow_is_its_place_among_the_days(company: Company) -> None:
    flows = sorted(company.add("trees", name=name, tree_type="troubleshooting") for name in "ab")
    _begin(company, 0, matched_flow_id=flows[1])
    _begin(company, 1)
    _begin(company, 2, matched_flow_id=flows[0])
    assert [flow for _, flow in _records(company, "tickets")] == [1, packed.NO_FLOW, 0]
    assert company.query("SELECT flows FROM session_records") == [(flows,)]


def test_few_have_more(company: Company) -> None:
    _begin(company, 0, fix_applied_at=_hour(1), work_seconds=None)
    resolved = {"status": "resolved", "resolved_at": _hour(9)}
    _begin(company, 1, **resolved, fix_applied_at=_hour(3), work_seconds=1.5)
    assert _records(company, "fixes") == [(1, 3)]
    assert _records(company, "worked") == [(1, 1.5)]


def test_of_a_reopened_one_its_resolutions_are_known(company: Company) -> None:
    _begin(company)
    session_id = _begin(company, 1, status="active")
    changes = [(2, "active", "resolved"), (3, "resolved", "active"), (4, "active", "resolved")]
    for hours, old, new in [*changes, (5, "resolved", "active")]:
        company.add(
            "ai_session_status_changes",
            session_id=session_id,
            from_status=old,
            to_status=new,
            created_at=_hour(hours),
        )
    assert _records(company, "reopened") == [(1, 3, 2, 2)]


def test_a_session_has_its_first_handoff_and_those_before_it(company: Company) -> None:
    _begin(company)
    session_id = _begin(company, 1)
    for hours in (0.25, 3, 2, 0.5):
        company.add("session_handoffs", session_id=session_id, created_at=_hour(hours))
    assert _records(company, "handoffs") == [(1, 0.25), (1, 0.5), (1, 2)]


def test_what_changes_gets_another_version(company: Company) -> None:
    _begin(company)
    versions = []
    for hours in (1, 2):
        _records(company, "times")
        versions += company.query("SELECT version FROM session_records")
        _begin(company, hours)
    assert len(set(versions)) == 2


def test_wrong_records_are_found_and_made_again(company: Company) -> None:
    _begin(company)
    expected = _records(company, "times")
    for wrong in (
        "UPDATE session_records SET times = '' WHERE account_id = %s",
        "DELETE FROM session_records WHERE account_id = %s",
    ):
        with account_transaction(company.urls.runtime, company.id) as connection:
            connection.execute(wrong.encode(), [company.id])
            assert rolling.reconcile(connection, company.id) == 1
        rolling.roll(company.urls.runtime, company.id)
        assert _records(company, "times") == expected
        with account_transaction(company.urls.runtime, company.id) as connection:
            assert rolling.reconcile(connection, company.id) == 0


def test_marks_go_once_all_that_is_made_of_the_rows_is_made(company: Company) -> None:
    _begin(company)
    assert _records(company, "times") == [(0, packed.NEVER)]
    assert company.query("SELECT day FROM session_days") == [(DAY,)]
    assert company.query("SELECT day FROM session_news") == []
