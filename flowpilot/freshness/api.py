"""JSON route of the evidence on which a flow is trusted."""

import uuid

from fastapi import APIRouter
from pydantic import Field

from flowpilot.clock import Now
from flowpilot.flows.queries import flow_facts
from flowpilot.freshness.evidence import FOLLOW_UP, WINDOW, Evidence, evidence
from flowpilot.freshness.judging import Findings, judge
from flowpilot.identity.access import CanViewAnalytics
from flowpilot.identity.auth import ReadSession

router = APIRouter(prefix="/api/v1/flows", tags=["flows"])


class EvidenceOut(Findings):
    """The present evidence about a flow, by the rules of the daily check."""

    window_days: int = Field(description="How long each of the two spans is at most.")
    follow_up_days: int = Field(description="Each session is watched for so long. Younger ones do not count.")


@router.get("/{flow_id}/evidence")
async def read_evidence(flow_id: uuid.UUID, actor: CanViewAnalytics, db: ReadSession, now: Now) -> EvidenceOut:
    """What the flow's sessions say about it lately, compared with the time before."""
    await flow_facts(db, actor.account_id, flow_id)
    found = (await evidence(db, actor.account_id, now, flow_id)).get(flow_id, Evidence())
    return EvidenceOut(**dict(judge(found)), window_days=WINDOW.days, follow_up_days=FOLLOW_UP.days)
