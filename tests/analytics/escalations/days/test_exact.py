"""At any moment of any history, the escalations report over days answers what the rows say, digit for digit."""

import random
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from sqlalchemy import func, select

from flowpilot.analytics.escalations import headline, report
from flowpilot.analytics.period import Period, window
from flowpilot.analytics.savings import comparisons
from flowpilot.analytics.savings import report as savings
from flowpilot.analytics.summed.memory import memory
from flowpilot.analytics.workload import backlog, load
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs.days import news
from flowpilot.handoffs.models import HandoffEvent, SessionHandoff
from flowpilot.sessions.days import news as session_news
from flowpilot.sessions.days import rolling
from flowpilot.sessions.days.models import SessionNews
from flowpilot.sessions.models import AISession, AISessionStep
from tests.analytics.escalations.test_random import NOW, _around, _handoff, _step, _store, _world
from tests.analytics.histories import Rolled, histories
from tests.analytics.naive import Row
from tests.analytics.summed.test_exact import rows_alone
from tests.analytics.test_working import OFFICE
from tests.company import run

WINDOWS: list[dict[str, Any]] = [
    {"period": Period.WEEK},
    {"period": Period.MONTH},
    {"from_": "2026-03-20", "to": "2026-03-29", "tz": "Asia/Kathmandu"},
    {"from_": "2026-03-22T00:00:00Z", "to": "2026-03-24T00:00:00Z", "tz": "UTC"},
    {"from_": "2026-03-23T09:30:00.000001Z", "to": "2026-03-24T08:00:00Z", "tz": "Pacific/Chatham"},
    {"from_": "2026-03-25", "to": "2026-04-25", "tz": "UTC"},
]
_TIMES = ("created_at", "claimed_at", "first_action_at", "claimant_action_at", "closed_at")


async def _reports(database: Database, account_id: uuid.UUID) -> list[Any]:
    async with database.read(account_id) as db:
        windows = [window(account_id, now=NOW, account_timezone="UTC", **asked) for asked in WINDOWS]
        return [
            {
                "headline": await headline.headline(db, one),
                "savings": await savings.savings(db, one),
                "load": await load.load(db, one),
                "backlog": await backlog.backlog(db, one),
                **dict(await report.escalations(db, one)),
            }
            for one in windows
        ]


def _check(urls: DatabaseUrls, account_id: uuid.UUID, *, forgets: bool = False) -> None:
    if forgets:
        memory.forget()
    over_days = run(urls, lambda database: _reports(database, account_id))
    with pytest.MonkeyPatch.context() as patch:
        for module in (headline, report, savings):
            patch.setattr(module, "is_read_from_days", lambda _: False)
        patch.setattr(load, "read", rows_alone)
        patch.setattr(backlog, "read", rows_alone)
        over_rows = run(urls, lambda database: _reports(database, account_id))
    for asked, found, expected in zip(WINDOWS, over_days, over_rows, strict=True):
        for field, value in expected.items():
            assert found[field] == value, (asked, field)


class _History(Rolled):
    """What happens to an account's handoffs."""

    def __init__(self, urls: DatabaseUrls, draw: random.Random) -> None:
        self.urls, self.draw, self.rows = urls, draw, _world(draw)
        self.n_steps = self.n_changes = 0
        self.account_id = _store(urls, self.rows)
        with account_transaction(urls.runtime, self.account_id) as connection:
            _set_working_times(connection, self.account_id, draw)
            _import_some(connection, self.account_id, draw)
            _time_some(connection, self.account_id, draw)
            news.mark_all(connection, self.account_id)
            session_news.mark_all(connection, self.account_id)

    def go_on(self) -> None:
        happens: list[Callable[[], None]] = [self._change, self._change, self._hand_over, self._happen]
        happens += [self._domain, self._step, self._step_of_log]
        self.draw.choice([*happens, self.roll, self.roll, self.roll_some, self.killed, self._meanwhile])()

    def _write(self, work: Callable[[Any], Any]) -> None:
        async def in_a_transaction(database: Database) -> None:
            async with database.write(self.account_id) as db:
                await work(db)

        run(self.urls, in_a_transaction)

    def _new(self) -> dict[str, list[Row]]:
        """A handoff of a session, and its events."""
        found: dict[str, list[Row]] = {"session_handoffs": [], "handoff_events": []}
        _handoff(self.draw, self.draw.choice(self.rows["ai_sessions"])["id"], found)
        return found

    def _change(self) -> None:
        if not self.rows["session_handoffs"]:
            return
        row = self.draw.choice(self.rows["session_handoffs"])
        new = self._new()["session_handoffs"][0]
        names = ["reason"] if self.draw.random() < 0.3 else [*_TIMES, "claimed_by", "outcome"]

        async def work(db: Any) -> None:
            handoff = await db.get_one(SessionHandoff, (self.account_id, row["id"]))
            for name in names:
                setattr(handoff, name, new[name])
            handoff.action_work_seconds = self.draw.choice([None, 5.5])
            await self._touch(db, row["session_id"])

        self._write(work)

    async def _touch(self, db: Any, session_id: uuid.UUID) -> None:
        """What changes a handoff makes its session a newer version; and what makes one marks its day."""
        self.n_changes += 1
        session = await db.get_one(AISession, (self.account_id, session_id))
        session.last_activity_at = NOW + timedelta(microseconds=self.n_changes)
        db.add(SessionNews(account_id=self.account_id, day=session_news.day_of(session.created_at)))

    def _hand_over(self) -> None:
        if not self.rows["ai_sessions"]:
            return
        new = self._new()

        async def work(db: Any) -> None:
            for model, name in ((SessionHandoff, "session_handoffs"), (HandoffEvent, "handoff_events")):
                db.add_all([model(account_id=self.account_id, **row) for row in new[name]])
                await db.flush()
            await self._touch(db, new["session_handoffs"][0]["session_id"])

        self._write(work)
        self.rows["session_handoffs"] += new["session_handoffs"]

    def _happen(self) -> None:
        """A claim, a release or a reminder, which the handoff itself need not show."""
        if not self.rows["session_handoffs"]:
            return
        row = self.draw.choice(self.rows["session_handoffs"])
        events = [event for _ in range(9) for event in self._new()["handoff_events"]][:1]

        async def work(db: Any) -> None:
            for event in events:
                db.add(HandoffEvent(account_id=self.account_id, **(event | {"handoff_id": row["id"]})))
                news.note(db, row["session_id"], event["created_at"])

        self._write(work)

    def _domain(self) -> None:
        if not self.rows["ai_sessions"]:
            return
        row = self.draw.choice(self.rows["ai_sessions"])
        domain = self.draw.choice([None, "vpn", "email", "printing"])

        async def work(db: Any) -> None:
            (await db.get_one(AISession, (self.account_id, row["id"]))).problem_domain = domain

        self._write(work)

    def _step(self) -> None:
        """Somebody takes a step now: later than whatever has ended, so no sum shows it."""
        self._add_step(NOW - timedelta(seconds=self.draw.randrange(60)))

    def _step_of_log(self) -> None:
        """A log brings one of some time ago."""
        self._add_step(None)

    def _add_step(self, at: datetime | None) -> None:
        if not self.rows["ai_sessions"]:
            return
        session = self.draw.choice(self.rows["ai_sessions"])["id"]
        found: dict[str, list[Row]] = {"ai_session_steps": [], "session_handoffs": self.rows["session_handoffs"]}
        self.n_steps += 1
        _step(self.draw, session, 100 + self.n_steps, found)

        async def work(db: Any) -> None:
            row = found["ai_session_steps"][0]
            ended = SessionHandoff.account_id == self.account_id, SessionHandoff.session_id == session
            last = await db.scalar(select(func.max(SessionHandoff.closed_at)).where(*ended))
            if at is None:
                news.note(db, session)
            elif last is not None and last >= at:
                return
            db.add(AISessionStep(account_id=self.account_id, **(row | {"created_at": at or row["created_at"]})))
            (await db.get_one(AISession, (self.account_id, session))).step_count += 1

        self._write(work)

    def some_days(self) -> list[Any]:
        days = {news.day_of(row["created_at"]) for row in self.rows["session_handoffs"]}
        return self.draw.sample(sorted(days), len(days) // 2)

    def _meanwhile(self) -> None:
        """Handoffs change while their day is made again, and that commits first."""
        with account_transaction(self.urls.runtime, self.account_id) as connection:
            rolling.begin(connection)
            connection.execute("SELECT FROM handoff_news WHERE account_id = %s LIMIT 1", [self.account_id])
            self._change()
            self._hand_over()
            rolling.sum_up(connection, self.account_id, self.some_days())


def _set_working_times(connection: Any, account_id: uuid.UUID, draw: random.Random) -> None:
    """The account has hours, and some handoffs have working times."""
    connection.execute(
        "UPDATE session_handoffs SET claim_work_seconds = 1.25, claimant_work_seconds = 7"
        " WHERE account_id = %s AND claimant_action_at IS NOT NULL",
        [account_id],
    )
    if draw.random() < 0.7:
        connection.execute(
            "INSERT INTO account_hours (account_id, id, valid_from, timezone, spans, holidays) VALUES"
            " (%s, gen_random_uuid(), NULL, 'Europe/Vienna', %s, '[]')",
            [account_id, Jsonb(OFFICE[:: draw.choice([1, 2])])],
        )


def _import_some(connection: Any, account_id: uuid.UUID, draw: random.Random) -> None:
    """Some sessions came from a log."""
    run_id = new_id()
    connection.execute(
        "INSERT INTO import_runs (account_id, id, digest, file_name, mapping, counts)"
        " VALUES (%s, %s, '', '', '', '{}')",
        [account_id, run_id],
    )
    connection.execute(
        "INSERT INTO import_items (account_id, id, run_id, kind)"
        " SELECT account_id, id, %s, 'session' FROM ai_sessions"
        " WHERE account_id = %s AND hashtext(id::text) %% 4 = %s",
        [run_id, account_id, draw.randrange(4)],
    )


def _time_some(connection: Any, account_id: uuid.UUID, draw: random.Random) -> None:
    """Somebody timed verbal handoffs."""
    for _ in range(draw.randrange(20)):
        connection.execute(
            "INSERT INTO handoff_baselines (account_id, id, method, measured_by, seconds, created_at)"
            " VALUES (%s, %s, 'stopwatch', %s, %s, %s)",
            [account_id, new_id(), new_id(), draw.randrange(1, 4000), _around(draw)],
        )


def _bootstrapped(timed: Any, waits: Any) -> Any:
    """Instead of two thousand resamples, what they would be taken of."""
    return float(len(timed)), float(sum(waits.ended) + sum(waits.censored))


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare what a few say."""
    for module in (savings, comparisons):
        monkeypatch.setattr(module, "needed", lambda: 2)
    monkeypatch.setattr(savings, "difference_of_medians_ci95", _bootstrapped)


@histories(12)
@given(seed=st.integers(0, 2**32))
def test_a_report_is_right_at_every_moment(urls: DatabaseUrls, seed: int) -> None:
    history = _History(urls, random.Random(seed))  # noqa: S311
    for _ in range(6):
        for _ in range(history.draw.randrange(1, 5)):
            history.go_on()
        _check(urls, history.account_id, forgets=history.draw.random() < 0.3)
    history.roll()
    with account_transaction(urls.runtime, history.account_id) as connection:
        marked = connection.execute("SELECT FROM handoff_news WHERE account_id = %s", [history.account_id])
        assert marked.rowcount == 0
        assert rolling.reconcile(connection, history.account_id) == 0
    _check(urls, history.account_id)
