"""A session told at chosen moments, with the functions that the product itself calls."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Concatenate, ParamSpec

from fastapi.testclient import TestClient

from flowpilot.db.session import Database, Db
from flowpilot.handoffs import claims
from flowpilot.handoffs import service as handoffs
from flowpilot.handoffs.decisions import Escalation
from flowpilot.handoffs.models import Outcome
from flowpilot.identity.actor import Actor, Role
from flowpilot.sessions import starting
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.notes.documentation import Documentation, document
from flowpilot.sessions.queries import read_session
from tests.company import Company, at
from tests.handoffs.helpers import join
from tests.sessions.flows import publish_printer_flow
from tests.sessions.loading import load_for_work

P = ParamSpec("P")
DAY = "2026-06-15"
PROBLEM = "The printer in accounting prints nothing since this morning."


class Story:
    """What Kim does in a session, and Ann, the senior. Times are in UTC, on `DAY` if only a time is given."""

    def __init__(self, client: TestClient, company: Company, database: Database) -> None:
        self.client, self.company, self.database = client, company, database
        self.kim, self.ann = (
            Actor(company.id, join(client, company, name, role).id, role, "UTC")
            for name, role in (("Kim", Role.ENGINEER), ("Ann", Role.TEAM_ADMIN))
        )
        self.flow_id = publish_printer_flow(client, company)
        self.session_id = uuid.UUID(int=0)

    async def begin(self, moment: str, **about: Any) -> None:
        """Kim begins a session on the printer flow."""
        known = {"problem_summary": PROBLEM, "flow_id": self.flow_id, **about}
        async with self.database.write(self.company.id) as db:
            begun, _ = await starting.start(db, self.kim, starting.NewSession(**known), when(moment))
            self.session_id = begun.session.id

    async def does(
        self,
        moment: str,
        action: Callable[Concatenate[Db, Actor, LoadedSession, P], Awaitable[object]],
        *more: P.args,
        **named: P.kwargs,
    ) -> None:
        """Kim does something in the session."""
        await self._do(self.kim, moment, action, *more, **named)

    async def ann_does(
        self,
        moment: str,
        action: Callable[Concatenate[Db, Actor, LoadedSession, P], Awaitable[object]],
        *more: P.args,
        **named: P.kwargs,
    ) -> None:
        """Ann does something in the session."""
        await self._do(self.ann, moment, action, *more, **named)

    async def is_handed_over(self, moment: str, reason: str) -> uuid.UUID:
        """Kim hands the session over."""
        async with self.database.write(self.company.id) as db:
            locked = await load_for_work(db, self.kim, self.session_id, when(moment))
            return (await handoffs.escalate(db, self.kim, locked, Escalation(reason))).id

    async def is_claimed(self, moment: str, handoff_id: uuid.UUID) -> None:
        """Ann claims it."""
        async with self.database.write(self.company.id) as db:
            await claims.claim(db, self.ann, handoff_id, when(moment))

    async def is_released(self, moment: str, handoff_id: uuid.UUID, reason: str) -> None:
        """Ann releases it."""
        async with self.database.write(self.company.id) as db:
            await claims.release(db, self.ann, handoff_id, reason, when(moment))

    async def is_returned(self, moment: str, handoff_id: uuid.UUID, note: str) -> None:
        """Ann gives it back to Kim."""
        async with self.database.write(self.company.id) as db:
            await handoffs.close(db, self.ann, handoff_id, Outcome.RETURNED, note, when(moment))

    async def note(self, until: str = "23:59") -> Documentation:
        """The note as it is read at a moment."""
        [(zone,)] = self.company.query("SELECT timezone FROM accounts WHERE id = %s", self.company.id)
        async with self.database.read(self.company.id) as db:
            return document(await read_session(db, self.company.id, self.session_id), when(until), zone)

    async def _do(self, actor: Actor, moment: str, action: Any, *more: Any, **named: Any) -> None:
        async with self.database.write(self.company.id) as db:
            locked = await load_for_work(db, actor, self.session_id, when(moment))
            await action(db, actor, locked, *more, **named)


def when(moment: str) -> datetime:
    """A time in UTC, on `DAY` if only a time of day is given."""
    return at(moment if "-" in moment else f"{DAY} {moment}")


def section(note: str, title: str) -> list[str]:
    """The lines of one section of a plain note."""
    [found] = [part for part in note.rstrip("\n").split("\n\n") if part.startswith(f"{title}\n")]
    return found.splitlines()[1:]
