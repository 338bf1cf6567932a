"""A company's January, with something to show on every analytics tab."""

from flowpilot.identity.actor import Role
from tests.company import Company

JANUARY = {"from": "2026-01-01", "to": "2026-02-01"}


def live_through(company: Company) -> None:
    """Sessions with and without a flow, domain and ticket, handoffs in every state, and stopped handoffs."""
    shelf = company.add("tree_categories", name="Email")
    flow = company.add("trees", name="Outlook <classic>", category_id=shelf)
    for day in range(1, 25):
        _one_day(company, day, flow if day % 3 else None)
    _end_at_unknown_times(company)
    company.add("flow_proposals")
    who = company.users[Role.ENGINEER]
    began, stopped = "2026-01-09 08:00Z", "2026-01-09 08:05Z"
    timed = {"method": "stopwatch", "measured_by": who, "created_at": began, "stopped_at": stopped}
    company.add("handoff_baselines", seconds=300, **timed)
    company.add("handoff_baselines", seconds=9, excluded_reason="Too late.", excluded_by=who, **timed)
    company.add("handoff_baselines", method="entered", seconds=200, measured_by=who, created_at=began)


def _one_day(company: Company, day: int, flow: object) -> None:
    status = ("resolved", "escalated", "resolved", "abandoned")[day % 4]
    start = f"2026-01-{day:02}"
    session = company.add(
        "ai_sessions",
        status=status,
        problem_summary=f"Mailbox migration {day}",
        problem_domain=("email", "VPN & co", None)[day % 3],
        confidence_tier="guided" if flow else "discovery",
        matched_flow_id=flow,
        psa_ticket_id="7" if day % 2 else None,
        session_rating=4 if status == "resolved" else None,
        step_count=day,
        created_at=f"{start} 08:00Z",
        resolved_at=f"{start} 09:0{day % 7}Z" if status == "resolved" else None,
    )
    company.add(
        "psa_post_logs", ai_session_id=session, status="success", retry_count=day % 2, posted_at=f"{start} 10:00Z"
    )
    entry = {"activity_type": "time_entry_posted", "hours_logged": 1.5, "created_at": f"{start} 10:00Z"}
    company.add("psa_activity_logs", session_id=session, **entry)
    if day % 2 == 0:
        claimed = f"{start} 08:1{day % 10}Z" if day % 4 == 0 else None
        company.add(
            "session_handoffs",
            session_id=session,
            reason=f"Stuck {day}" if day % 3 else "",
            created_at=f"{start} 08:10Z",
            claimed_at=claimed,
            claimed_by=company.users[Role.TEAM_ADMIN] if claimed else None,
            first_action_at=f"{start} 08:3{day % 10}Z" if day % 8 == 0 else None,
            claimant_action_at=f"{start} 08:4{day % 10}Z" if day % 16 == 0 else None,
        )


def _end_at_unknown_times(company: Company) -> None:
    """An imported session and handoff whose log dates ends before their beginnings."""
    session = company.add("ai_sessions", status="resolved", problem_domain="email", created_at="2026-01-20 08:00Z")
    company.add(
        "session_handoffs",
        session_id=session,
        created_at="2026-01-20 08:10Z",
        claimed_by=company.users[Role.TEAM_ADMIN],
        closed_at="2026-01-20 08:10Z",
    )
