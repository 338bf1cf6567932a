"""Verbal handoffs that somebody timed, each about one of the sessions."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from flowpilot.baselines.models import HandoffBaseline, Method
from flowpilot.baselines.service import LONGEST_SECONDS
from flowpilot.demo.simulation.chance import around, id_at
from flowpilot.demo.simulation.problems import words
from flowpilot.demo.simulation.story import Story
from flowpilot.identity.models import AuditEntry

_LATELY = timedelta(days=27)
_BEFORE = timedelta(days=120)

# Every fourth was entered afterwards, and every fifteenth is excluded.
_ENTERED_EVERY = 4
_EXCLUDED_EVERY = 15


def time_verbal_handoffs(rng: Random, stories: list[Story]) -> list[HandoffBaseline]:
    """The account's baselines, as many as declared, the oldest first."""
    account, now = stories[0].account, stories[0].now
    # The newest sessions are still being talked about.
    past = [story for story in stories if story.session.created_at < now - timedelta(seconds=LONGEST_SECONDS)]
    lately = [story for story in past if story.session.created_at >= now - _LATELY]
    before = [story for story in past if now - _BEFORE <= story.session.created_at < now - _LATELY]
    history = [
        *rng.sample(before, min(account.timed_before, len(before))),
        *rng.sample(lately, min(account.timed_lately, len(lately))),
    ]
    return [_time(rng, story, number) for number, story in enumerate(history, start=1)]


def record_exclusions(rng: Random, baselines: list[HandoffBaseline]) -> Iterator[AuditEntry]:
    """The entries of the audit log for excluded baselines."""
    for baseline in baselines:
        if baseline.excluded_at is not None:
            yield AuditEntry(
                account_id=baseline.account_id,
                id=id_at(rng, baseline.excluded_at),
                actor_id=baseline.excluded_by,
                action="baseline.excluded",
                target_type="baseline",
                target_id=baseline.id,
                before={"excluded_reason": None},
                after={"excluded_reason": baseline.excluded_reason},
                at=baseline.excluded_at,
            )


def _time(rng: Random, story: Story, number: int) -> HandoffBaseline:
    account, began_at = story.account, story.session.created_at
    seconds = round(min(around(rng, 380, 0.55), LONGEST_SECONDS / 2), 3)
    ended_at = began_at + timedelta(seconds=seconds)
    is_entered = number % _ENTERED_EVERY == 0
    is_excluded = number % _EXCLUDED_EVERY == 0
    return HandoffBaseline(
        account_id=account.id,
        id=id_at(rng, ended_at if is_entered else began_at),
        seconds=round(seconds / 60) * 60.0 + 60.0 if is_entered else seconds,
        method=Method.ENTERED if is_entered else Method.STOPWATCH,
        measured_by=rng.choice(account.seniors).person.id,
        note=rng.choice(words().baseline_notes) if rng.random() < 0.4 else "",
        problem_domain=story.session.problem_domain,
        created_at=began_at,
        stopped_at=None if is_entered else ended_at,
        excluded_reason=rng.choice(words().exclusions) if is_excluded else None,
        excluded_by=rng.choice(account.admins).person.id if is_excluded else None,
        excluded_at=ended_at + timedelta(minutes=rng.uniform(1, 60)) if is_excluded else None,
    )
