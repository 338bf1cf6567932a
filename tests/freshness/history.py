"""A published flow with sessions on both sides of its publication."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from flowpilot.clock import now
from tests.company import Company
from tests.flows.samples import TREE

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class History:
    """One flow that was verified so many days ago, and what happens with it."""

    def __init__(self, company: Company, *, verified_days_ago: float = 40, **about: Any) -> None:
        self.company = company
        self.now = now()
        self.verified_at = self.now - verified_days_ago * DAY
        self.flow_id = company.add(
            "trees", name=f"Printer {uuid.uuid4()}", verified_at=self.verified_at, is_active=True, **about
        )
        self.version_id = self.version(1)

    def version(self, number: int) -> uuid.UUID:
        """A version of the flow, which is followed from now on."""
        made = self.company.add(
            "tree_versions", tree_id=self.flow_id, number=number, structure=TREE, published_at=self.verified_at
        )
        self.company.query(
            "UPDATE trees SET published_version_id = %s WHERE id = %s RETURNING 1", made, self.flow_id
        )
        return made

    def before(self, count: int, **about: Any) -> list[uuid.UUID]:
        """Sessions of the 60 days before."""
        return self._sessions(count, self.verified_at - 20 * DAY, **about)

    def after(self, count: int, **about: Any) -> list[uuid.UUID]:
        """Sessions since, old enough to count."""
        return self._sessions(count, self.verified_at + HOUR, **about)

    def _sessions(
        self, count: int, begun: datetime, *, solved: int = 0, free_text: int = 0, stuck_at: str | None = None
    ) -> list[uuid.UUID]:
        """The first are solved in an hour, the first answer in free text, and those not solved get stuck."""
        return [
            self._session(begun + number * HOUR, number < solved, number < free_text, stuck_at)
            for number in range(count)
        ]

    def _session(self, at: datetime, is_solved: bool, is_free: bool, stuck_at: str | None) -> uuid.UUID:
        ended = {"status": "resolved", "resolved_at": at + HOUR} if is_solved else {"status": "active"}
        follows = {"matched_flow_id": self.flow_id, "flow_version_id": self.version_id}
        session = self.company.add("ai_sessions", created_at=at, **follows, **ended)
        if is_free:
            self._step(session, 1, at, kind="answer", is_free_text=True, content={"choice": "It smokes"})
        if stuck_at is not None and not is_solved:
            self._step(session, 2, at, kind="answer", content={"node": stuck_at, "next": "hand_over"})
            self.company.add("session_handoffs", session_id=session, created_at=at + HOUR / 2)
        return session

    def _step(self, session: uuid.UUID, position: int, at: datetime, **step: Any) -> None:
        self.company.add("ai_session_steps", session_id=session, position=position, created_at=at, **step)
