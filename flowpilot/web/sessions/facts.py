"""What a session is about, filled in where it is missing: one field, saved without leaving the page."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import APIRouter, Form, Response

from flowpilot.clients.queries import KnownClient
from flowpilot.clock import Now
from flowpilot.handoffs.schemas.responses import HandoffOut
from flowpilot.http.fields import Line
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import OnceForm
from flowpilot.psa.numbers import TicketNumber
from flowpilot.sessions import api, schemas
from flowpilot.sessions.api import LockedToCorrect
from flowpilot.sessions.problem.recognised import clients_in, tickets_in
from flowpilot.sessions.schemas import SessionOut
from flowpilot.web.outdated import check_shown
from flowpilot.web.refused.twice import PRESSED_ONCE
from flowpilot.web.render import go_to
from flowpilot.web.sessions.digests import facts_shown

router = APIRouter(prefix="/sessions/{session_id}", include_in_schema=False)


class FactForm(OnceForm):
    """One fact; `shown` is a digest of the facts before, `handoff_id` the handoff on whose page it stands."""

    psa_ticket_id: TicketNumber | None = None
    client_name: Line | None = None
    problem_domain: Line | None = None
    shown: str = ""
    handoff_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the problem's text names, to be offered."""

    tickets: Sequence[str] = ()
    clients: Sequence[str] = ()

    @classmethod
    def of(cls, session: SessionOut | HandoffOut, clients: Sequence[KnownClient], template: str | None) -> Self:
        """What is missing in the session, or in that of a handoff, and named in its text."""
        text = session.problem_body or session.problem_summary
        tickets = [] if session.psa_ticket_id else tickets_in(text, template)
        return cls(tickets, [] if session.client_name else clients_in(text, (one.name for one in clients)))


@router.post("/facts", dependencies=[PRESSED_ONCE])
async def fill_in(
    session_id: uuid.UUID,
    body: Annotated[FactForm, Form()],
    actor: CanWork,
    locked: LockedToCorrect,
    db: WriteSession,
    now: Now,
) -> Response:
    check_shown(body.shown, facts_shown(locked.session))
    fact = body.model_dump(exclude_none=True, exclude={"shown", "handoff_id"})
    if fact:
        await api.correct_session(schemas.DetailsIn(**fact), actor, locked, db, now)
    page = f"/sessions/{session_id}" if body.handoff_id is None else f"/handoffs/{body.handoff_id}"
    return go_to(page, "Saved." if fact else None)
