"""Sessions: the list, and one session to work in."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Query, Request, Response

from flowpilot.clients.schemas import ClientRow
from flowpilot.clock import Now
from flowpilot.db.session import ReadDb
from flowpilot.flows import api as flows
from flowpilot.flows.queries import FlowState
from flowpilot.flows.schemas import CandidateOut, FlowOut, MatchIn
from flowpilot.handoffs import api as handoffs
from flowpilot.handoffs.queries import HandoffFilter
from flowpilot.handoffs.schemas import HandoffOut
from flowpilot.http.fields import Text
from flowpilot.identity.access import CanView, CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.sessions import api, policy
from flowpilot.sessions.models import AISession, SessionStatus, StepKind
from flowpilot.sessions.queries import require_session
from flowpilot.sessions.schemas import (
    DocumentationOut,
    SessionIn,
    SessionOut,
    SessionRow,
    StatusChangeOut,
    StepOut,
)
from flowpilot.sessions.transitions import OPEN, Action
from flowpilot.web.clients.pages import known_clients
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.outdated import digest
from flowpilot.web.postings.section import SessionPostings, postings_of
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/sessions", include_in_schema=False)


_WITH_A_HANDOFF = {SessionStatus.REQUESTING_ESCALATION, SessionStatus.ESCALATED}


class NewSessionForm(OnceForm, SessionIn):
    """A session to begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Page):
    """One session: where it is, what is known, and what may be done. `handoff` is its open handoff."""

    template: ClassVar[str] = "sessions/session.html"
    session: SessionOut
    handoff: HandoffOut | None
    posted: SessionPostings | None
    clients: list[ClientRow]

    @property
    def may_correct(self) -> bool:
        """Whether what the session is about may be corrected."""
        return policy.may_correct(self.session.allowed)

    @property
    def details_shown(self) -> str:
        """A digest of the session's details."""
        return details_shown(self.session)

    @property
    def rating_shown(self) -> str:
        """The same for the rating."""
        return rating_shown(self.session)

    @property
    def standing(self) -> list[StepOut]:
        """The steps that count."""
        kept = set(self.session.standing)
        return [step for step in self.session.steps if step.id in kept]

    @property
    def earlier_values(self) -> list[StepOut]:
        """What was filled in, and is something else by now."""
        kept = set(self.session.standing)
        return [step for step in self.session.steps if step.kind == StepKind.FILL and step.id not in kept]

    @property
    def path(self) -> list[StepOut | StatusChangeOut]:
        """The steps that count, earlier values of fields, and why the session was reopened meanwhile."""
        changes = self.session.status_changes
        reopened = [one for one in changes if one.from_status not in {None, *OPEN} and one.to_status in OPEN]
        return sorted([*self.standing, *self.earlier_values, *reopened], key=lambda one: one.created_at)

    @property
    def abandoned_because(self) -> str:
        """Why the session was abandoned last, as far as somebody said."""
        reasons = [one.reason for one in self.session.status_changes if one.to_status == SessionStatus.ABANDONED]
        return reasons[-1] if reasons else ""

    @property
    def names(self) -> dict[uuid.UUID, str | None]:
        """What the people of the session are called."""
        return {person.id: person.name for person in self.session.people}


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Page):
    """The note as it will reach the ticket."""

    template: ClassVar[str] = "sessions/note.html"
    session: SessionOut
    note: DocumentationOut
    posted: SessionPostings | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseFlow(Page):
    """Flows to follow: what fits the problem, then what was searched for."""

    template: ClassVar[str] = "sessions/flow.html"
    session: SessionOut
    candidates: list[CandidateOut]
    flows: list[FlowOut]
    words: str


@router.post("")
async def start(
    request: Request,
    body: Annotated[NewSessionForm, Form()],
    actor: CanWork,
    db: WriteSession,
    now: Now,
    once: CreateOnce,
) -> Response:
    """Start a session. If no flow is certain, the engineer chooses one first."""
    started = await api.start_session(request, body, actor, db, now, once)
    if started.matched_flow_id is None and started.candidates:
        return go_to(f"/sessions/{started.id}/flow")
    return go_to(f"/sessions/{started.id}")


@router.get("/{session_id}")
async def show(
    request: Request, session_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame
) -> Response:
    session = await api.read_session(session_id, actor, db)
    page = Session(
        title=session.problem_summary[:60] or "Session",
        session=session,
        handoff=await _open_handoff(actor, db, session, frame.now),
        posted=await postings_of(actor, db, session),
        clients=await known_clients(actor, db) if policy.may_correct(session.allowed) else [],
    )
    return render(request, page, frame)


@router.get("/{session_id}/run")
async def renew_run(
    request: Request,
    session_id: uuid.UUID,
    actor: CanView,
    db: ReadSession,
    frame: CurrentFrame,
    steps: Annotated[int, Query(ge=0)],
) -> Response:
    """The page again, for its checklist; no content while there are only the steps that it shows."""
    session = await require_session(db, actor.account_id, session_id)
    if session.status not in OPEN:
        return Response(status_code=204, headers={"HX-Refresh": "true"})
    if session.step_count == steps:
        return Response(status_code=204)
    return await show(request, session_id, actor, db, frame)


@router.get("/{session_id}/note")
async def show_note(
    request: Request, session_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame
) -> Response:
    session = await api.read_session(session_id, actor, db)
    page = Note(
        title="Note for the ticket",
        session=session,
        note=await api.read_documentation(session_id, actor, db, frame.now),
        posted=await postings_of(actor, db, session),
    )
    return render(request, page, frame)


@router.get("/{session_id}/flow")
async def show_flows(
    request: Request, session_id: uuid.UUID, actor: CanWork, db: ReadSession, frame: CurrentFrame, q: Text = ""
) -> Response:
    """Flows to follow instead, while the session allows steps."""
    session = await api.read_session(session_id, actor, db)
    if Action.STEP not in session.allowed:
        return go_to(f"/sessions/{session_id}")
    asked = MatchIn(text=session.problem_summary, domain=session.problem_domain, limit=5)
    found = await flows.list_flows(actor, db, limit=50, q=q or None, state=FlowState.PUBLISHED)
    page = ChooseFlow(
        title="Choose a flow",
        session=session,
        candidates=(await flows.match_problem(asked, actor, db, frame.now)).candidates,
        flows=found.items,
        words=q,
    )
    return render(request, page, frame)


def details_shown(session: SessionRow | AISession) -> str:
    """A digest of the session's details."""
    return digest(session.problem_summary, session.client_name, session.psa_ticket_id, session.problem_domain)


def rating_shown(session: SessionOut | AISession) -> str:
    """A digest of the session's rating."""
    return digest(session.session_rating, session.rating_comment)


def show_resolved(session_id: uuid.UUID) -> Response:
    """Go from a session that has just been resolved to its note."""
    return go_to(f"/sessions/{session_id}/note", "Resolved. Below is the note.")


async def _open_handoff(actor: Actor, db: ReadDb, session: SessionOut, now: datetime) -> HandoffOut | None:
    if session.status not in _WITH_A_HANDOFF:
        return None
    rows = await handoffs.list_handoffs(actor, HandoffFilter("all", session_id=session.id), db, now, limit=1)
    return await handoffs.read_handoff(rows.items[0].id, actor, db, now) if rows.items else None
