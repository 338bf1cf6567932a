"""Reads of sessions: one with all that happened in it, and lists."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, and_, or_, select

from flowpilot.clients.models import Client
from flowpilot.copilot.schemas import Case, CaseStep, Suggestion
from flowpilot.db.session import ReadDb
from flowpilot.db.texts import is_text
from flowpilot.flows.models import PROCEDURAL, Flow, FlowVersion
from flowpilot.flows.tree import NodeKind, Tree
from flowpilot.identity.queries import names_of
from flowpilot.psa.numbers import bare
from flowpilot.sessions import path
from flowpilot.sessions.client_notes.notes import ClientNote, ClientNotes, as_notes, note_at, notes_column
from flowpilot.sessions.following.trees import inner_trees, shown
from flowpilot.sessions.locking import LoadedSession, SessionNotFoundError, steps_of
from flowpilot.sessions.models import AISession, AISessionStep, SessionSuggestion, StatusChange, StepKind
from flowpilot.sessions.policy import CAN_BE_UNASSIGNED
from flowpilot.sessions.runs.marks import values
from flowpilot.sessions.runs.run import Run, run_of
from flowpilot.sessions.transitions import OPEN

_ABOUT_FLOWS = frozenset({StepKind.FLOW, StepKind.ENTER})
# What a step was about, and what came of it, by the names in its content.
_ASKED = ("question", "instruction", "label", "text")
_SAID = ("choice", "outcome", "value")


@dataclass(frozen=True, slots=True)
class SessionHistory:
    """A session with its flow and all that happened in it; `names` has those of its people who are members.

    `client_notes`: what everybody who works for its client should know.
    `inner`: the trees of the sub-flows that it has entered, by version.
    `flow_doubts`: why its flow has lost trust, as the flow's column has it.
    `is_procedural`: its flow is a procedure, so that several people may work on it.
    `step_notes`: what is different at steps for its client.
    """

    session: AISession
    steps: list[AISessionStep]
    changes: list[StatusChange]
    flow_name: str | None
    flow_number: int | None
    tree: Tree | None
    names: dict[uuid.UUID, str]
    client_notes: str = ""
    inner: path.Trees = field(default_factory=dict)
    flow_doubts: Sequence[dict[str, Any]] = ()
    is_procedural: bool = False
    step_notes: ClientNotes = field(default_factory=dict)

    @property
    def step_note(self) -> ClientNote | None:
        """What is different for its client where it is."""
        return note_at(self.where, self.session.matched_flow_id, self.step_notes, values(self.steps))

    @property
    def where(self) -> path.Position:
        """Where the session is in its flow."""
        return path.position(self.tree, self.steps, self.inner)

    @property
    def run(self) -> Run:
        """What its flow asks to be done and filled in."""
        return run_of(self.where, self.steps, self.inner)


async def read_session(
    db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID, loaded: LoadedSession | None = None
) -> SessionHistory:
    """One session.

    Args:
        loaded: the same session, if this transaction has changed it; what it knows is not read again.

    Raises:
        SessionNotFoundError: the account has no such session.
    """
    row = (
        await db.execute(
            select(
                AISession,
                Flow.name,
                Flow.tree_type,
                Flow.doubts,
                FlowVersion.number,
                FlowVersion.structure,
                Client.notes,
                notes_column(account_id).label("step_notes"),
            )
            .outerjoin(Flow, and_(Flow.account_id == AISession.account_id, Flow.id == AISession.matched_flow_id))
            .outerjoin(
                FlowVersion,
                and_(FlowVersion.account_id == AISession.account_id, FlowVersion.id == AISession.flow_version_id),
            )
            .outerjoin(Client, and_(Client.account_id == AISession.account_id, Client.id == AISession.client_id))
            .where(AISession.account_id == account_id, AISession.id == session_id)
        )
    ).one_or_none()
    if row is None:
        raise SessionNotFoundError
    session: AISession = row[0]
    steps = loaded.steps if loaded else await steps_of(db, account_id, session_id)
    changes = (loaded and loaded.changes) or await changes_of(db, account_id, session_id)
    names = (loaded and loaded.names) or await names_of(db, account_id, people_of(session, steps, changes))
    notes = as_notes(row.step_notes)
    structure, flow_id = row.structure, session.matched_flow_id
    return SessionHistory(
        session=session,
        steps=steps,
        changes=changes,
        flow_name=row.name,
        flow_number=row.number,
        tree=None if structure is None else shown(structure, flow_id, steps, notes),
        names=names,
        client_notes=row.notes or "",
        inner=await inner_trees(db, account_id, steps, notes),
        step_notes=notes,
        flow_doubts=row.doubts or (),
        is_procedural=row.tree_type == PROCEDURAL,
    )


async def require_session(db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID) -> AISession:
    """One session, without what happened in it.

    Raises:
        SessionNotFoundError: the account has no such session.
    """
    query = select(AISession).where(AISession.account_id == account_id, AISession.id == session_id)
    session = await db.scalar(query)
    if session is None:
        raise SessionNotFoundError
    return session


class Subject(NamedTuple):
    """What a session is about."""

    problem_summary: str
    client_name: str | None


async def subjects(
    db: ReadDb, account_id: uuid.UUID, session_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Subject]:
    """What each of these sessions is about."""
    query = select(AISession.id, AISession.problem_summary, AISession.client_name).where(
        AISession.account_id == account_id, AISession.id.in_(session_ids)
    )
    return {session_id: Subject(problem, client) for session_id, problem, client in await db.execute(query)}


async def changes_of(db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID) -> list[StatusChange]:
    """A session's changes of status, the oldest first."""
    query = select(StatusChange).where(
        StatusChange.account_id == account_id, StatusChange.session_id == session_id
    )
    return list(await db.scalars(query.order_by(StatusChange.created_at, StatusChange.id)))


def people_of(
    session: AISession, steps: Sequence[AISessionStep], changes: Sequence[StatusChange]
) -> set[uuid.UUID]:
    """Everybody who has to do with a session."""
    people = {session.user_id, session.owner_id}
    people |= {step.actor_id for step in steps} | {change.actor_id for change in changes}
    return {person for person in people if person is not None}


def case_of(history: SessionHistory, *, note: str = "", missing: Sequence[str] = ()) -> Case:
    """What the copilot gets to know about a session."""
    session, where = history.session, history.where
    return Case(
        problem=session.problem_summary,
        domain=session.problem_domain,
        client=session.client_name,
        ticket=session.psa_ticket_id,
        flow_name=history.flow_name,
        steps=[_case_step(step) for step in path.standing(history.steps) if step.kind not in _ABOUT_FLOWS],
        steps_left=[text for _, _, text in steps_left(where)],
        engineer_note=note,
        missing=list(missing),
        ended=session.status not in OPEN,
    )


def steps_left(where: path.Position) -> list[tuple[path.Frame, str, str]]:
    """The instructions and checklists that may still be reached, each with its flow and its node."""
    here = [(where.frames[-1], where.frames[-1].node_id)] if where.node is not None else []
    reached = [(frame, node_id, frame.tree.nodes[node_id]) for frame, node_id in [*here, *path.ahead(where)]]
    to_do = {NodeKind.INSTRUCTION, NodeKind.CHECKLIST}
    return [(frame, node_id, node.text) for frame, node_id, node in reached if node.kind in to_do]


async def newest_suggestion(db: ReadDb, session: AISession) -> Suggestion | None:
    """What the copilot proposed for where the session is now, if it has."""
    content = await db.scalar(
        select(SessionSuggestion.content).where(
            SessionSuggestion.account_id == session.account_id,
            SessionSuggestion.session_id == session.id,
            SessionSuggestion.position == session.step_count,
        )
    )
    return None if content is None else Suggestion.model_validate(content)


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions a list shows; None shows them all."""

    status: Sequence[str] | None = None
    owner_id: uuid.UUID | None = None
    domain: str | None = None
    flow_id: uuid.UUID | None = None
    ticket: str | None = None
    text: str | None = None
    unassigned: bool = False
    client_id: uuid.UUID | None = None


async def sessions(
    db: ReadDb, account_id: uuid.UUID, filter_: SessionFilter, limit: int, before: uuid.UUID | None
) -> Sequence[Row[AISession, str, str]]:
    """Sessions with their flows' names and types, newest first; with `before`, only those older than that."""
    query = (
        select(AISession, Flow.name, Flow.tree_type)
        .outerjoin(Flow, and_(Flow.account_id == AISession.account_id, Flow.id == AISession.matched_flow_id))
        .where(AISession.account_id == account_id)
    )
    query = _filtered(query, filter_)
    if before is not None:
        mark = select(AISession.created_at).where(AISession.account_id == account_id, AISession.id == before)
        older = AISession.created_at < mark.scalar_subquery()
        same_moment = and_(AISession.created_at == mark.scalar_subquery(), AISession.id < before)
        query = query.where(or_(older, same_moment))
    query = query.order_by(AISession.created_at.desc(), AISession.id.desc()).limit(limit)
    return (await db.execute(query)).all()


def _filtered(query: Select[AISession, str, str], filter_: SessionFilter) -> Select[AISession, str, str]:
    if filter_.status is not None:
        query = query.where(AISession.status.in_(filter_.status))
    if filter_.owner_id is not None:
        is_from_a_log = and_(AISession.owner_id.is_(None), AISession.last_activity_at.is_(None))
        began_it = and_(is_from_a_log, AISession.user_id == filter_.owner_id)
        query = query.where(or_(AISession.owner_id == filter_.owner_id, began_it))
    if filter_.unassigned:
        query = query.where(
            AISession.owner_id.is_(None),
            AISession.last_activity_at.is_not(None),
            AISession.status.in_(CAN_BE_UNASSIGNED),
        )
    if filter_.domain is not None:
        query = query.where(is_text(AISession.problem_domain, filter_.domain))
    if filter_.flow_id is not None:
        query = query.where(AISession.matched_flow_id == filter_.flow_id)
    if filter_.client_id is not None:
        query = query.where(AISession.client_id == filter_.client_id)
    if filter_.ticket is not None:
        ticket, number = AISession.psa_ticket_id, bare(filter_.ticket)
        # A log, or somebody before a ticket system was connected, may have written it with a #.
        query = query.where(or_(is_text(ticket, number), is_text(ticket, f"#{number}")))
    if filter_.text is not None:
        query = query.where(AISession.problem_summary.icontains(filter_.text.strip(), autoescape=True))
    return query


def _case_step(step: AISessionStep) -> CaseStep:
    content = step.content
    return CaseStep(
        # A tick is something done, as the outcome of an instruction is.
        kind=StepKind.OUTCOME if step.kind == StepKind.TICK else step.kind,
        text=str(next((content[name] for name in _ASKED if content.get(name)), "")),
        result=str(next((content[name] for name in _SAID if content.get(name)), "")),
        note=str(content.get("note") or content.get("reason") or ""),
    )
