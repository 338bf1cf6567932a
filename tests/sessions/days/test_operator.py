"""`flowpilot db reconcile` sums up every account's days, whatever else sums up some of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from flowpilot.cli import database
from flowpilot.db.connect import DatabaseUrls
from flowpilot.sessions.days import rolling
from tests.company import Company


def test_it_goes_on_with_the_other_accounts(
    company: Company, neighbour: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    busy, other = sorted((company, neighbour), key=lambda each: each.id)
    for each in (busy, other):
        each.add("ai_sessions")
    roll = rolling.roll

    def roll_others(url: str, account_id: UUID) -> int:
        if account_id == busy.id:
            raise psycopg.errors.SerializationFailure
        return roll(url, account_id)

    @contextmanager
    def opened() -> Iterator[DatabaseUrls]:
        yield busy.urls

    monkeypatch.setattr(rolling, "roll", roll_others)
    monkeypatch.setattr(database, "open_database", opened)
    # The accounts of other tests have rows that no session has.
    monkeypatch.setattr(database, "_accounts", lambda _: [busy.id, other.id])
    database.reconcile()
    said = capsys.readouterr().out
    assert "Left the days of 1 accounts to the job" in said
    assert "jobs again that the queue had lost" in said
    assert [len(each.query("SELECT FROM session_days")) for each in (busy, other)] == [0, 1]
    assert len(busy.query("SELECT FROM session_news")) == 1
