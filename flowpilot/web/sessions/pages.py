"""The page of one session, to work in."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter, Request, Response

from flowpilot.clients.queries import KnownClient
from flowpilot.db.session import ReadDb
from flowpilot.flows.fields import fill_in
from flowpilot.handoffs import api as handoffs
from flowpilot.handoffs.earlier.queries import ended_handoffs
from flowpilot.handoffs.earlier.schemas import EarlierHandoffOut, earlier_out
from flowpilot.handoffs.models import Outcome
from flowpilot.handoffs.schemas.responses import HandoffOut
from flowpilot.handoffs.suggestions.schemas import NextStepOut
from flowpilot.identity.access import CanView
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession
from flowpilot.sessions import api, policy
from flowpilot.sessions.edits.schemas import StepOut
from flowpilot.sessions.models import SessionStatus, StepKind
from flowpilot.sessions.schemas import SessionOut, StatusChangeOut
from flowpilot.web.clients.pages import known_clients
from flowpilot.web.frame import CurrentFrame, Frame
from flowpilot.web.postings.section import SessionPostings, postings_of
from flowpilot.web.render import Page, render
from flowpilot.web.sessions.digests import details_shown, facts_shown, rating_shown
from flowpilot.web.sessions.facts import Recognised
from flowpilot.web.sessions.flow import may_change_flow
from flowpilot.web.sessions.path import PathStep, goes_back, path_of
from flowpilot.web.sessions.returned import WITH_A_HANDOFF, came_back, comes_first, is_taken_up, reopened
from flowpilot.web.sessions.tried import (
    failed_fix,
    is_at_the_end,
    is_only_read,
    is_unsolved,
    solved_with,
    what_is_next,
)

router = APIRouter(prefix="/sessions", include_in_schema=False)

_AT_REST = {SessionStatus.PAUSED, SessionStatus.RESOLVED, SessionStatus.ABANDONED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Page):
    """One session: where it is, what is known, and what may be done. `handoff` is its open handoff.

    `last_handoff`: the one that ended last, of a session that is worked on again or waits.
    `escalations`: the handoffs of a session that is at rest.
    `changes` says what others did since the page was shown.
    """

    template: ClassVar[str] = "sessions/session.html"
    session: SessionOut
    handoff: HandoffOut | None
    last_handoff: HandoffOut | None
    escalations: list[EarlierHandoffOut]
    posted: SessionPostings | None
    clients: list[KnownClient]
    changes: str = ""

    @property
    def may_correct(self) -> bool:
        """Whether what the session is about may be corrected."""
        return policy.may_correct(self.session.allowed)

    def recognised(self, template: str | None) -> Recognised:
        """What is missing and may be filled in, as the problem's text names it."""
        return Recognised.of(self.session, self.clients, template) if self.may_correct else Recognised()

    @property
    def facts_shown(self) -> str:
        """A digest of client, ticket and domain."""
        return facts_shown(self.session)

    def fill(self, text: str) -> str:
        """A text of a suggestion, with the values of its fields."""
        fields = self.session.fields
        return fill_in(text, {one.name: one.value for one in fields}, {one.name: one.label for one in fields})

    @property
    def may_change_flow(self) -> bool:
        """Whether another flow, or none, can be followed."""
        return may_change_flow(self.session)

    @property
    def applied(self) -> str:
        """What was done and has to prove itself, as it reads now."""
        return (self.waiting_fix.text or "") if self.waiting_fix else ""

    @property
    def waiting_fix(self) -> StepOut | None:
        """The step with the fix that has to prove itself; None if none waits."""
        return next((step for step in self.session.steps if step.id == self.session.waiting_fix), None)

    @property
    def failed_fix(self) -> str:
        """The fix that did not help, if nothing has been tried since."""
        return failed_fix(self.session)

    @property
    def is_held(self) -> bool:
        """Whether a senior holds it."""
        return self.handoff is not None and self.session.status == SessionStatus.ESCALATED

    def is_held_by(self, user_id: uuid.UUID) -> bool:
        """Whether this person holds it."""
        holder = self.handoff.claimed_by if self.handoff is not None and self.is_held else None
        return holder is not None and holder.id == user_id

    @property
    def next_steps(self) -> list[NextStepOut]:
        """What its handoff proposes, at an end of the flow that solves nothing. An AI's stands in the context."""
        if self.handoff is None or not (self.is_held and self.is_at_the_end and self.is_unsolved):
            return []
        is_an_ais = self.handoff.assessment is not None and self.handoff.assessment.source == "ai"
        here = self.session.current.text if self.session.current is not None else ""
        return [] if is_an_ais else [one for one in self.handoff.next_steps if one.action != here]

    @property
    def is_at_the_end(self) -> bool:
        """Whether the flow offers nothing more where it is."""
        return is_at_the_end(self.session)

    @property
    def is_unsolved(self) -> bool:
        """Whether to resolve it is not what is offered first, to nobody."""
        return is_unsolved(self.session)

    @property
    def is_only_read(self) -> bool:
        """Whether the path is all there is to read for who may do nothing here."""
        return is_only_read(self.session)

    @property
    def what_is_next(self) -> str:
        """What is to be done where the flow is."""
        return what_is_next(self.session)

    @property
    def solved_with(self) -> str:
        """The suggestion that solved it, while the session is not resolved yet."""
        return solved_with(self.session)

    @property
    def is_chosen_by_hand(self) -> bool:
        """Whether somebody chose the flow: how sure the match was says nothing then."""
        kept = set(self.session.standing)
        is_a_step = any(step.kind == StepKind.FLOW and step.id in kept for step in self.session.steps)
        return is_a_step or self.session.confidence == 1

    @property
    def given_back(self) -> StatusChangeOut | None:
        """Why a senior gave or sent the session back, as long as it is worked on."""
        last = came_back(self.session)
        # Who escalated it may also have taken it back out of the queue.
        is_theirs = last is not None and (
            last.from_status == SessionStatus.ESCALATED or self.sent_back is not None
        )
        return last if is_theirs else None

    @property
    def came_back(self) -> HandoffOut | None:
        """The handoff with which it came back from a senior or out of the queue."""
        return None if came_back(self.session) is None else self.last_handoff

    @property
    def reopened(self) -> StatusChangeOut | None:
        """Why the session was reopened, as long as it is worked on."""
        return reopened(self.session)

    @property
    def comes_first(self) -> StatusChangeOut | None:
        """What was asked for when it came back, or was not solved, as long as nothing was done about it."""
        return comes_first(self.session)

    def is_taken_up(self, change: StatusChangeOut) -> bool:
        """Whether something was done after a change."""
        return is_taken_up(self.session, change)

    @property
    def set_aside(self) -> HandoffOut | None:
        """The handoff that the fix which has to prove itself has set aside."""
        last = self.last_handoff
        return last if last is not None and last.look_again_at is not None else None

    @property
    def asked_in(self) -> HandoffOut | None:
        """The handoff whose questions can be answered now."""
        return self.handoff or self.set_aside

    @property
    def sent_back(self) -> HandoffOut | None:
        """The handoff with which it came back, if that said too little to work with."""
        back = self.came_back
        return back if back is not None and back.outcome == Outcome.SENT_BACK else None

    @property
    def details_shown(self) -> str:
        """A digest of the session's details."""
        return details_shown(self.session)

    @property
    def rating_shown(self) -> str:
        """The same for the rating."""
        return rating_shown(self.session)

    @property
    def path(self) -> list[PathStep | StatusChangeOut]:
        """The path so far."""
        return path_of(self.session)

    @property
    def goes_back(self) -> str:
        """What *Back* takes back; empty if it is not offered."""
        return goes_back(self.session)

    @property
    def solved_by(self) -> list[str]:
        """What solved it, as it reads now."""
        steps = self.session.steps
        return [step.text for step in steps if step.kind == StepKind.RESOLUTION and step.text is not None]

    @property
    def abandoned_because(self) -> str:
        """Why the session was abandoned last, as far as somebody said."""
        reasons = [one.reason for one in self.session.status_changes if one.to_status == SessionStatus.ABANDONED]
        return reasons[-1] if reasons else ""

    @property
    def names(self) -> dict[uuid.UUID, str | None]:
        """What the people of the session are called."""
        return {person.id: person.name for person in self.session.people}


@router.get("/{session_id}")
async def show(
    request: Request, session_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame
) -> Response:
    return render(request, await page_of(session_id, actor, db, frame), frame)


async def page_of(session_id: uuid.UUID, actor: Actor, db: ReadDb, frame: Frame) -> Session:
    """The page of one session, as it is now."""
    session = await api.read_session(session_id, actor, db)
    return Session(
        title=session.problem_summary[:60] or "Session",
        session=session,
        handoff=await _open_handoff(actor, db, session, frame.now),
        last_handoff=await _last_handoff(actor, db, session, frame.now),
        escalations=await _escalations(actor, db, session),
        posted=await postings_of(actor, db, session),
        clients=await known_clients(actor, db) if policy.may_correct(session.allowed) else [],
    )


async def _open_handoff(actor: Actor, db: ReadDb, session: SessionOut, now: datetime) -> HandoffOut | None:
    if session.status not in WITH_A_HANDOFF:
        return None
    return await handoffs.read_newest(session.id, actor, db, now)


def _was_escalated(session: SessionOut) -> bool:
    return any(one.to_status in WITH_A_HANDOFF for one in session.status_changes)


async def _last_handoff(actor: Actor, db: ReadDb, session: SessionOut, now: datetime) -> HandoffOut | None:
    is_open = session.status in {SessionStatus.ACTIVE, SessionStatus.PAUSED}
    return await handoffs.read_newest(session.id, actor, db, now) if is_open and _was_escalated(session) else None


async def _escalations(actor: Actor, db: ReadDb, session: SessionOut) -> list[EarlierHandoffOut]:
    if session.status not in _AT_REST or not _was_escalated(session):
        return []
    return earlier_out(await ended_handoffs(db, actor.account_id, session.id))
