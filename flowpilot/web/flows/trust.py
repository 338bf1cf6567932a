"""Whether a flow is still right: the evidence, the press that confirms it, and who answers for it."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel

from flowpilot.clock import Now
from flowpilot.flows import api
from flowpilot.flows.schemas import ConfirmIn, FlowChange, FlowDetailOut
from flowpilot.flows.trust.service import may_confirm
from flowpilot.flows.trust.verification import trust_rule
from flowpilot.freshness.api import EvidenceOut, read_evidence
from flowpilot.freshness.judging import Comparison
from flowpilot.http.fields import EmptyIsNone
from flowpilot.identity.access import CanManageFlows, CanView, CanWork
from flowpilot.identity.actor import Permission
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.schemas import MemberOut
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.people import assignees
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/flows", include_in_schema=False)


class ConfirmForm(BaseModel):
    """Until when the flow is confirmed; empty for as long as the account's rule says."""

    until: Annotated[date | None, EmptyIsNone] = None


class OwnerForm(BaseModel):
    """Who answers for the flow; empty for nobody."""

    owner_id: Annotated[uuid.UUID | None, EmptyIsNone] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust(Page):
    """The evidence about a flow; None without that permission. `until` is the last day of a confirmation now."""

    template: ClassVar[str] = "flows/trust.html"
    flow: FlowDetailOut
    evidence: EvidenceOut | None
    may_confirm: bool
    until: date | None
    members: list[MemberOut]

    @property
    def compared(self) -> list[tuple[str, Comparison]]:
        """What is compared, each with its name."""
        if self.evidence is None:
            return []
        at = f" at “{self.evidence.node_text}”" if self.evidence.node_text else " at one node"
        return [
            ("Solved without a handoff", self.evidence.success),
            ("Answered in free text", self.evidence.free_text),
            (f"Handed over{at}", self.evidence.handoffs),
        ]


@router.get("/{flow_id}/trust")
async def show_trust(
    request: Request, flow_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame
) -> Response:
    """What speaks for the flow and against it."""
    flow = await api.read_flow(flow_id, actor, db)
    sees_evidence = actor.may(Permission.VIEW_ANALYTICS)
    page = Trust(
        title=f"Is “{flow.name}” still right?",
        flow=flow,
        evidence=await read_evidence(flow_id, actor, db, frame.now) if sees_evidence else None,
        may_confirm=may_confirm(flow, actor) and flow.published is not None,
        until=(await trust_rule(db, actor.account_id, frame.now)).until,
        members=await assignees(actor, db) if actor.may(Permission.MANAGE_FLOWS) else [],
    )
    return render(request, page, frame)


@router.post("/{flow_id}/confirm")
async def confirm(
    flow_id: uuid.UUID, body: Annotated[ConfirmForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    """Confirm that the flow is still right."""
    flow = await api.confirm_flow(flow_id, actor, db, now, ConfirmIn(until=body.until))
    until = "" if flow.verified_until is None else f" until {flow.verified_until:%-d %b %Y}"
    return go_to(f"/flows/{flow_id}", f"Confirmed{until}. The flow counts fully again.")


@router.post("/{flow_id}/owner")
async def change_owner(
    flow_id: uuid.UUID, body: Annotated[OwnerForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Choose who answers for the flow."""
    flow = await api.change_flow(flow_id, FlowChange(owner_id=body.owner_id), actor, db, now)
    return go_to(f"/flows/{flow_id}/trust", f"{flow.owner_name or 'Nobody'} answers for this flow now.")
