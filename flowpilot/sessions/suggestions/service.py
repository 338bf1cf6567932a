"""Doing what the copilot suggests, or dismissing it, in a session that this transaction has locked."""

from dataclasses import dataclass

from sqlalchemy import delete

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import OutdatedError
from flowpilot.flows.fields import fill_in, label_of, names_in
from flowpilot.identity.actor import Actor
from flowpilot.sessions import decisions, policy
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.queries import read_session
from flowpilot.sessions.runs.marks import values
from flowpilot.sessions.service import add_step, announce_change
from flowpilot.sessions.suggestions.models import DismissalReason, SuggestionOutcome, SuggestionResult
from flowpilot.sessions.suggestions.queries import ShownSuggestion, Suggested, find_suggested
from flowpilot.sessions.transitions import Action

# How a result reads in the record and in the note for the ticket.
LABELS = {
    SuggestionResult.SOLVED: "Solved it",
    SuggestionResult.NOT_HELPED: "Did not help",
    SuggestionResult.DONE: "Done",
}


class NotSuggestedError(OutdatedError):
    """The copilot does not suggest this any more."""


class NotDismissedError(OutdatedError):
    """The suggestion was not dismissed, or somebody has brought it back."""


@dataclass(frozen=True, slots=True)
class Dismissal:
    """Why a suggestion is not followed, and what else there is to say."""

    reason: DismissalReason
    note: str = ""


async def do(
    db: Db, actor: Actor, loaded: LoadedSession, shown: ShownSuggestion, result: SuggestionResult, note: str = ""
) -> None:
    """Record that a suggestion was done, as a step: the outcome of something that was tried, with its values.

    Raises:
        NotAllowedNowError, ForbiddenError: the actor may not take a step now.
        NotSuggestedError: this is not suggested.
    """
    policy.check(loaded.session, actor, Action.STEP)
    await record_done(db, actor, loaded, await _find(db, loaded, shown), result, note)


async def dismiss(db: Db, actor: Actor, loaded: LoadedSession, shown: ShownSuggestion, why: Dismissal) -> None:
    """Do not suggest this again in the session. It is not a step: nobody has worked on the problem by it.

    Raises as `do`.
    """
    policy.check(loaded.session, actor, Action.STEP)
    await record_dismissed(db, actor, loaded, await _find(db, loaded, shown), why)


async def restore(db: Db, actor: Actor, loaded: LoadedSession, action: str) -> None:
    """Take a dismissal back, as if it had not been pressed: the same is suggested again, and counted as open.

    Raises:
        NotAllowedNowError, ForbiddenError: the actor may not take a step now.
        NotDismissedError: this was not dismissed.
    """
    policy.check(loaded.session, actor, Action.STEP)
    await record_restored(db, loaded, action)


async def record_done(
    db: Db, actor: Actor, loaded: LoadedSession, found: Suggested, result: SuggestionResult, note: str = ""
) -> None:
    """`do`, for a suggestion that the caller has found. The caller has checked that it is allowed."""
    said = fill_in(found.action, values(loaded.steps), {name: label_of(name) for name in names_in(found.action)})
    new = decisions.outcome_of_suggestion(said, LABELS[result], note, source=found.source)
    step = await add_step(db, loaded, actor.user_id, new)
    row = _outcome(loaded, actor, found, result)
    row.step_id = step.id
    db.add(row)
    await db.flush()


async def record_dismissed(db: Db, actor: Actor, loaded: LoadedSession, found: Suggested, why: Dismissal) -> None:
    """`dismiss`, for a suggestion that the caller has found. The caller has checked that it is allowed."""
    row = _outcome(loaded, actor, found, SuggestionResult.DISMISSED)
    row.reason, row.note = why.reason, why.note
    db.add(row)
    loaded.session.last_activity_at = loaded.moment
    await db.flush()
    announce_change(db, loaded.session)


async def record_restored(db: Db, loaded: LoadedSession, action: str) -> None:
    """`restore`, once the caller has checked that it is allowed."""
    dismissals = delete(SuggestionOutcome).where(
        SuggestionOutcome.account_id == loaded.session.account_id,
        SuggestionOutcome.session_id == loaded.session.id,
        SuggestionOutcome.result == SuggestionResult.DISMISSED,
        SuggestionOutcome.action == action,
    )
    if not (await db.scalars(dismissals.returning(SuggestionOutcome.id))).all():
        raise NotDismissedError("This is not dismissed any more. Load the page again to see what is suggested.")
    loaded.session.last_activity_at = loaded.moment
    await db.flush()
    announce_change(db, loaded.session)


async def _find(db: Db, loaded: LoadedSession, shown: ShownSuggestion) -> Suggested:
    session = loaded.session
    if loaded.tree is None:
        history = await read_session(db, session.account_id, session.id, loaded)
        found = await find_suggested(db, history, shown)
        if found is not None:
            return found
    raise NotSuggestedError("This is not suggested any more. Write down what you did as a note.")


def _outcome(loaded: LoadedSession, actor: Actor, found: Suggested, result: SuggestionResult) -> SuggestionOutcome:
    return SuggestionOutcome(
        account_id=loaded.session.account_id,
        id=new_id(),
        session_id=loaded.session.id,
        handoff_id=found.handoff_id,
        index=found.index,
        action=found.action,
        source=found.source,
        model=found.model,
        prompt_version=found.prompt_version,
        result=result,
        note="",
        by=actor.user_id,
        at=loaded.moment,
    )
