"""JSON routes of what an account asks of an escalation."""

import uuid

from fastapi import APIRouter

from flowpilot.clock import Now
from flowpilot.handoffs.earlier.queries import ended_handoffs
from flowpilot.handoffs.rules.queries import read_escalation_rules, rules_of
from flowpilot.handoffs.rules.schemas import (
    EscalationSettingsIn,
    EscalationSettingsOut,
    RequirementsOut,
    requirements_out,
    settings_out,
)
from flowpilot.handoffs.rules.service import change_escalation_rules
from flowpilot.identity.access import CanManageAccount, CanView
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.sessions.queries import read_session

router = APIRouter(prefix="/api/v1", tags=["handoffs"])


@router.get("/escalation-settings")
async def read_escalation_settings(actor: CanView, db: ReadSession) -> EscalationSettingsOut:
    """What the account asks of an escalation, and what its seniors choose from when one could have been spared."""
    return settings_out(await read_escalation_rules(db, actor.account_id))


@router.put("/escalation-settings")
async def change_escalation_settings(
    body: EscalationSettingsIn, actor: CanManageAccount, db: WriteSession, now: Now
) -> EscalationSettingsOut:
    """Replace what the account asks of an escalation."""
    row = await change_escalation_rules(db, actor, body.by_priority(), body.avoidable_reasons, now)
    return settings_out(rules_of(row))


@router.get("/ai-sessions/{session_id}/requirements")
async def read_requirements(session_id: uuid.UUID, actor: CanView, db: ReadSession) -> RequirementsOut:
    """What an escalation of the session would lack, what its flow asks for, and how the one before ended."""
    asked = await read_escalation_rules(db, actor.account_id)
    history = await read_session(db, actor.account_id, session_id)
    return requirements_out(asked, history, await ended_handoffs(db, actor.account_id, session_id))
