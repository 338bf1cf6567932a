"""What follows from a session: notes and hours in the ticket system, and proposals for the library."""

import itertools
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from flowpilot.demo.simulation.chance import around, id_at
from flowpilot.demo.simulation.office_hours import next_office_moment
from flowpilot.demo.simulation.story import Story
from flowpilot.knowledge.content import MAX_TITLE
from flowpilot.knowledge.models import FlowProposal
from flowpilot.psa.models import PsaActivityLog, PsaPostLog
from flowpilot.sessions.models import ConfidenceTier, SessionStatus
from flowpilot.text import tidy

_MAX_RETRIES = 5
_FAILURE_SHARE = 0.05
_REJECTED_SHARE = 0.012
_OUTAGE = (timedelta(days=19, hours=6), timedelta(days=18, hours=2))
_OUTAGE_FAILURE_SHARE = 0.85
_LONGEST_STEP_MINUTES = 25

# What was solved since then is proposed by the product itself, from the jobs that `demo/jobs` enqueues.
LATELY = timedelta(days=14)


def post_notes(story: Story) -> list[PsaPostLog]:
    """The pushes of one session's documentation: at its handoff, and at its end."""
    if story.session.psa_ticket_id is None:
        return []
    moments = [handoff.created_at for handoff in story.handoffs]
    if story.session.status in {SessionStatus.RESOLVED, SessionStatus.ABANDONED}:
        moments.append(story.moment)
    return [_post(story, moment) for moment in moments]


def log_activity(story: Story, posts: list[PsaPostLog]) -> Iterator[PsaActivityLog]:
    """What the ticket system records once posts have arrived; hours are logged at the session's end."""
    rng = story.rng
    for post in posts:
        if post.status != "success" or post.posted_at is None:
            continue
        yield from _activity(story, "note_posted", post.posted_at + timedelta(seconds=1))
        if post is posts[-1] and story.session.status == SessionStatus.RESOLVED:
            if rng.random() < 0.85:
                moment = post.posted_at + timedelta(seconds=rng.uniform(2, 400))
                yield from _activity(story, "time_entry_posted", moment, _hours(story))
            yield from _activity(story, "status_updated", post.posted_at + timedelta(seconds=3))


def propose(story: Story) -> FlowProposal | None:
    """A proposal that was reviewed long ago: a new flow for what was found out, or a change to a weak flow."""
    rng, session = story.rng, story.session
    if session.resolved_at is None:
        return None
    if session.matched_flow_id is None and story.tier is ConfidenceTier.DISCOVERY:
        kind, share = "new_flow", 0.09
    elif session.free_text_count >= 2:
        kind, share = "flow_change", 0.12
    else:
        return None
    created_at = session.resolved_at + timedelta(minutes=rng.uniform(1, 40))
    if rng.random() >= share or created_at > story.now - LATELY:
        return None
    return _proposal(story, kind, created_at)


def _post(story: Story, moment: datetime) -> PsaPostLog:
    rng = story.rng
    retries, arrived = _attempts(story, moment)
    delay = rng.uniform(1, 20) + sum(30 * 2**retry for retry in range(retries))
    posted_at = moment + timedelta(seconds=delay)
    is_over = posted_at <= story.now
    status = ("success" if arrived else "failed") if is_over else "pending"
    return PsaPostLog(
        account_id=story.account.id,
        id=id_at(rng, moment),
        ai_session_id=story.session.id,
        ticket_id=story.session.psa_ticket_id,
        status=status,
        retry_count=retries if is_over else 0,
        external_id=f"note-{rng.randrange(10**6, 10**7)}" if status == "success" else None,
        posted_at=posted_at if is_over else None,
    )


def _attempts(story: Story, moment: datetime) -> tuple[int, bool]:
    """How many retries it took, and whether the note arrived in the end."""
    began, ended = (story.now - before for before in _OUTAGE)
    failure_share = _OUTAGE_FAILURE_SHARE if began <= moment <= ended else _FAILURE_SHARE
    if story.rng.random() < _REJECTED_SHARE:
        return _MAX_RETRIES, False
    for retries in range(_MAX_RETRIES + 1):
        if story.rng.random() >= failure_share:
            return retries, True
    return _MAX_RETRIES, False


def _activity(
    story: Story, activity_type: str, moment: datetime, hours: Decimal | None = None
) -> Iterator[PsaActivityLog]:
    if moment <= story.now:
        yield PsaActivityLog(
            account_id=story.account.id,
            id=id_at(story.rng, moment),
            session_id=story.session.id,
            activity_type=activity_type,
            hours_logged=hours,
            created_at=moment,
        )


def _hours(story: Story) -> Decimal:
    """The time spent, rounded up to quarters of an hour; waiting is not work."""
    moments = [story.session.created_at, *(step.created_at for step in story.steps)]
    gaps = [(later - earlier) / timedelta(minutes=1) for earlier, later in itertools.pairwise(moments)]
    minutes = sum(gap for gap in gaps if gap <= _LONGEST_STEP_MINUTES)
    return Decimal("0.25") * max(1, math.ceil(minutes / 15))


def _proposal(story: Story, kind: str, created_at: datetime) -> FlowProposal | None:
    rng = story.rng
    later = created_at + timedelta(days=around(rng, 4, 0.9))
    reviewed_at = next_office_moment(rng, ZoneInfo(story.account.timezone), later)
    if reviewed_at > story.now:
        return None
    (status,) = rng.choices(("approved", "modified", "rejected"), (0.5, 0.25, 0.25))
    return FlowProposal(
        account_id=story.account.id,
        id=id_at(rng, created_at),
        kind=kind,
        status=status,
        title=tidy(story.session.problem_summary, MAX_TITLE),
        domain=story.session.problem_domain,
        source_session_id=story.session.id,
        created_at=created_at,
        reviewed_by=rng.choice(story.account.admins).person.id,
        reviewed_at=reviewed_at,
        reason="We met it once, and it is not worth a flow." if status == "rejected" else "",
    )
