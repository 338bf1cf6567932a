"""A help desk for a test: its handoffs, what happens to them, its channels, and the worker that notifies."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, LiteralString

from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.handoffs.events import NOTIFY_JOB, record
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.identity import members
from flowpilot.identity.actor import Actor, Role
from flowpilot.notifications.channels.service import create_channel
from flowpilot.notifications.delivery.lanes import DELIVER_JOB
from flowpilot.notifications.delivery.planning import plan
from flowpilot.notifications.inbox.service import choose
from flowpilot.notifications.models import ChannelKind
from flowpilot.settings import Settings
from flowpilot.worker import work
from tests.company import Company, fresh_email, owner_transaction

PROBLEM = "VPN drops every hour"
REASON = "Out of ideas"


@dataclass(frozen=True)
class Desk:
    """One company with the settings of its installation."""

    company: Company
    database: Database
    settings: Settings

    def with_settings(self, **changes: Any) -> "Desk":
        """The same desk with other settings."""
        return replace(self, settings=self.settings.model_copy(update=changes))

    def with_mail(self, port: int, **changes: Any) -> "Desk":
        """The same desk with the mail server of this port."""
        mail = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
        return self.with_settings(**mail, smtp_sender="desk@flowpilot.example", **changes)

    def actor(self, role: Role = Role.OWNER) -> Actor:
        """The user of that role."""
        return Actor(self.company.id, self.company.users[role], role, "UTC")

    def escalated(self, *, problem: str = PROBLEM, **handoff: Any) -> uuid.UUID:
        """A handoff of the engineer's, ten minutes old, of which nobody has been notified."""
        engineer = self.company.users[Role.ENGINEER]
        session = self.company.add(
            "ai_sessions",
            user_id=engineer,
            status="requesting_escalation",
            problem_summary=problem,
            psa_ticket_id="T-1001",
        )
        values = {
            "created_by": engineer,
            "created_at": now() - timedelta(minutes=10),
            "reason": REASON,
            "priority": 2,
        }
        return self.company.add("session_handoffs", session_id=session, **values | handoff)

    async def happens(
        self,
        handoff: uuid.UUID,
        kind: HandoffEventKind,
        by: Role | uuid.UUID | None = None,
        at: datetime | None = None,
        **content: Any,
    ) -> uuid.UUID:
        """Record an event in a transaction of its own, and return its id."""
        actor = self.company.users[by] if isinstance(by, Role) else by
        async with self.database.write(self.company.id) as db:
            record(db, self.company.id, handoff, kind, by=actor, at=at or now(), **content)
        [(event_id,)] = self.company.query("SELECT id FROM handoff_events ORDER BY number DESC LIMIT 1")
        assert isinstance(event_id, uuid.UUID)
        return event_id

    async def escalates(self, **handoff: Any) -> uuid.UUID:
        """The engineer hands something over. Returns the event's id."""
        made = self.escalated(**handoff)
        return await self.happens(made, HandoffEventKind.CREATED, Role.ENGINEER)

    async def planned(self, **handoff: Any) -> None:
        """The engineer hands something over, and who is notified is planned; nothing is sent yet."""
        event = await self.escalates(**handoff)
        async with self.database.write(self.company.id) as db:
            await plan(db, self.company.id, event, now(), by_email=self.settings.smtp_host is not None)
        with owner_transaction(self.company.urls) as owner:
            owner.execute("DELETE FROM procrastinate_jobs WHERE args->>'event_id' = %s", [str(event)])

    async def person(
        self, role: Role, name: str = "", email: str = "", *, can_sign_in: bool = True
    ) -> tuple[uuid.UUID, str]:
        """A member with an e-mail address, and the address."""
        email = email or fresh_email()
        async with self.database.write(self.company.id) as db:
            user = await members.add_new_member(db, self.company.id, email, role, now(), name=name)
        if can_sign_in:
            self.company.let_sign_in(user)
        return user, email

    async def channel(
        self, kind: ChannelKind, url: str, role: Role = Role.OWNER, *, mine: bool = False
    ) -> tuple[uuid.UUID, str | None]:
        """A channel of the account, or of the user of that role, and its secret."""
        async with self.database.write(self.company.id) as db:
            channel, secret = await create_channel(
                db, self.actor(role), kind, "Desk", url, mine=mine, settings=self.settings, now=now()
            )
        return channel.id, secret

    async def chooses(self, user: uuid.UUID, **choices: bool) -> None:
        """A member's choice of kinds."""
        actor = Actor(self.company.id, user, Role.ENGINEER, "UTC")
        async with self.database.write(self.company.id) as db:
            await choose(db, actor, {ChannelKind(kind): chosen for kind, chosen in choices.items()})

    async def work(self) -> None:
        """Run all due jobs, including those of other tests, and the jobs of this desk that follow."""
        while True:
            await work(self.settings, self.company.urls.runtime, self.database, until_idle=True)
            if not self.jobs("AND scheduled_at IS NULL"):
                return

    async def work_again(self) -> None:
        """Make everything that this desk has to send due now, and send it."""
        self.company.query("UPDATE notification_deliveries SET due_at = now() RETURNING id")
        self.company.query("UPDATE notification_routes SET next_try_at = least(next_try_at, now()) RETURNING id")
        with owner_transaction(self.company.urls) as owner:
            owner.execute(
                "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' "
                "AND task_name = ANY(%s) AND args->>'account_id' = %s",
                [[NOTIFY_JOB, DELIVER_JOB], str(self.company.id)],
            )
        await self.work()

    def jobs(self, condition: LiteralString = "") -> list[str]:
        """The tasks of this desk's waiting jobs."""
        with owner_transaction(self.company.urls) as owner:
            rows = owner.execute(
                "SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' AND args->>'account_id' = %s "
                + condition
                + " ORDER BY id",
                [str(self.company.id)],
            ).fetchall()
        return [name for (name,) in rows]

    def notified(self) -> list[uuid.UUID]:
        """The members with notifications in the product."""
        return [user for (user,) in self.company.query("SELECT user_id FROM notifications ORDER BY user_id")]

    def log(self, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of all deliveries."""
        return self.company.query(f"SELECT {', '.join(columns)} FROM notification_deliveries ORDER BY id")

    def post(self, client: TestClient, role: Role, path: str, **body: Any) -> Any:
        """The body of the answer to a POST with that role's key, which must succeed."""
        answer = client.post(f"/api/v1{path}", json=body, headers=self.company.headers(role))
        assert answer.is_success, answer.text
        return answer.json()
