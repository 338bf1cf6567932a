"""The beginning of a session, and of a flow in it."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.db.together import write_together
from flowpilot.errors import NotFoundError
from flowpilot.flows.matching.confidence import EXPLORING, SURE
from flowpilot.flows.matching.match import Candidate, match, tier
from flowpilot.flows.matching.meanings import fill_missing_later
from flowpilot.identity.actor import Actor
from flowpilot.identity.assignees import lock_own_work
from flowpilot.sessions import clients, decisions, idle, policy
from flowpilot.sessions.days.jobs import begin_rolls
from flowpilot.sessions.decisions import NewStep
from flowpilot.sessions.following.followed import Followed
from flowpilot.sessions.following.usable import UsableFlow, usable_flow
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import AISession, AISessionStep, SessionStatus, StepKind
from flowpilot.sessions.problem.titles import given, telling
from flowpilot.sessions.runs.decisions import check_closed
from flowpilot.sessions.search.keeping import text_of
from flowpilot.sessions.service import add_step, enter_subflows
from flowpilot.sessions.transitions import Action


class FlowNotUsableError(NotFoundError):
    """No such flow, or it is not published."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a session is about. It follows the flow given, otherwise the one that fits best, from a confidence on.

    Without `problem_body`, a summary that is longer than a title is split into both.
    """

    problem_summary: str
    problem_body: str | None = None
    problem_domain: str | None = None
    psa_ticket_id: str | None = None
    client_name: str | None = None
    client_id: uuid.UUID | None = None
    flow_id: uuid.UUID | None = None
    follow_from: float = EXPLORING


async def start(db: Db, actor: Actor, about: NewSession, now: datetime) -> tuple[LoadedSession, list[Candidate]]:
    """Start a session, and return the flows found for the problem, the best first.

    Raises:
        FlowNotUsableError: the flow asked for is not there or not published.
        ClientNotFoundError: the client asked for is not there.
    """
    problem = given(about.problem_summary, about.problem_body)
    candidates = await match(db, actor.account_id, telling(*problem), domain=about.problem_domain, now=now)
    await fill_missing_later(db, actor.account_id)
    flow = None if about.flow_id is None else await _required_flow(db, actor.account_id, about.flow_id)
    best = candidates[0] if candidates else None
    # The engineer chose the flow, so it is certain.
    confidence = 1.0 if flow is not None else best.confidence if best is not None else 0.0
    if flow is None and best is not None and confidence >= EXPLORING:
        if confidence >= about.follow_from:
            flow = await _required_flow(db, actor.account_id, best.flow_id)
        else:
            # It explores no flow before somebody chooses one.
            confidence = 0.0
    limits = await lock_own_work(db, actor)
    client = await clients.of_work(db, actor, about.client_id, about.client_name, now)
    session = AISession(
        account_id=actor.account_id,
        id=new_id(),
        user_id=actor.user_id,
        owner_id=actor.user_id,
        status=SessionStatus.ACTIVE,
        problem_summary=problem.title,
        problem_body=problem.body,
        problem_domain=about.problem_domain or (flow.domain if flow else None),
        confidence=round(confidence, 4),
        confidence_tier=tier(confidence),
        matched_flow_id=flow.id if flow else None,
        flow_version_id=flow.version_id if flow else None,
        psa_ticket_id=about.psa_ticket_id,
        **clients.columns_of(client),
        step_count=0,
        answer_count=0,
        free_text_count=0,
        created_at=now,
        last_activity_at=now,
    )
    db.add(session)
    await db.flush()
    begun = decisions.status_change(session, None, change_id=new_id(), by=actor.user_id, at=now)
    await write_together(db, begun, replacing=text_of(session, []))
    loaded = LoadedSession(session, now, [], _beginning(flow), flow.tree if flow else None, changes=[begun])
    await idle.watch(db, session, now, idle.as_limit(limits.idle_minutes))
    await begin_rolls(db, actor.account_id, now)
    await enter_subflows(db, loaded, actor.user_id)
    return loaded, candidates


async def follow_flow(db: Db, actor: Actor, loaded: LoadedSession, flow_id: uuid.UUID | None) -> AISessionStep:
    """Follow another flow from its beginning, or no flow.

    Raises:
        FlowNotUsableError: the flow asked for is not there or not published.
        NotAllowedNowError: the session's status allows no steps.
        StillOpenError: a checklist was begun, and something required of it is open.
    """
    policy.check(loaded.session, actor, Action.STEP)
    check_closed(loaded.run.open_before_leaving(), "The flow cannot be left")
    session = loaded.session
    flow = None if flow_id is None else await _required_flow(db, actor.account_id, flow_id)
    left = decisions.flow_left(session)
    session.confidence = 0.0 if flow is None else await _confidence(db, loaded, flow)
    session.matched_flow_id = flow.id if flow else None
    session.flow_version_id = flow.version_id if flow else None
    session.confidence_tier = tier(session.confidence)
    if flow is not None:
        session.problem_domain = session.problem_domain or flow.domain
    content = {"flow_id": str(flow.id), "name": flow.name, "next": flow.tree.root} if flow else {}
    step = await add_step(db, loaded, actor.user_id, NewStep(StepKind.FLOW, content | left))
    if flow is not None:
        begun = replace(loaded, followed=_beginning(flow), tree=flow.tree)
        await enter_subflows(db, begun, actor.user_id)
    return step


async def _confidence(db: Db, loaded: LoadedSession, flow: UsableFlow) -> float:
    """How sure it is that a flow fits that an engineer has chosen. It is certain, with one exception.

    The flow that fits best, chosen at the beginning, keeps its confidence if that is enough to explore it: that
    somebody was asked makes the match no better, and the reports count it as if nobody had been.
    """
    session = loaded.session
    if loaded.steps or session.matched_flow_id is not None:
        return 1.0
    problem = telling(session.problem_summary, session.problem_body)
    domain = session.problem_domain
    best = await match(db, session.account_id, problem, domain=domain, now=loaded.moment, limit=1)
    is_explored = bool(best) and best[0].flow_id == flow.id and EXPLORING <= best[0].confidence < SURE
    return best[0].confidence if is_explored else 1.0


def _beginning(flow: UsableFlow | None) -> Followed:
    """What is known of the flow where it begins."""
    return Followed() if flow is None else Followed(flow_name=flow.name, tree=flow.tree)


async def _required_flow(db: Db, account_id: uuid.UUID, flow_id: uuid.UUID) -> UsableFlow:
    found = await usable_flow(db, account_id, flow_id)
    if found is None:
        raise FlowNotUsableError("There is no published flow with this id.")
    return found
