"""The start of a session, and its form, as a link or button in the ticket system opens it.

Nothing is started by a link.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response
from pydantic import Field

from flowpilot.clients.queries import KnownClient
from flowpilot.clock import Now
from flowpilot.flows.matching.confidence import EXPLORING, SURE
from flowpilot.http.fields import Storable
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.sessions import api
from flowpilot.sessions.schemas import SessionIn
from flowpilot.web.clients.pages import known_clients
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render
from flowpilot.web.sessions.earlier.resolved import ResolvedSession, newest_resolved
from flowpilot.web.tickets import open_sessions

_LONGEST = {"psa_ticket_id": 200, "client_name": 200, "problem_summary": 10_000}

router = APIRouter(prefix="/sessions", include_in_schema=False)


class NewSessionForm(OnceForm, SessionIn):
    """A session to begin. Only a flow that surely fits begins by itself; otherwise the engineer is asked."""

    follow_from: float = Field(default=SURE, ge=EXPLORING, le=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession(Page):
    """The form, filled with what the link says; `resolved` is the session that can be reopened instead.

    `wrong`: which fields have to be shortened first. A link is made by a person or another system, of any length.
    """

    template: ClassVar[str] = "sessions/new.html"
    ticket: str
    client: str
    problem: str
    clients: list[KnownClient]
    resolved: ResolvedSession | None
    wrong: Mapping[str, str]

    @property
    def number(self) -> str:
        """The ticket's number, if it can be one."""
        return "" if "psa_ticket_id" in self.wrong else self.ticket


@router.get("/new")
async def show_form(
    request: Request,
    actor: CanWork,
    db: ReadSession,
    frame: CurrentFrame,
    ticket: Storable = "",
    client: Storable = "",
    text: Storable = "",
) -> Response:
    """The open session on the ticket, if there is one; otherwise the form to start it."""
    ticket, client, text = ticket.strip(), client.strip(), text.strip()
    wrong = _too_long(psa_ticket_id=ticket, client_name=client, problem_summary=text)
    number = "" if "psa_ticket_id" in wrong else ticket
    known = await open_sessions(actor, db, number)
    if known:
        return go_to(f"/sessions/{known[0].id}", f"This is the open session on ticket {ticket}.")
    page = NewSession(
        title="Start a session",
        ticket=ticket,
        client=client,
        problem=text,
        clients=await known_clients(actor, db),
        resolved=await newest_resolved(actor, db, number),
        wrong=wrong,
    )
    return render(request, page, frame)


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


def _too_long(**fields: str) -> dict[str, str]:
    """What has to be shortened, by the field of the form."""
    return {
        name: f"Enter at most {_LONGEST[name]} characters: these are {len(text)}."
        for name, text in fields.items()
        if len(text) > _LONGEST[name]
    }
