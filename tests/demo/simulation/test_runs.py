"""The demo's runs of a procedure: two people tick on each, one is in progress, and the others have ended."""

from flowpilot.demo.world import DemoAccount
from flowpilot.sessions.models import MARKS, SessionStatus, StepKind
from tests.demo.rows import facts, simulated


def test_two_people_have_ticked_and_all_but_one_have_ended(account: DemoAccount) -> None:
    found = facts(account)
    (flow,) = [flow for flow in simulated(account).flows if flow.name == "PC set-up or exchange"]
    runs = [session for session in found.rows.sessions if session.matched_flow_id == flow.id]
    assert [run.status for run in runs] == [SessionStatus.RESOLVED, SessionStatus.RESOLVED, SessionStatus.ACTIVE]
    for run in runs:
        marks = [step for step in found.steps[run.id] if step.kind in MARKS]
        assert len({step.actor_id for step in marks if step.kind == StepKind.TICK}) == 2
    waived = [sum(step.kind == StepKind.WAIVE for step in found.steps[run.id]) for run in runs]
    assert waived == [1, 1, 0]
