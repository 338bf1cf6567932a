"""Which suggestions are shown in a session now."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import BindParameter, Integer, Uuid, bindparam, func, select

from flowpilot.copilot import rules
from flowpilot.copilot.schemas import NextStep, Source, Suggestion
from flowpilot.db.session import ReadDb
from flowpilot.db.statements.built import Built
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import MARKS, AISessionStep, SessionSuggestion
from flowpilot.sessions.queries import SessionHistory, case_of
from flowpilot.sessions.suggestions.models import dismissed_in
from flowpilot.sessions.transitions import OPEN


@dataclass(frozen=True, slots=True)
class Suggested:
    """A suggestion as it is shown: its place in the list, from 1, and who made that list with what.

    `handoff_id`: the handoff whose assessment it is part of, if it is part of one.
    """

    index: int
    action: str
    source: Source
    model: str | None
    prompt_version: str | None
    handoff_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class ShownSuggestion:
    """A suggestion as somebody saw it, after so many steps; without a `source`, whoever made it."""

    action: str
    source: Source | None = None
    after_step: int | None = None

    def is_of(self, step: NextStep) -> bool:
        """Whether it is this one."""
        return self.action == step.action and self.source in {None, step.source}


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What a session suggests, and the words of what was dismissed in it."""

    shown: Suggestion | None = None
    dismissed: Sequence[str] = ()


# Built once, because every step without a flow reads it.
_ACCOUNT: BindParameter[uuid.UUID] = bindparam("account_id", type_=Uuid)
_SESSION: BindParameter[uuid.UUID] = bindparam("session_id", type_=Uuid)
_NEWEST = (
    select(SessionSuggestion.content)
    .where(
        SessionSuggestion.account_id == _ACCOUNT,
        SessionSuggestion.session_id == _SESSION,
        SessionSuggestion.position.between(bindparam("since", type_=Integer), bindparam("until", type_=Integer)),
    )
    .order_by(SessionSuggestion.position.desc())
    .limit(1)
)
_DISMISSED = dismissed_in(_ACCOUNT, _SESSION).scalar_subquery()
_BOTH = Built(select(_NEWEST.scalar_subquery(), func.coalesce(_DISMISSED, [])))


async def suggestions_for(db: ReadDb, history: SessionHistory, loaded: LoadedSession | None = None) -> Suggestions:
    """What to do next in an open session without a flow: by the AI once it has answered, otherwise by rules.

    `loaded`: the same session, if this transaction has changed it.
    """
    if history.tree is not None or history.session.status not in OPEN:
        return Suggestions()
    if loaded is not None and loaded.dismissed is not None and _is_new(history.steps, loaded):
        # Nobody could propose anything for a step that only this transaction knows.
        of_ai, dismissed = None, loaded.dismissed
    else:
        of_ai, dismissed = await read_suggestion(db, history)
    shown = of_ai and _without(of_ai, dismissed)
    if shown is None or not shown.steps:
        shown = rules.suggest(case_of(history, dismissed=dismissed))
    return Suggestions(shown, list(dict.fromkeys(dismissed)))


def _is_new(steps: Sequence[AISessionStep], loaded: LoadedSession) -> bool:
    """Whether the last step was taken in this transaction, and suggestions before it are outdated."""
    return bool(steps) and steps[-1].kind not in MARKS and steps[-1].created_at == loaded.moment


async def find_suggested(db: ReadDb, history: SessionHistory, shown: ShownSuggestion) -> Suggested | None:
    """The suggestion on an open page of the session; None if it is none of those that were shown, or is dismissed.

    The AI may have answered since the page was shown, and again since then: what counts is the list on the page.
    """
    then = replace(history, steps=history.steps[: shown.after_step])
    for list_ in await _both(db, then):
        for index, step in enumerate(list_.steps if list_ else (), start=1):
            if list_ is not None and shown.is_of(step):
                return Suggested(index, step.action, step.source, list_.model, list_.prompt_version)
    return None


async def _both(db: ReadDb, history: SessionHistory) -> tuple[Suggestion | None, Suggestion]:
    of_ai, dismissed = await read_suggestion(db, history)
    return of_ai and _without(of_ai, dismissed), rules.suggest(case_of(history, dismissed=dismissed))


def _without(suggestion: Suggestion, dismissed: list[str]) -> Suggestion:
    return suggestion.model_copy(
        update={"steps": [step for step in suggestion.steps if step.action not in dismissed]}
    )


async def read_suggestion(db: ReadDb, history: SessionHistory) -> tuple[Suggestion | None, list[str]]:
    """What the AI proposed for where the session is after its steps, and what was dismissed, in one statement.

    A value that somebody fills in does not make it outdated.
    """
    session, steps = history.session, history.steps
    since = max((number for number, step in enumerate(steps, 1) if step.kind not in MARKS), default=0)
    session_of = {"account_id": session.account_id, "session_id": session.id}
    content, actions = await _BOTH.first(db, **session_of, since=since, until=len(steps))
    return None if content is None else Suggestion.model_validate(content), actions
