"""What holds for every simulated half year, with any seed and any now: one function for each law."""

from datetime import timedelta
from itertools import pairwise

from flowpilot.copilot import rules
from flowpilot.demo.simulation.handoffs.actions import ASKED
from flowpilot.flows.checking.checker import problems
from flowpilot.flows.matching.match import tier
from flowpilot.handoffs.acting.claimants import NO_ACTION
from flowpilot.handoffs.models import HandoffEventKind, Priority, SessionHandoff
from flowpilot.handoffs.snapshot import missing_of, take_snapshot
from flowpilot.sessions.models import AISession, SessionStatus, StepKind
from flowpilot.sessions.queries import case_of
from flowpilot.sessions.transitions import OPEN, TRANSITIONS
from tests.demo.rows import Facts, moments
from tests.demo.simulation.contents import check_contents

OWNED_BY_HOLDER = {SessionStatus.ESCALATED}
IDLE = {SessionStatus.ACTIVE, SessionStatus.PAUSED}
# What may come after what, of a handoff's events; None is its beginning.
KIND = HandoffEventKind
WAITING = {KIND.CLAIMED, KIND.CLOSED}
HELD = {KIND.REMINDED, KIND.FIRST_ACTION, KIND.ASKED, KIND.RELEASED, KIND.EXPIRED, KIND.CLOSED}
ORDER = {
    None: {KIND.CREATED},
    KIND.CREATED: WAITING,
    KIND.CLAIMED: HELD - {KIND.EXPIRED},
    KIND.REMINDED: HELD - {KIND.REMINDED},
    KIND.FIRST_ACTION: HELD - {KIND.FIRST_ACTION} | {KIND.CLAIMANT_ACTION},
    KIND.CLAIMANT_ACTION: {KIND.RELEASED, KIND.CLOSED, KIND.ASKED},
    KIND.ASKED: {KIND.ANSWERED},
    KIND.ANSWERED: {KIND.ASKED},
    KIND.RELEASED: WAITING,
    KIND.EXPIRED: WAITING,
    KIND.CLOSED: set[HandoffEventKind](),
}


def check_moments(facts: Facts) -> None:
    """Nothing is in the future, and what ends ends after it began."""
    assert max(moments(facts.rows)) <= facts.now
    for session in facts.rows.sessions:
        assert (session.resolved_at is not None) == (session.status == SessionStatus.RESOLVED)
        assert session.resolved_at is None or session.resolved_at > session.created_at


def check_flows(facts: Facts) -> None:
    """Every version can be published; sessions follow the newest one at their start, while the flow exists."""
    assert [found for tree in facts.trees.values() for found in problems(tree)] == []
    for flow in facts.rows.flows:
        assert flow.published_version_id is not None
        assert facts.versions[flow.published_version_id].tree_id == flow.id
        assert flow.created_by is not None
    for session in facts.rows.sessions:
        assert (session.flow_version_id is None) == (session.matched_flow_id is None)
        if session.matched_flow_id is not None and session.flow_version_id is not None:
            flow, version = facts.flows[session.matched_flow_id], facts.versions[session.flow_version_id]
            assert flow.created_at <= session.created_at
            assert flow.deleted_at is None or session.created_at <= flow.deleted_at
            assert version.id == _newest_version(facts, session)


def _newest_version(facts: Facts, session: AISession) -> object:
    published = [
        version
        for version in facts.rows.flow_versions
        if version.tree_id == session.matched_flow_id
        and version.published_at is not None
        and version.published_at <= session.created_at
    ]
    return max(published, key=lambda version: version.number).id


def check_confidence(facts: Facts) -> None:
    """The tier is the confidence's, and a flow is followed unless it is too low."""
    for session in facts.rows.sessions:
        assert session.confidence is not None
        assert tier(session.confidence) == session.confidence_tier
        assert (session.matched_flow_id is None) == (session.confidence_tier == "discovery")


def check_steps(facts: Facts) -> None:
    """Steps are numbered in the order of their times, and the session's counts are right."""
    for session in facts.rows.sessions:
        taken = facts.steps[session.id]
        answers = [step for step in taken if step.kind == StepKind.ANSWER]
        assert [step.position for step in taken] == list(range(1, len(taken) + 1))
        assert all(step.created_at > session.created_at for step in taken)
        assert all(earlier.created_at < later.created_at for earlier, later in pairwise(taken))
        assert session.step_count == len(taken)
        assert session.answer_count == len(answers)
        assert session.free_text_count == sum(step.is_free_text for step in answers)


def check_statuses(facts: Facts) -> None:
    """The changes of status are a path through the table of transitions, which ends at the session's status."""
    for session in facts.rows.sessions:
        changes = facts.changes[session.id]
        assert (changes[0].from_status, changes[0].to_status) == (None, SessionStatus.ACTIVE)
        assert changes[0].created_at == session.created_at
        for earlier, later in pairwise(changes):
            assert earlier.to_status == later.from_status
            assert later.to_status in TRANSITIONS[SessionStatus(earlier.to_status)].values()
        assert changes[-1].to_status == session.status


def check_activity(facts: Facts) -> None:
    """The last activity is the newest step or change, and no session is idle beyond the account's limit."""
    limit = timedelta(minutes=facts.account.idle_minutes, seconds=1)
    for session in facts.rows.sessions:
        changes, steps = facts.changes[session.id], facts.steps[session.id]
        happened = sorted([change.created_at for change in changes] + [step.created_at for step in steps])
        assert session.last_activity_at == happened[-1]
        if session.status in IDLE:
            happened.append(facts.now)
        for earlier, later in pairwise(happened):
            status = [change.to_status for change in changes if change.created_at <= earlier][-1]
            assert status not in IDLE or later - earlier <= limit


def check_owners(facts: Facts) -> None:
    """The holder of the open handoff owns the session, and still does after parking or ending it."""
    for session in facts.rows.sessions:
        owner = session.user_id
        for handoff in facts.handoffs[session.id]:
            goes_back = handoff.outcome in {"returned", "sent_back"}
            owner = handoff.created_by if goes_back else handoff.claimed_by or owner
        assert session.owner_id == owner


def check_handoffs(facts: Facts) -> None:
    """At most one handoff is open, and only if the session's status says so; nobody claims their own."""
    for session in facts.rows.sessions:
        handoffs = facts.handoffs[session.id]
        unclosed = [handoff for handoff in handoffs if handoff.closed_at is None]
        asked = {SessionStatus.REQUESTING_ESCALATION: [False], SessionStatus.ESCALATED: [True]}
        expected = asked.get(SessionStatus(session.status), [])
        assert [handoff.claimed_by is not None for handoff in unclosed] == expected
        for handoff in handoffs:
            assert handoff.created_by not in {handoff.claimed_by, handoff.target_user_id}
            assert (handoff.outcome is None) == (handoff.closed_at is None)
            assert handoff.outcome not in {"resolved", "abandoned"} or session.status not in OPEN


def check_leases(facts: Facts) -> None:
    """A lease runs if a claim is open and its claimant has not acted, and has not expired."""
    for handoff in facts.rows.handoffs:
        is_held = handoff.claimed_at is not None and handoff.closed_at is None
        waits = is_held and handoff.claimant_action_at is None
        assert (handoff.lease_expires_at is not None) == waits
        if handoff.lease_expires_at is not None and handoff.claimed_at is not None:
            length = timedelta(minutes=facts.account.lease_minutes)
            assert handoff.lease_expires_at == handoff.claimed_at + length
            assert handoff.lease_expires_at > facts.now - timedelta(seconds=1)


def check_first_actions(facts: Facts) -> None:
    """The first action is the first step after the claim, as the contract has it."""
    for handoff in facts.rows.handoffs:
        claimed_at = handoff.claimed_at
        after = [
            step
            for step in facts.steps[handoff.session_id]
            if claimed_at is not None and step.created_at > claimed_at
        ]
        expected = (after[0].created_at, after[0].actor_id) if after else (None, None)
        assert (handoff.first_action_at, handoff.first_action_by) == expected
        by_claimant = [
            step.created_at
            for step in after
            if step.actor_id == handoff.claimed_by
            and step.kind not in NO_ACTION
            and (handoff.closed_at is None or step.created_at <= handoff.closed_at)
        ]
        assert handoff.claimant_action_at == min(by_claimant, default=None)


def check_snapshots(facts: Facts) -> None:
    """A handoff stores what was known when it was made, and what the rules say of that."""
    for handoff in facts.rows.handoffs:
        history = facts.history(facts.sessions[handoff.session_id], handoff.created_at)
        assert handoff.snapshot == take_snapshot(history, handoff.note)
        asked = ASKED.effects(Priority(handoff.priority), missing_of(history, handoff.note))
        assert handoff.lacks == list(asked)
        case = case_of(history, note=handoff.note, missing=handoff.snapshot["missing"])
        # A closed session has no next step; this one was open then.
        case = case.model_copy(update={"ended": False})
        assert handoff.assessment == rules.assess(case).model_dump(mode="json")


def check_events(facts: Facts) -> None:
    """Events are numbered without a gap in the order of their times, and each handoff's lead to its row."""
    events = facts.rows.handoff_events
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert all(earlier.created_at <= later.created_at for earlier, later in pairwise(events))
    for handoff in facts.rows.handoffs:
        kinds = [HandoffEventKind(event.kind) for event in facts.events[handoff.id]]
        assert all(later in ORDER[earlier] for earlier, later in pairwise([None, *kinds]))
        _check_events_of(facts, handoff)


def _check_events_of(facts: Facts, handoff: SessionHandoff) -> None:
    claim, closed, reminded, acted = None, None, None, None
    for event in facts.events[handoff.id]:
        match event.kind:
            case KIND.CREATED:
                assert (event.created_at, event.actor_id) == (handoff.created_at, handoff.created_by)
                assert event.content == {"priority": handoff.priority}
            case KIND.CLAIMED:
                claim = (event.actor_id, event.created_at)
                assert event.content == {}
            case KIND.REMINDED:
                assert claim is not None
                ends = claim[1] + timedelta(minutes=facts.account.lease_minutes)
                reminded = event.created_at
                assert event.content == {"holder": str(claim[0]), "ends": ends.isoformat()}
            case KIND.FIRST_ACTION:
                assert claim is not None
                acted = event.created_at
                seconds = round((acted - claim[1]).total_seconds(), 3)
                [step] = [one for one in facts.steps[handoff.session_id] if one.created_at == acted]
                by_claimant = event.actor_id == claim[0] and step.kind not in NO_ACTION
                assert event.content == {"seconds": seconds, "by_claimant": by_claimant}
            case KIND.CLAIMANT_ACTION:
                assert claim is not None
                assert event.actor_id == claim[0]
                assert event.content["by_claimant"]
            case KIND.ASKED | KIND.ANSWERED:
                assert set(event.content) == {"question", "asked_by"}
            case KIND.RELEASED | KIND.EXPIRED:
                assert claim is not None
                assert event.content["holder"] == str(claim[0])
                assert set(event.content) - {"reason"} == {"holder"}
                assert ("reason" in event.content) == (event.kind == KIND.RELEASED) == (event.actor_id is not None)
                claim, reminded, acted = None, None, None
            case _:
                closed = (event.created_at, event.actor_id, event.content["outcome"])
                assert set(event.content) == {"outcome", "note"}
    assert (handoff.claimed_by, handoff.claimed_at) == (claim or (None, None))
    assert handoff.reminded_at == reminded
    assert (handoff.closed_at, handoff.closed_by, handoff.outcome) == (closed or (None, None, None))
    # A step after the end is the first action all the same, but no event of what is over.
    assert acted == handoff.first_action_at or (handoff.closed_at is not None and acted is None)


def check_posts(facts: Facts) -> None:
    """A push that has arrived has an id there, and one that is still tried has no end."""
    for post in facts.rows.posts:
        assert (post.posted_at is None) == (post.status == "pending")
        assert (post.external_id is not None) == (post.status == "success")


LAWS = (
    check_moments,
    check_flows,
    check_confidence,
    check_steps,
    check_contents,
    check_statuses,
    check_activity,
    check_owners,
    check_handoffs,
    check_leases,
    check_first_actions,
    check_snapshots,
    check_events,
    check_posts,
)
