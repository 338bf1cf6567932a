"""Random histories of an account's sessions: of what reports look at one by one."""

import random
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import select

from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.sessions.days import news, rolling
from flowpilot.sessions.models import AISession, SessionStatus, StatusChange
from tests.analytics.histories import Rolled
from tests.analytics.test_working import OFFICE
from tests.company import Company, at, found_company, run

NOW = at("2026-03-30 09:30")
START = NOW - timedelta(days=30)
# Some of one ticket, which are written in several ways.
TICKETS = [None, "1", "#1", " 1 ", "T-2", "#t-2", "t3"]
# Most sessions are resolved, and many of those are reopened.
STATUSES = [*SessionStatus, *[SessionStatus.RESOLVED] * 6]
SECONDS = [0, 1, 6, 3600, 59_997, 60_000, 604_800, 604_801]
ESCALATED = {SessionStatus.REQUESTING_ESCALATION, SessionStatus.ESCALATED}


def _moment(draw: random.Random) -> datetime:
    """A time in about the last weeks, often on an edge of a day or of a window."""
    week = timedelta(days=7)
    edges = [
        NOW,
        NOW - week,
        START,
        START - timedelta(microseconds=1),
        at("2026-03-20 00:00"),
        at("2026-03-29 01:00"),
    ]
    if draw.random() < 0.2:
        return draw.choice(edges)
    return NOW - timedelta(
        seconds=draw.randrange(draw.choice([2, 9, 40]) * 86400), microseconds=draw.choice([0, 1])
    )


def _after(draw: random.Random, moment: datetime) -> datetime:
    seconds = draw.choice([*SECONDS, draw.randrange(5000), draw.randrange(12 * 86400)])
    return min(NOW, moment + timedelta(seconds=seconds, microseconds=draw.choice([0, 0, 1, 500_000])))


class History(Rolled):
    """What happens to an account's sessions."""

    def __init__(self, urls: DatabaseUrls, draw: random.Random) -> None:
        """It has some already, and none of their days is made."""
        self.urls, self.draw = urls, draw
        self.company: Company = found_company(urls)
        self.account_id = self.company.id
        self.flows = [
            self.company.add("trees", name=name, tree_type="troubleshooting")
            for name in draw.choice(["", "ab", "aab"])
        ]
        if draw.random() < 0.6:
            self.company.add(
                "account_hours", timezone="Europe/Vienna", spans=Jsonb(OFFICE[:: draw.choice([1, 2])])
            )
        self.sessions: list[uuid.UUID] = []
        self._write(self._begin, *draw.choices([self._begin, self._live, self._live], k=draw.randrange(90)))
        with account_transaction(urls.runtime, self.account_id) as connection:
            news.mark_all(connection, self.account_id)

    def go_on(self) -> None:
        """Something happens."""
        writes = [self._begin, self._live, self._live, self._live, self._change, self._remove]
        happens: list[Callable[[], None]] = [lambda: self._write(self.draw.choice(writes))] * 4
        self.draw.choice([*happens, self.roll, self.roll_some, self.killed, self._meanwhile, self._forget_some])()

    def _write(self, *works: Callable[[Any], Any]) -> None:
        async def in_a_transaction(database: Database) -> None:
            for work in works:
                async with database.write(self.account_id) as db:
                    await work(db)

        run(self.urls, in_a_transaction)

    async def _begin(self, db: Any) -> None:
        session_id = new_id()
        db.add(
            AISession(
                account_id=self.account_id,
                id=session_id,
                status=SessionStatus.ACTIVE,
                created_at=_moment(self.draw),
                psa_ticket_id=self.draw.choice(TICKETS),
                matched_flow_id=self.draw.choice([None, *self.flows]),
            )
        )
        self.sessions.append(session_id)

    async def _one(self, db: Any) -> AISession:
        found: AISession = await db.get_one(AISession, (self.account_id, self.draw.choice(self.sessions)))
        return found

    async def _live(self, db: Any) -> None:
        """A session goes on: it is resolved, reopened, handed over, abandoned, or waits for its fix."""
        session = await self._one(db)
        before, status = session.status, self.draw.choice(STATUSES)
        if status == before:
            return
        query = select(StatusChange.created_at).where(
            StatusChange.account_id == self.account_id, StatusChange.session_id == session.id
        )
        last = max([session.created_at, *await db.scalars(query)])
        moment = _after(self.draw, last)
        if moment < last:
            return
        db.add(
            StatusChange(
                account_id=self.account_id,
                id=new_id(),
                session_id=session.id,
                from_status=before,
                to_status=status,
                created_at=moment,
            )
        )
        session.status = status
        is_resolved = status == SessionStatus.RESOLVED
        # A log may date the end before the beginning, or say no time.
        session.resolved_at = moment if is_resolved and self.draw.random() < 0.9 else None
        session.work_seconds = self.draw.choice([None, 0.0, 7.25, 70_000.5]) if session.resolved_at else None
        if is_resolved or status == SessionStatus.PAUSED:
            session.fix_applied_at = self.draw.choice([None, last])
        if status in ESCALATED and before not in ESCALATED:
            self._hand_over(db, session, moment)

    def _hand_over(self, db: Any, session: AISession, moment: datetime) -> None:
        """A log may know of one before the session."""
        early = session.created_at - timedelta(seconds=self.draw.randrange(9 * 86400))
        for one in self.draw.choice(
            [[moment], [moment], [early], [moment, early], [moment, _after(self.draw, moment)]]
        ):
            db.add(
                SessionHandoff(
                    account_id=self.account_id, id=new_id(), session_id=session.id, created_at=one, reason=""
                )
            )

    async def _change(self, db: Any) -> None:
        session = await self._one(db)
        if self.draw.random() < 0.5:
            session.psa_ticket_id = self.draw.choice(TICKETS)
        else:
            session.matched_flow_id = self.draw.choice([None, *self.flows])

    async def _remove(self, db: Any) -> None:
        """One goes that nothing is known of yet, as an undone import removes them."""
        session = await self._one(db)
        for model in (StatusChange, SessionHandoff):
            query = select(model).where(model.account_id == self.account_id, model.session_id == session.id)
            if (await db.scalars(query)).first() is not None:
                return
        await db.delete(session)
        self.sessions.remove(session.id)
        if not self.sessions:
            await self._begin(db)

    def some_days(self) -> list[Any]:
        found = self.company.query("SELECT DISTINCT (created_at AT TIME ZONE 'UTC')::date AS day FROM ai_sessions")
        days = sorted(day for (day,) in found)
        return self.draw.sample(days, len(days) // 2)

    def _meanwhile(self) -> None:
        """Sessions change while their day is made, and that commits first."""
        days = self.some_days()
        with account_transaction(self.urls.runtime, self.account_id) as connection:
            rolling.begin(connection)
            connection.execute("SELECT FROM session_news WHERE account_id = %s LIMIT 1", [self.account_id])
            self._write(self._live, self._begin, self._change)
            rolling.sum_up(connection, self.account_id, days)

    def _forget_some(self) -> None:
        with account_transaction(self.urls.runtime, self.account_id) as connection:
            forget = "DELETE FROM session_records WHERE account_id = %s AND day = ANY(%s)"
            connection.execute(forget, [self.account_id, self.some_days()])
