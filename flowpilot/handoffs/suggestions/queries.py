"""What became of the next steps of handoffs, within a statement that reads handoffs."""

import uuid
from typing import Any

from sqlalchemy import BindParameter, ScalarSelect, String, cast, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from flowpilot.handoffs.models import SessionHandoff
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.suggestions.models import SuggestionOutcome

_EDIT = aliased(AISessionStep)


def results(account_id: BindParameter[uuid.UUID]) -> ScalarSelect[dict[str, Any]]:
    """The last result of each suggestion in the session of a handoff since it was handed over, by its words.

    The session may suggest the same; what was done there is done. What was taken back has no result.
    """
    one, step = SuggestionOutcome, cast(SuggestionOutcome.step_id, String)
    taken_back = select(_EDIT.id).where(
        _EDIT.account_id == account_id,
        _EDIT.session_id == one.session_id,
        _EDIT.kind == StepKind.TAKE_BACK,
        or_(_EDIT.content["step"].astext == step, _EDIT.content["also"].has_key(step)),
    )
    return (
        select(func.jsonb_object_agg(one.action, aggregate_order_by(one.result, one.at, one.id)))
        .where(
            one.account_id == account_id,
            one.session_id == SessionHandoff.session_id,
            one.at >= SessionHandoff.created_at,
            ~taken_back.exists(),
        )
        .correlate(SessionHandoff)
        .scalar_subquery()
    )
