"""Fixes that had to prove themselves, in what people did. Pure."""

import uuid
from datetime import datetime

from flowpilot.sessions.models import AISessionStep, SessionStatus, StepKind
from flowpilot.sessions.queries import SessionHistory


def confirmed_fix(history: SessionHistory) -> AISessionStep | None:
    """The fix that proved itself, which solved the session; None if it was solved otherwise, or not yet."""
    session = history.session
    if session.status != SessionStatus.RESOLVED or session.fix_applied_at is None:
        return None
    return max(_fixes(history), key=lambda fix: fix.position, default=None)


def written_while_waiting(history: SessionHistory) -> frozenset[uuid.UUID]:
    """The notes that say what was seen while a fix had to prove itself: they came of it, and lead to nothing."""
    waits = [(fix.created_at, _end_of_wait(history, fix)) for fix in _fixes(history)]
    return frozenset(
        step.id
        for step in history.steps
        if step.kind == StepKind.NOTE
        and any(began < step.created_at and (end is None or step.created_at <= end) for began, end in waits)
    )


def _fixes(history: SessionHistory) -> list[AISessionStep]:
    return [step for step in history.steps if step.kind == StepKind.FIX]


def _end_of_wait(history: SessionHistory, fix: AISessionStep) -> datetime | None:
    """When the session was no longer paused for the fix; None if it still is."""
    ends = (
        change.created_at
        for change in history.changes
        if change.created_at > fix.created_at and change.to_status != SessionStatus.PAUSED
    )
    return min(ends, default=None)
