"""Doing the next steps of a handoff's assessment, or dismissing them, in its session, which is locked."""

import uuid

from flowpilot.db.session import Db
from flowpilot.handoffs.queries import read_handoff
from flowpilot.handoffs.suggestions import policy
from flowpilot.handoffs.suggestions.assessed import assessed_steps
from flowpilot.identity.actor import Actor
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.suggestions import service as suggestions
from flowpilot.sessions.suggestions.models import SuggestionResult
from flowpilot.sessions.suggestions.queries import ShownSuggestion, Suggested
from flowpilot.sessions.suggestions.service import Dismissal, NotSuggestedError


async def do(
    db: Db,
    actor: Actor,
    loaded: LoadedSession,
    handoff_id: uuid.UUID,
    shown: ShownSuggestion,
    result: SuggestionResult,
    note: str = "",
) -> None:
    """Record that a next step was done, as a step of the session, which stays where it is in its flow.

    Raises:
        HandoffClosedError, HandoffChangedError: the handoff is closed, or nobody holds it.
        HeldBySeniorError, NotYourSessionError, ForbiddenError, NotAllowedNowError: the actor may not take a step.
        NotSuggestedError: this is no next step of it, is answered already, or belongs to the session's flow.
    """
    found = await _find(db, actor, handoff_id, shown)
    await suggestions.record_done(db, actor, loaded, found, result, note)


async def dismiss(
    db: Db, actor: Actor, loaded: LoadedSession, handoff_id: uuid.UUID, shown: ShownSuggestion, why: Dismissal
) -> None:
    """Suggest this no more, on the handoff and in its session. It is no step. Raises as `do`."""
    found = await _find(db, actor, handoff_id, shown)
    await suggestions.record_dismissed(db, actor, loaded, found, why)


async def restore(db: Db, actor: Actor, loaded: LoadedSession, handoff_id: uuid.UUID, action: str) -> None:
    """Take a dismissal back, on the handoff and in its session.

    Raises:
        NotDismissedError: this was not dismissed. Otherwise as `do`.
    """
    row = await read_handoff(db, actor.account_id, handoff_id)
    policy.check_may_act(row.handoff, row.session, actor)
    await suggestions.record_restored(db, loaded, action)


async def _find(db: Db, actor: Actor, handoff_id: uuid.UUID, shown: ShownSuggestion) -> Suggested:
    row = await read_handoff(db, actor.account_id, handoff_id)
    policy.check_may_act(row.handoff, row.session, actor)
    for step in assessed_steps(row.handoff, row.session, row.results):
        if step.is_open and step.is_shown_as(shown):
            return step.suggested
    raise NotSuggestedError("This is no longer an open next step. Write down what you did as a note.")
