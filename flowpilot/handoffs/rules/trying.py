"""Whether something was tried after a handoff that had nothing tried, within a statement that reads handoffs."""

import uuid
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, String, and_, case, cast, func, null, or_, select
from sqlalchemy.orm import aliased

from flowpilot.copilot.asking import ASKS_IN_SQL
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.rules.requirements import Requirement
from flowpilot.handoffs.snapshot import MISSING
from flowpilot.sessions.models import AISessionStep, StepKind

_STEP, _LATER = aliased(AISessionStep), aliased(AISessionStep)
_TRIES = [StepKind.OUTCOME, StepKind.TICK, StepKind.FIX]


def tried_since(account_id: BindParameter[uuid.UUID]) -> ColumnElement[dict[str, Any] | None]:
    """Who has tried something first since a handoff that lacks that was sent, and when; null otherwise.

    What was taken back or unticked again was not tried.
    """
    step = cast(_STEP.id, String)
    taken_back = and_(
        _LATER.kind == StepKind.TAKE_BACK,
        or_(_LATER.content["step"].astext == step, _LATER.content["also"].has_key(step)),
    )
    unticked = and_(
        _LATER.kind == StepKind.UNDO,
        _LATER.content["node"] == _STEP.content["node"],
        _LATER.content["item"] == _STEP.content["item"],
    )
    # A suggestion that is a question tries nothing (`snapshot`).
    said = _STEP.content["instruction"].astext
    asked = and_(_STEP.content.has_key("suggestion"), said.regexp_match(ASKS_IN_SQL, "i"))
    undone = select(_LATER.id).where(
        _LATER.account_id == account_id,
        _LATER.session_id == _STEP.session_id,
        _LATER.position > _STEP.position,
        or_(taken_back, unticked),
    )
    first = (
        select(func.jsonb_build_object("by", _STEP.actor_id, "at", _STEP.created_at))
        .where(
            _STEP.account_id == account_id,
            _STEP.session_id == SessionHandoff.session_id,
            _STEP.created_at > SessionHandoff.created_at,
            _STEP.kind.in_(_TRIES),
            ~asked,
            ~undone.exists(),
        )
        .order_by(_STEP.position)
        .limit(1)
        .correlate(SessionHandoff)
        .scalar_subquery()
    )
    lacks = or_(
        SessionHandoff.lacks.has_key(Requirement.TRIED.value),
        SessionHandoff.snapshot["missing"].has_key(MISSING[Requirement.TRIED]),
    )
    return case((lacks, first), else_=null())
