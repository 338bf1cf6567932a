"""What follows from the simulated work: notifications, measured talks, and the audit log."""

from datetime import timedelta

from flowpilot.analytics.metrics import METRICS
from flowpilot.demo.simulation.simulate import DemoRows
from flowpilot.demo.world import ALPENBLICK, NORTHWIND, DemoAccount
from flowpilot.handoffs.events import NOTIFIED_KINDS
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.identity.actor import Role
from flowpilot.notifications.delivery.planning import derived_id
from flowpilot.notifications.models import ChannelKind
from flowpilot.notifications.recipients import recipients
from tests.demo.rows import NOW, simulated

MONTH = timedelta(days=30)


def measured_lately(rows: DemoRows) -> int:
    """How many verbal handoffs of the last 30 days count as measured."""
    return sum(
        baseline.method == "stopwatch" and baseline.excluded_reason is None and baseline.created_at >= NOW - MONTH
        for baseline in rows.baselines
    )


def test_everybody_who_is_notified_of_an_event_has_a_notification(account: DemoAccount, rows: DemoRows) -> None:
    members = {member.person.id for member in account.members}
    assignees = {member.person.id for member in account.members if member.role is not Role.VIEWER}
    handoffs = {handoff.id: handoff for handoff in rows.handoffs}
    noted = {notice.id for notice in rows.notifications}
    # Whom a reminder goes to is known at its moment only: the claim may be another's by now.
    lately = [
        event
        for event in rows.handoff_events
        if event.created_at > NOW - timedelta(days=3)
        and event.kind in NOTIFIED_KINDS - {HandoffEventKind.REMINDED}
    ]
    expected = {
        derived_id(event.id, ChannelKind.IN_APP, user)
        for event in lately
        for user in recipients(event, handoffs[event.handoff_id], members=members, assignees=assignees)
    }
    assert expected
    assert expected <= noted


def test_the_newest_notifications_are_unread_and_most_others_read(rows: DemoRows) -> None:
    newest = [notice for notice in rows.notifications if notice.created_at > NOW - timedelta(hours=2)]
    older = [notice for notice in rows.notifications if notice.created_at < NOW - timedelta(hours=3)]
    assert newest
    assert {notice.read_at for notice in newest} == {None}
    assert sum(notice.read_at is not None for notice in older) > 0.7 * len(older) > 0


def test_every_senior_has_unread_notifications(account: DemoAccount, rows: DemoRows) -> None:
    unread = {notice.user_id for notice in rows.notifications if notice.read_at is None}
    assert {senior.person.id for senior in account.seniors} <= unread


def test_baselines_are_timed_and_entered(account: DemoAccount, rows: DemoRows) -> None:
    assert len(rows.baselines) == account.timed_lately + account.timed_before
    for baseline in rows.baselines:
        assert baseline.seconds is not None
        if baseline.method == "stopwatch":
            assert baseline.stopped_at == baseline.created_at + timedelta(seconds=baseline.seconds)
        else:
            assert (baseline.method, baseline.stopped_at) == ("entered", None)
    assert {baseline.method for baseline in rows.baselines} == {"stopwatch", "entered"}
    assert any(baseline.note for baseline in rows.baselines)
    assert any(baseline.problem_domain for baseline in rows.baselines)


def test_enough_is_measured_in_one_account_and_too_little_in_the_other() -> None:
    needed = METRICS["savings"].min_cases
    assert needed is not None
    assert measured_lately(simulated(NORTHWIND)) >= needed
    assert len(simulated(ALPENBLICK).baselines) < needed


def test_an_exclusion_is_on_record(rows: DemoRows) -> None:
    excluded = [baseline for baseline in rows.baselines if baseline.excluded_reason is not None]
    recorded = {
        entry.target_id: (entry.actor_id, entry.at)
        for entry in rows.audit_log
        if entry.action == "baseline.excluded"
    }
    assert excluded
    assert recorded == {baseline.id: (baseline.excluded_by, baseline.excluded_at) for baseline in excluded}


def test_changes_of_flows_are_on_record(rows: DemoRows) -> None:
    done = sorted((entry.action, entry.target_id) for entry in rows.audit_log if entry.target_type == "flow")
    published = [version for version in rows.flow_versions if version.published_at is not None]
    expected = [("flow.created", flow.id) for flow in rows.flows]
    expected += [("flow.published", version.tree_id) for version in published]
    expected += [("flow.retired", flow.id) for flow in rows.flows if not flow.is_active]
    expected += [("flow.deleted", flow.id) for flow in rows.flows if flow.deleted_at is not None]
    assert done == sorted(expected)


def test_proposals_tell_what_their_source_session_was_about(rows: DemoRows) -> None:
    problems: dict[object, str] = {session.id: session.problem_summary for session in rows.sessions}
    assert {proposal.kind for proposal in rows.proposals} == {"new_flow", "flow_change"}
    for proposal in rows.proposals:
        assert problems[proposal.source_session_id].startswith(proposal.title.removesuffix("…"))
