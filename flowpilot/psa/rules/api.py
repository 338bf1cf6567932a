"""JSON routes of what an account posts by itself."""

from fastapi import APIRouter

from flowpilot.clock import Now
from flowpilot.identity.access import CanManagePsa, CanView
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.psa.rules import queries, service
from flowpilot.psa.rules.schemas import RulesIn, RulesOut

router = APIRouter(prefix="/api/v1/psa/rules", tags=["ticket system"])


@router.get("")
async def read_rules(actor: CanView, db: ReadSession) -> RulesOut:
    """What the account posts to its ticket system by itself, and when."""
    return RulesOut.model_validate(await queries.rules_of(db, actor.account_id))


@router.patch("")
async def change_rules(body: RulesIn, actor: CanManagePsa, db: WriteSession, now: Now) -> RulesOut:
    """Change it. What is already enqueued stays as it is."""
    changes = body.model_dump(include=body.model_fields_set)
    return RulesOut.model_validate(await service.change_rules(db, actor, changes, now))
