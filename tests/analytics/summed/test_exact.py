"""At any moment of any history, reports over sums answer what the rows say, digit for digit."""

import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import TextClause

from flowpilot.analytics import coverage, flow_quality, psa
from flowpilot.analytics.dashboard import glances, kpis, sums, working
from flowpilot.analytics.dashboard import report as dashboard
from flowpilot.analytics.knowledge_gaps import report as knowledge_gaps
from flowpilot.analytics.period import Window, window
from flowpilot.analytics.schemas import Report
from flowpilot.analytics.workload import backlog, load
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, ReadDb
from flowpilot.psa.days import news as psa_news
from flowpilot.psa.models import PsaActivityLog, PsaPostLog
from flowpilot.sessions.days import news, rolling
from flowpilot.sessions.models import AISession
from tests.analytics.histories import Rolled, histories
from tests.analytics.naive import Row, World
from tests.analytics.test_random_worlds import (
    NOW,
    START,
    ZONE,
    _answers,
    _life,
    _session,
    _shared_fields,
    _store,
    _world,
)
from tests.company import run

# What asks for its source: each is made to read rows alone, to be compared.
OVER_SUMS = (sums, glances, kpis, working, coverage, flow_quality, knowledge_gaps, psa, load, backlog)
WINDOWS = [
    {},
    {"from_": "2026-03-20", "to": "2026-03-29", "tz": "Asia/Kathmandu"},
    {"from_": "2026-03-22T00:00:00Z", "to": "2026-03-23T00:00:00Z", "tz": "UTC"},
    {"from_": "2026-03-17T13:45:00Z", "to": "2026-03-28T00:00:00.000001Z", "tz": "America/St_Johns"},
    {"from_": "2026-03-25T09:00:00Z", "to": "2026-03-26T08:00:00Z", "tz": "Pacific/Chatham"},
    {"from_": "2026-03-24T10:07:30Z", "to": "2026-03-27T10:37:30Z", "tz": "Australia/Lord_Howe"},
]

_TIMES = ("created_at", "resolved_at", "last_activity_at")


async def rows_alone(db: ReadDb, _: TextClause, rows: TextClause, one: Window, **__: Any) -> Any:
    """What `read` finds without days."""
    return await db.execute(rows, one.parameters)


async def _all_reports(database: Database, account_id: uuid.UUID) -> list[Any]:
    found = []
    async with database.read(account_id) as db:
        for asked in WINDOWS:
            one = window(account_id, now=NOW, account_timezone=ZONE, **asked)  # type: ignore[arg-type]
            found += [
                await dashboard.dashboard(db, one, compare=True),
                await coverage.coverage(db, one),
                await flow_quality.flow_quality(db, one),
                await psa.psa_metrics(db, one),
                await glances.psa_glance(db, one),
                await knowledge_gaps.knowledge_gaps(db, one),
                *(await knowledge_gaps.groups(db, one)),
                await load.load(db, one),
                await backlog.backlog(db, one),
            ]
    return [one.model_dump(mode="json") if isinstance(one, Report) else tuple(one) for one in found]


def _check(urls: DatabaseUrls, account_id: uuid.UUID, rows: dict[str, list[Row]]) -> None:
    answers = run(urls, lambda database: _answers(database, account_id))
    world = World(rows, START, NOW, ZONE)
    for name, expected in (
        ("dashboard", world.dashboard()),
        ("coverage", world.coverage()),
        ("psa_metrics", world.psa_metrics()),
        ("flow_quality quality", world.flow_quality(flow_quality.FlowSort.QUALITY)),
    ):
        assert _shared_fields(expected, answers[name]) == expected, name
    over_sums = run(urls, lambda database: _all_reports(database, account_id))
    with pytest.MonkeyPatch.context() as patch:
        for module in OVER_SUMS:
            patch.setattr(module, "read", rows_alone)
        assert over_sums == run(urls, lambda database: _all_reports(database, account_id))


class _History(Rolled):
    """What happens to an account, in its database and in the rows that the plain rules count."""

    def __init__(self, urls: DatabaseUrls, draw: random.Random) -> None:
        self.urls, self.draw, self.rows = urls, draw, _world(draw)
        self.account_id = _store(urls, self.rows)
        with account_transaction(urls.runtime, self.account_id) as connection:
            news.mark_all(connection, self.account_id)
            psa_news.mark_all(connection, self.account_id)

    def go_on(self) -> None:
        happens: list[Callable[[], None]] = [self._change, self._change, self._begin, self.roll, self.roll_some]
        happens += [self._push, self._log, self._log_now, self.killed, self._meanwhile, self._forget_some]
        self.draw.choice(happens)()

    def _change(self) -> None:
        run(self.urls, self._in_a_transaction)

    async def _in_a_transaction(self, database: Database) -> None:
        sessions = self.rows["ai_sessions"]
        if not sessions:
            return
        row, other = self.draw.choice(sessions), _session(self.draw, self.rows["trees"])
        names = self.draw.sample(sorted(other.keys() - {"id", *_TIMES}), 2)
        changed = {name: other[name] for name in names}
        if self.draw.random() < 0.5:
            # Nothing ends before it begins.
            changed |= {name: other[name] for name in ("status", *_TIMES)}
        elif self.draw.random() < 0.5:
            changed["last_activity_at"] = None if row["last_activity_at"] else row["created_at"]
        if self.draw.random() < 0.3:
            changed["step_count"] = row["step_count"] + 1
        if self.draw.random() < 0.5:
            changed |= self._answers()
        async with database.write(self.account_id) as db:
            session = await db.get_one(AISession, (self.account_id, row["id"]))
            for name, value in changed.items():
                setattr(session, name, value)
        row |= changed

    def _begin(self) -> None:
        row = {**_session(self.draw, self.rows["trees"]), "step_count": self.draw.randrange(4), **self._answers()}

        async def work(database: Database) -> None:
            async with database.write(self.account_id) as db:
                db.add(AISession(account_id=self.account_id, **row))

        run(self.urls, work)
        self.rows["ai_sessions"].append(row)

    def _answers(self) -> Row:
        return {
            "answer_count": (answers := self.draw.randrange(4)),
            "free_text_count": self.draw.randrange(answers + 1),
        }

    def _push(self) -> None:
        """A push ends, is tried again, or is there for the first time, which a log from elsewhere may say late."""
        new = self._of_a_session("psa_post_logs")
        names = self.draw.sample(["status", "retry_count", "posted_at"], 2)
        self._keep(PsaPostLog, "psa_post_logs", new, names)

    def _log(self) -> None:
        new = self._of_a_session("psa_activity_logs")
        self._keep(PsaActivityLog, "psa_activity_logs", new, self.draw.sample(["hours_logged", "created_at"], 1))

    def _log_now(self) -> None:
        """A time entry is there, as postings record it."""
        row = self._of_a_session("psa_activity_logs")
        if row is None:
            return
        row["created_at"] = max([NOW, *(log["created_at"] for log in self.rows["psa_activity_logs"])])

        async def work(database: Database) -> None:
            async with database.write(self.account_id) as db:
                await db.execute(psa_news.logged({"account_id": self.account_id, **row}))

        run(self.urls, work)
        self.rows["psa_activity_logs"].append(row)

    def _of_a_session(self, table: str) -> Row | None:
        """A new row of a session, if there is one."""
        found: dict[str, list[Row]] = {"psa_post_logs": [], "psa_activity_logs": []}
        sessions = self.rows["ai_sessions"]
        if sessions:
            session = self.draw.choice(sessions)
            others: dict[str, list[Row]] = {"ai_session_steps": [], "session_handoffs": []}
            for _ in range(9):
                _life(self.draw, dict(session), found | others)
        return self.draw.choice(found[table]) if found[table] else None

    def _keep(self, model: Any, table: str, new: Row | None, names: list[str]) -> None:
        """Add the row, or take some of its values over into another one, or remove one."""
        rows, fate = self.rows[table], self.draw.random()
        if new is None:
            return
        old = self.draw.choice(rows) if rows and fate < 0.6 else None

        async def work(database: Database) -> None:
            async with database.write(self.account_id) as db:
                if old is None:
                    db.add(model(account_id=self.account_id, **new))
                    return
                kept = await db.get_one(model, (self.account_id, old["id"]))
                if fate < 0.1:
                    await db.delete(kept)
                for name in names:
                    setattr(kept, name, new[name])

        run(self.urls, work)
        if old is None:
            rows.append(new)
        elif fate < 0.1:
            rows.remove(old)
        else:
            old |= {name: new[name] for name in names}

    def some_days(self) -> list[Any]:
        moments = [row["created_at"] for row in self.rows["ai_sessions"] + self.rows["psa_activity_logs"]]
        moments += [row["posted_at"] for row in self.rows["psa_post_logs"] if row["posted_at"] is not None]
        days = sorted({news.day_of(moment) for moment in moments})
        return self.draw.sample(days, len(days) // 2)

    def _meanwhile(self) -> None:
        """Something changes while its day is summed up, and that commits first."""
        with account_transaction(self.urls.runtime, self.account_id) as connection:
            rolling.begin(connection)
            connection.execute("SELECT FROM session_news WHERE account_id = %s LIMIT 1", [self.account_id])
            for happens in (self._change, self._begin, self._push, self._log):
                happens()
            rolling.sum_up(connection, self.account_id, self.some_days())

    def _forget_some(self) -> None:
        with account_transaction(self.urls.runtime, self.account_id) as connection:
            for statement in (
                "DELETE FROM session_days WHERE account_id = %s AND day = ANY(%s)",
                "DELETE FROM psa_days WHERE account_id = %s AND day = ANY(%s)",
            ):
                connection.execute(statement, [self.account_id, self.some_days()])


@histories(12)
@given(seed=st.integers(0, 2**32))
def test_a_report_is_right_at_every_moment(urls: DatabaseUrls, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    history = _History(urls, draw)
    for _ in range(6):
        for _ in range(draw.randrange(1, 5)):
            history.go_on()
        _check(urls, history.account_id, history.rows)
    with account_transaction(urls.runtime, history.account_id) as connection:
        rolling.reconcile(connection, history.account_id)
    history.roll()
    with account_transaction(urls.runtime, history.account_id) as connection:
        for query in (
            "SELECT FROM session_news WHERE account_id = %s",
            "SELECT FROM psa_news WHERE account_id = %s",
        ):
            assert connection.execute(query, [history.account_id]).rowcount == 0
        assert rolling.reconcile(connection, history.account_id) == 0
    _check(urls, history.account_id, history.rows)
