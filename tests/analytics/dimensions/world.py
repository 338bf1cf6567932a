"""A desk's January, in which each case has a client, a domain, a flow, people and a priority."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from flowpilot.analytics.dimensions.narrowing import PriorityName
from flowpilot.identity.actor import Role
from tests.company import Company

WINDOW = {"from": "2026-01-01", "to": "2026-02-01"}
CLIENTS, DOMAINS, FLOWS = ("Acme", "Birch"), ("email", "network", None), ("Outlook", "VPN", None)
PRIORITIES: tuple[PriorityName, ...] = ("urgent", "high", "normal", "low")


@dataclass(frozen=True)
class Case:
    """What one case is of; its handoff, if it has one, has the same priority."""

    day: int
    client: str
    domain: str | None
    flow: str | None
    engineer: Role
    senior: Role
    priority: int | None

    def has(self, **asked: Any) -> bool:
        """Whether it is what a report is narrowed to."""
        return all(
            value in (self.engineer, self.senior if self.priority else None)
            if name == "person"
            else getattr(self, name) == value
            for name, value in asked.items()
        )


CASES = [
    Case(
        day,
        CLIENTS[day % 2],
        DOMAINS[day % 3],
        FLOWS[day // 2 % 3],
        Role.ENGINEER if day % 5 < 3 else Role.TEAM_ADMIN,
        Role.OWNER if day % 7 < 4 else Role.ENGINEER,
        1 + day % 4 if day % 6 < 4 else None,
    )
    for day in range(1, 25)
]


@dataclass(frozen=True)
class Desk:
    """What a filter may name."""

    clients: dict[str, uuid.UUID]
    flows: dict[str, uuid.UUID]


def live_through(company: Company, keeps: Callable[[Case], bool] = lambda case: True) -> Desk:
    """Write the cases that are kept, and everything that a report could count of them."""
    office = [{"weekday": day, "start": "08:00", "end": "17:00"} for day in range(1, 6)]
    company.add("account_hours", timezone="UTC", spans=Jsonb(office))
    shelf = company.add("tree_categories", name="Email")
    desk = Desk(
        {name: company.add("clients", name=name) for name in CLIENTS},
        {name: company.add("trees", name=name, category_id=shelf) for name in FLOWS if name},
    )
    for case in filter(keeps, CASES):
        _live_through(company, desk, case)
    return desk


def _live_through(company: Company, desk: Desk, case: Case) -> None:
    status = ("resolved", "escalated", "resolved", "abandoned")[case.day % 4]
    date = f"2026-01-{case.day:02}"
    session = company.add(
        "ai_sessions",
        user_id=company.users[case.engineer],
        owner_id=company.users[case.engineer],
        status=status,
        client_id=desk.clients[case.client],
        client_name=case.client,
        problem_summary=f"Mailbox migration number {case.day}",
        problem_domain=case.domain,
        confidence_tier="guided" if case.flow else "discovery",
        matched_flow_id=case.flow and desk.flows[case.flow],
        psa_ticket_id=str(case.day),
        session_rating=4,
        step_count=case.day,
        answer_count=10,
        free_text_count=case.day % 9,
        created_at=f"{date} 08:00Z",
        resolved_at=f"{date} 09:0{case.day % 7}Z" if status == "resolved" else None,
    )
    pushed = {"status": "success", "retry_count": case.day % 2, "posted_at": f"{date} 10:00Z"}
    company.add("psa_post_logs", ai_session_id=session, **pushed)
    entry = {"activity_type": "time_entry_posted", "hours_logged": 1.5, "created_at": f"{date} 10:00Z"}
    company.add("psa_activity_logs", session_id=session, **entry)
    company.add("flow_proposals", source_session_id=session)
    if case.priority:
        _hand_over(company, case, session, date)


def _hand_over(company: Company, case: Case, session: uuid.UUID, date: str) -> None:
    engineer, senior = company.users[case.engineer], company.users[case.senior]
    handoff = company.add(
        "session_handoffs",
        session_id=session,
        reason=f"Stuck {case.day % 3}",
        priority=case.priority,
        created_at=f"{date} 08:10Z",
        created_by=engineer,
        claimed_at=f"{date} 08:20Z",
        claimed_by=senior,
        first_action_at=f"{date} 08:3{case.day % 10}Z",
        claimant_action_at=f"{date} 08:4{case.day % 10}Z",
        closed_at=f"{date} 09:00Z" if case.day % 2 else None,
        outcome="returned" if case.day % 2 else None,
        avoidable_reason="A right" if case.day % 5 == 0 else None,
    )
    for kind, minute, actor in (("created", 10, engineer), ("claimed", 20, senior), ("released", 50, senior)):
        company.add(
            "handoff_events", handoff_id=handoff, kind=kind, actor_id=actor, created_at=f"{date} 08:{minute}Z"
        )
