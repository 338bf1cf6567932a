"""Verbal handoffs, timed: what Escalation Mode replaces, and what a savings claim is measured against."""

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from flowpilot.baselines.models import HandoffBaseline, Method
from flowpilot.baselines.queries import running_of
from flowpilot.clock import in_words
from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError, InvalidError, NotFoundError, OutdatedError
from flowpilot.identity.actor import Actor, ForbiddenError, Permission
from flowpilot.identity.assignees import lock_own_work
from flowpilot.identity.audit.log import record

# Nobody times a conversation of four hours: a stopwatch that has run for longer was forgotten, and one such figure
# would move every mean and p95. For the same reason nothing longer can be entered.
LONGEST_SECONDS = 4 * 60 * 60


class BaselineNotFoundError(NotFoundError):
    """No such baseline in the account."""

    def __init__(self) -> None:
        super().__init__("There is no such baseline.")


class NotYourBaselineError(ForbiddenError):
    """Somebody else measured it."""


class StopwatchRunningError(OutdatedError):
    """The caller's stopwatch is already running; `running_id` and `since` say which."""


class StopwatchForgottenError(ConflictError):
    """The stopwatch has run for too long to have timed a conversation."""


class NothingMeasuredError(ConflictError):
    """The stopwatch was stopped at the moment it was started."""


class NotAStopwatchError(ConflictError):
    """The baseline was entered after the fact."""


class StillRunningError(ConflictError):
    """The stopwatch is running, so there is no measurement yet."""


class AlreadyMeasuredError(OutdatedError):
    """It is a measurement, and measurements are kept."""


class InTheFutureError(InvalidError):
    """The conversation has not taken place yet."""


async def start(db: Db, actor: Actor, *, note: str, problem_domain: str | None, now: datetime) -> HandoffBaseline:
    """Start the actor's stopwatch, at the moment the senior is interrupted.

    Raises:
        StopwatchRunningError: the actor's stopwatch is already running.
    """
    # Two starts at once take turns at the actor's own membership, so that the second sees the first one's row.
    await lock_own_work(db, actor, alone=True)
    running = await running_of(db, actor)
    if running is not None:
        since = running.created_at
        raise StopwatchRunningError(
            f"Your stopwatch has been running since {in_words(since, actor.timezone)}. Stop or cancel it first.",
            running_id=running.id,
            since=since,
        )
    return await _add(db, actor, Method.STOPWATCH, note, problem_domain, created_at=now)


async def stop(db: Db, actor: Actor, baseline_id: uuid.UUID, now: datetime) -> HandoffBaseline:
    """Stop a stopwatch, at the senior's first useful action. Doing so again changes nothing.

    Raises:
        BaselineNotFoundError: no such baseline here.
        NotYourBaselineError: somebody else started it.
        NotAStopwatchError: it was entered after the fact.
        StopwatchForgottenError: it has run for more than `LONGEST_SECONDS`.
        NothingMeasuredError: no time has passed.
    """
    baseline = await _lock(db, actor, baseline_id)
    _must_be_own(actor, baseline, "stop this stopwatch")
    if baseline.method != Method.STOPWATCH:
        raise NotAStopwatchError("This baseline was entered after the fact: there is nothing to stop.")
    if baseline.seconds is not None:
        return baseline
    seconds = round((now - baseline.created_at).total_seconds(), 3)
    if seconds > LONGEST_SECONDS:
        raise StopwatchForgottenError(
            f"This stopwatch has been running for more than {LONGEST_SECONDS // 3600} hours, so it was forgotten. "
            "Cancel it, and enter the time if you know it."
        )
    if seconds <= 0:
        raise NothingMeasuredError("Nothing was measured: the stopwatch has only just been started.")
    baseline.seconds, baseline.stopped_at = seconds, now
    return baseline


async def enter(
    db: Db,
    actor: Actor,
    seconds: float,
    *,
    note: str,
    problem_domain: str | None,
    occurred_at: datetime | None,
    now: datetime,
) -> HandoffBaseline:
    """Note a verbal handoff that nobody timed. Without `occurred_at` it took place just now.

    Raises:
        InTheFutureError: `occurred_at` is still to come.
    """
    if occurred_at is not None and occurred_at > now:
        raise InTheFutureError("occurred_at lies in the future. Give the time when the conversation began.")
    began_at = (occurred_at or now).astimezone(UTC)
    return await _add(db, actor, Method.ENTERED, note, problem_domain, created_at=began_at, seconds=seconds)


async def cancel(db: Db, actor: Actor, baseline_id: uuid.UUID) -> None:
    """Remove one's own running stopwatch: it has measured nothing.

    Raises:
        BaselineNotFoundError: no such baseline here.
        NotYourBaselineError: somebody else started it.
        AlreadyMeasuredError: it is a measurement, which can be excluded but not removed.
    """
    baseline = await _lock(db, actor, baseline_id)
    _must_be_own(actor, baseline, "cancel this stopwatch")
    if baseline.seconds is not None:
        raise AlreadyMeasuredError("This is a measurement, and is kept. Exclude it with a reason instead.")
    await db.delete(baseline)
    await db.flush()


async def exclude(db: Db, actor: Actor, baseline_id: uuid.UUID, reason: str, now: datetime) -> HandoffBaseline:
    """Exclude a baseline, and say why; it is kept. A new reason replaces the old one.

    Raises:
        BaselineNotFoundError: no such baseline here.
        NotYourBaselineError: the actor neither measured it nor manages the account.
        StillRunningError: there is no measurement yet.
    """
    baseline = await _lock(db, actor, baseline_id)
    _must_be_theirs(actor, baseline, "exclude this baseline")
    if baseline.seconds is None:
        raise StillRunningError("This stopwatch is still running. Stop it first, or cancel it.")
    if baseline.excluded_reason != reason:
        before = _exclusion(baseline)
        baseline.excluded_reason, baseline.excluded_by, baseline.excluded_at = reason, actor.user_id, now
        await _audit(db, actor, baseline, "baseline.excluded", before, now)
    return baseline


async def include(db: Db, actor: Actor, baseline_id: uuid.UUID, now: datetime) -> HandoffBaseline:
    """Count an excluded baseline again. One that is not excluded stays as it is.

    Raises:
        BaselineNotFoundError: no such baseline here.
        NotYourBaselineError: the actor neither measured it nor manages the account.
    """
    baseline = await _lock(db, actor, baseline_id)
    _must_be_theirs(actor, baseline, "include this baseline")
    if baseline.excluded_reason is not None:
        before = _exclusion(baseline)
        baseline.excluded_reason, baseline.excluded_by, baseline.excluded_at = None, None, None
        await _audit(db, actor, baseline, "baseline.included", before, now)
    return baseline


async def _add(
    db: Db,
    actor: Actor,
    method: Method,
    note: str,
    problem_domain: str | None,
    *,
    created_at: datetime,
    seconds: float | None = None,
) -> HandoffBaseline:
    baseline = HandoffBaseline(
        account_id=actor.account_id,
        id=new_id(),
        seconds=seconds,
        method=method,
        measured_by=actor.user_id,
        note=note,
        problem_domain=problem_domain,
        created_at=created_at,
    )
    db.add(baseline)
    await db.flush()
    return baseline


async def _lock(db: Db, actor: Actor, baseline_id: uuid.UUID) -> HandoffBaseline:
    """A baseline, locked for this transaction."""
    baseline = await db.scalar(
        select(HandoffBaseline)
        .where(HandoffBaseline.account_id == actor.account_id, HandoffBaseline.id == baseline_id)
        .with_for_update()
    )
    if baseline is None:
        raise BaselineNotFoundError
    return baseline


def may_exclude(actor: Actor, measured_by: uuid.UUID) -> bool:
    """Whether the actor may exclude a baseline, and include it again."""
    return actor.user_id == measured_by or actor.may(Permission.MANAGE_ACCOUNT)


def _must_be_own(actor: Actor, baseline: HandoffBaseline, what: str) -> None:
    if baseline.measured_by != actor.user_id:
        raise NotYourBaselineError(f"Only the person who started it can {what}.")


def _must_be_theirs(actor: Actor, baseline: HandoffBaseline, what: str) -> None:
    if not may_exclude(actor, baseline.measured_by):
        raise NotYourBaselineError(f"Only the person who measured it or a team admin can {what}.")


def _exclusion(baseline: HandoffBaseline) -> dict[str, Any]:
    return {"excluded_reason": baseline.excluded_reason}


async def _audit(
    db: Db, actor: Actor, baseline: HandoffBaseline, action: str, before: dict[str, Any], now: datetime
) -> None:
    await record(
        db,
        actor.account_id,
        actor.user_id,
        action,
        ("baseline", baseline.id),
        at=now,
        before=before,
        after=_exclusion(baseline),
    )
