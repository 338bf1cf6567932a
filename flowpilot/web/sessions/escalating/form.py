"""The form of an escalation: what is missing by the account's rules can be filled where it stands."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

from fastapi import APIRouter, Form, Request, Response

from flowpilot.clients.queries import KnownClient
from flowpilot.clock import Now
from flowpilot.handoffs import api as handoffs
from flowpilot.handoffs.earlier.schemas import EarlierHandoffOut
from flowpilot.handoffs.models import Outcome
from flowpilot.handoffs.policy import may_be_target
from flowpilot.handoffs.rules import api as rules
from flowpilot.handoffs.rules.flow import FactField
from flowpilot.handoffs.rules.requirements import IncompleteEscalationError
from flowpilot.handoffs.rules.schemas import FlowAsksOut
from flowpilot.handoffs.schemas.priority import PriorityName
from flowpilot.handoffs.schemas.requests import REASONS, HandoffIn
from flowpilot.http.fields import EmptyIsNone, Line
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.identity.schemas import MemberOut
from flowpilot.psa.numbers import TicketNumber
from flowpilot.sessions import api, schemas
from flowpilot.sessions.transitions import Action
from flowpilot.web.clients.pages import known_clients
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.people import assignees
from flowpilot.web.render import Page, go_to, render
from flowpilot.web.sessions.escalating.needed import Lack, lacks, missing_fields, needed
from flowpilot.web.sessions.facts import Recognised
from flowpilot.web.uploads import FilesForm, SentFiles

router = APIRouter(prefix="/sessions/{session_id}/escalate", include_in_schema=False)

Id = uuid.UUID

_CAME_BACK = {Outcome.RETURNED, Outcome.SENT_BACK}


class EscalationForm(FilesForm, OnceForm, HandoffIn):
    """Why it is escalated; a client and a ticket fill what the session does not have.

    `offered_…`: what was chosen, without scripts, of what the problem's text names. What is typed goes before it.
    """

    client_name: Annotated[Line | None, EmptyIsNone] = None
    psa_ticket_id: Annotated[TicketNumber | None, EmptyIsNone] = None
    offered_client_name: Annotated[Line | None, EmptyIsNone] = None
    offered_psa_ticket_id: Annotated[TicketNumber | None, EmptyIsNone] = None

    def with_what_was_chosen(self) -> Self:
        """The same, with what was offered in place of what was not typed."""
        chosen = {
            "client_name": self.client_name or self.offered_client_name,
            "psa_ticket_id": self.psa_ticket_id or self.offered_psa_ticket_id,
        }
        return self.model_copy(update={name: value for name, value in chosen.items() if value is not None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate(Page):
    """The form to hand a session over. `seniors` are the members it can be assigned to.

    `needed`: what is missing, and at which priorities it holds the escalation up, or only marks it; `lacks` is the
    same, to be said before it is sent.
    `flow`: what the flow asks for, where it ends with this. `before`: the escalation before.
    `begins_with`: what was said at that.
    """

    template: ClassVar[str] = "sessions/escalate.html"
    session: schemas.SessionOut
    seniors: list[MemberOut]
    reasons: tuple[str, ...]
    priorities: list[PriorityName]
    needed: Mapping[str, Sequence[Lack]]
    lacks: list[Lack]
    begins_with: Mapping[str, str]
    clients: list[KnownClient]
    flow: FlowAsksOut | None
    before: EarlierHandoffOut | None

    def recognised(self, template: str | None) -> Recognised:
        """What is missing, as the problem's text names it."""
        return Recognised.of(self.session, self.clients, template)

    def asked_for(self, field: str) -> list[str]:
        """What the flow asks for in that field."""
        facts = self.flow.facts if self.flow is not None else []
        return [one.text for one in facts if one.field == FactField(field)]

    @property
    def came_back(self) -> EarlierHandoffOut | None:
        """The escalation before, if somebody else gave it back or sent it back."""
        before = self.before
        if before is None or before.outcome not in _CAME_BACK:
            return None
        return None if before.closed_by == before.created_by else before


@router.get("")
async def show_escalate(
    request: Request, session_id: Id, actor: CanWork, db: ReadSession, frame: CurrentFrame
) -> Response:
    """The form to escalate, while the session allows it."""
    session = await api.read_session(session_id, actor, db)
    if Action.ESCALATE not in session.allowed:
        return go_to(f"/sessions/{session_id}")
    found = await rules.read_requirements(session_id, actor, db)
    page = Escalate(
        title="Escalate",
        session=session,
        seniors=[one for one in await assignees(actor, db) if may_be_target(one.user_id, actor.user_id)],
        reasons=REASONS,
        priorities=list(PriorityName),
        begins_with=said_before(found.before),
        clients=await known_clients(actor, db),
        needed=needed(found),
        lacks=list(lacks(found)),
        flow=found.flow,
        before=found.before,
    )
    return render(request, page, frame)


@router.post("")
async def escalate(
    request: Request,
    session_id: Id,
    body: Annotated[EscalationForm, Form()],
    sent: SentFiles,
    actor: CanWork,
    db: WriteSession,
    now: Now,
    once: CreateOnce,
) -> Response:
    files = body.new_files(sent)
    try:
        said = body.with_what_was_chosen()
        made = await handoffs.record_escalation(request, session_id, said, actor, db, now, once, files)
    except IncompleteEscalationError as error:
        raise missing_fields(error) from error
    return go_to(
        f"/handoffs/{made.id}", "Escalated, with everything that is known. You are notified when it is claimed."
    )


def said_before(before: EarlierHandoffOut | None) -> dict[str, str]:
    """What the escalation before said, for the form to begin with."""
    if before is None:
        return {}
    return {"reason": before.reason, "note": before.note, "tried": before.tried, "priority": before.priority.value}
