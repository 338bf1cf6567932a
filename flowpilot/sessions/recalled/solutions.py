"""What solved sessions, as it reads now: not what was struck, taken back or removed."""

import uuid
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import ARRAY, ColumnElement, String, Uuid, bindparam, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from flowpilot.db.session import ReadDb
from flowpilot.db.statements.built import Built
from flowpilot.sessions.edits.record import is_removed
from flowpilot.sessions.models import EDITS, AISessionStep, StepKind
from flowpilot.sessions.path import standing

# Of so many sessions that say what solved them, a few are shown; a resolution may have been removed for good.
_READ = 12

_ACCOUNT = bindparam("account_id", type_=Uuid)


def _says_what_solved_it(session_id: ColumnElement[uuid.UUID]) -> ColumnElement[bool]:
    """Whether it has a resolution whose last edit, if there is one, neither struck it nor took it back."""
    said, edit = aliased(AISessionStep), aliased(AISessionStep)
    said_id = cast(said.id, String)
    last_edit = (
        select(edit.kind)
        .where(
            edit.account_id == _ACCOUNT,
            edit.session_id == said.session_id,
            edit.kind.in_(EDITS),
            or_(edit.content["step"].astext == said_id, edit.content["also"].has_key(said_id)),
        )
        .order_by(edit.position.desc())
        .limit(1)
        .scalar_subquery()
    )
    return exists().where(
        said.account_id == _ACCOUNT,
        said.session_id == session_id,
        said.kind == StepKind.RESOLUTION,
        func.btrim(said.content["text"].astext) != "",
        func.coalesce(last_edit, "").not_in([StepKind.STRIKE, StepKind.TAKE_BACK]),
    )


def _solutions() -> Built:
    """In one statement, which reads only the resolutions of sessions, and what was done to those."""
    asked = (
        func.unnest(bindparam("ranked", type_=ARRAY(Uuid)))
        .table_valued("id", with_ordinality="place")
        .render_derived()
    )
    first = (
        select(asked.c.id).where(_says_what_solved_it(asked.c.id)).order_by(asked.c.place).limit(_READ).subquery()
    )
    return Built(
        select(AISessionStep)
        .where(
            AISessionStep.account_id == _ACCOUNT,
            AISessionStep.session_id.in_(select(first.c.id)),
            AISessionStep.kind.in_([StepKind.RESOLUTION, *EDITS]),
        )
        .order_by(AISessionStep.session_id, AISessionStep.position)
    )


_SOLUTIONS = _solutions()


async def solutions_of(db: ReadDb, account_id: uuid.UUID, ranked: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What solved the first 12 of these sessions that say it."""
    if not ranked:
        return {}
    steps: dict[uuid.UUID, list[AISessionStep]] = defaultdict(list)
    for step in await _SOLUTIONS.all(db, account_id=account_id, ranked=list(ranked)):
        steps[step.session_id].append(step)
    found = {session_id: _solution(its) for session_id, its in steps.items()}
    return {session_id: text for session_id, text in found.items() if text}


def _solution(steps: Sequence[AISessionStep]) -> str:
    said = [
        str(step.content.get("text") or "").strip()
        for step in standing(steps)
        if step.kind == StepKind.RESOLUTION and not is_removed(step)
    ]
    return said[-1] if said else ""
