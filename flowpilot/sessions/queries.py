"""Reads of one session, with all that happened in it."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from flowpilot.copilot.schemas import Case, CaseStep
from flowpilot.db.nested import rows_in
from flowpilot.db.session import ReadDb
from flowpilot.db.statements.built import Built
from flowpilot.flows.tree import NodeKind, Tree
from flowpilot.identity.queries import names_of
from flowpilot.sessions import path
from flowpilot.sessions.client_notes.notes import ClientNote, ClientNotes, note_at
from flowpilot.sessions.following.followed import (
    CHANGES,
    FOLLOWED_COLUMNS,
    Followed,
    followed_in,
    read_followed,
    with_tree,
)
from flowpilot.sessions.locking import LoadedSession, SessionNotFoundError, steps_of
from flowpilot.sessions.models import EDITS, AISession, AISessionStep, StatusChange, StepKind
from flowpilot.sessions.notes.beside import Beside
from flowpilot.sessions.problem.titles import telling
from flowpilot.sessions.runs.decisions import may_end
from flowpilot.sessions.runs.marks import values
from flowpilot.sessions.runs.run import Run, run_of
from flowpilot.sessions.transitions import OPEN

_ABOUT_FLOWS = frozenset({StepKind.FLOW, StepKind.ENTER})
# What a step was about, and what came of it, by the names in its content.
_ASKED = ("question", "instruction", "label", "text")
_SAID = ("choice", "outcome", "value")
_NOTHING_BESIDE = Beside()
_NOBODY: Mapping[uuid.UUID, str] = {}


@dataclass(frozen=True, slots=True)
class SessionHistory:
    """A session with its flow and all that happened in it; `names` has those of its people who are members.

    `client_notes`: what everybody who works for its client should know.
    `inner`: the trees of the sub-flows that it has entered, by version.
    `flow_doubts`: why its flow has lost trust, as the flow's column has it.
    `is_procedural`: its flow is a procedure, so that several people may work on it.
    `step_notes`: what is different at steps for its client.
    `beside`: what was written beside its steps; read for its note alone (`notes/reading`).
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
    beside: Beside = _NOTHING_BESIDE

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


_CHANGES = Built(
    select(StatusChange)
    .where(StatusChange.account_id == bindparam("account_id"), StatusChange.session_id == bindparam("session_id"))
    .order_by(StatusChange.created_at, StatusChange.id)
)
_SESSION = Built(with_tree(select(AISession, *FOLLOWED_COLUMNS)))
_HISTORY = Built(with_tree(select(AISession, *FOLLOWED_COLUMNS, CHANGES)))


async def read_session(
    db: ReadDb,
    account_id: uuid.UUID,
    session_id: uuid.UUID,
    loaded: LoadedSession | None = None,
    known: Mapping[uuid.UUID, str] = _NOBODY,
) -> SessionHistory:
    """One session.

    Args:
        loaded: the same session, if this transaction has changed it; what it knows is not read again.
        known: the names of people that need not be read.

    Raises:
        SessionNotFoundError: the account has no such session.
    """
    if loaded is None:
        row, steps, followed = await _with_steps(db, account_id, session_id, _HISTORY)
        session, changes = row[0], rows_in(StatusChange, row.changes)
    else:
        session, steps, followed = loaded.session, loaded.steps, loaded.followed
        if not followed.holds(session, steps):
            followed = await read_followed(db, session, steps)
        changes = loaded.changes or await changes_of(db, account_id, session_id)
    names = (loaded and loaded.names) or await names_of(db, account_id, people_of(session, steps, changes), known)
    return history_of(session, steps, followed, changes, names)


async def may_be_resolved(db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID) -> bool:
    """Whether nothing that the session's flow requires holds up its resolution.

    Raises:
        SessionNotFoundError: the account has no such session.
    """
    _, steps, followed = await _with_steps(db, account_id, session_id, _SESSION)
    tree, inner = followed.shown(steps)
    run = run_of(path.position(tree, steps, inner), steps, inner)
    return may_end(run, is_procedural=followed.is_procedural)


async def _with_steps(
    db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID, read: Built
) -> tuple[Any, list[AISessionStep], Followed]:
    row = await read.first(db, account_id=account_id, session_id=session_id)
    if row is None:
        raise SessionNotFoundError
    steps = await steps_of(db, account_id, session_id)
    return row, steps, await followed_in(row, db, row[0], steps)


def history_of(
    session: AISession,
    steps: list[AISessionStep],
    followed: Followed,
    changes: list[StatusChange],
    names: dict[uuid.UUID, str],
) -> SessionHistory:
    """A session with all of it that was read."""
    tree, inner = followed.shown(steps)
    return SessionHistory(
        session=session,
        steps=steps,
        changes=changes,
        flow_name=followed.flow_name,
        flow_number=followed.flow_number,
        tree=tree,
        names=names,
        client_notes=followed.client_notes,
        inner=inner,
        step_notes=followed.step_notes,
        flow_doubts=followed.doubts,
        is_procedural=followed.is_procedural,
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


async def solution_of(db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID) -> str | None:
    """What solved a session, as it reads now; None if nobody has said so, or it was struck."""
    query = select(AISessionStep).where(
        AISessionStep.account_id == account_id,
        AISessionStep.session_id == session_id,
        AISessionStep.kind.in_([StepKind.RESOLUTION, *EDITS]),
    )
    steps = (await db.scalars(query.order_by(AISessionStep.position))).all()
    said = [one.content.get("text") for one in path.standing(steps)]
    return str(said[-1]) if said and said[-1] else None


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
    return await _CHANGES.all(db, account_id=account_id, session_id=session_id)


def people_of(
    session: AISession, steps: Sequence[AISessionStep], changes: Sequence[StatusChange]
) -> set[uuid.UUID]:
    """Everybody who has to do with a session."""
    people = {session.user_id, session.owner_id}
    people |= {step.actor_id for step in steps} | {change.actor_id for change in changes}
    return {person for person in people if person is not None}


def case_of(
    history: SessionHistory, *, note: str = "", missing: Sequence[str] = (), dismissed: Sequence[str] = ()
) -> Case:
    """What the copilot gets to know about a session."""
    session, where = history.session, history.where
    return Case(
        problem=telling(session.problem_summary, session.problem_body),
        domain=session.problem_domain,
        client=session.client_name,
        ticket=session.psa_ticket_id,
        flow_name=history.flow_name,
        steps=case_steps(path.standing(history.steps)),
        steps_left=[text for _, _, text in steps_left(where)],
        engineer_note=note,
        missing=list(missing),
        dismissed=list(dismissed),
        ended=session.status not in OPEN,
    )


def steps_left(where: path.Position) -> list[tuple[path.Frame, str, str]]:
    """The instructions and checklists that may still be reached, each with its flow and its node."""
    here = [(where.frames[-1], where.frames[-1].node_id)] if where.node is not None else []
    reached = [(frame, node_id, frame.tree.nodes[node_id]) for frame, node_id in [*here, *path.ahead(where)]]
    to_do = {NodeKind.INSTRUCTION, NodeKind.CHECKLIST}
    return [(frame, node_id, node.text) for frame, node_id, node in reached if node.kind in to_do]


def case_steps(steps: Sequence[AISessionStep]) -> list[CaseStep]:
    """The same of steps that count. Of a fix that did not help, its outcome says all."""
    failed = {step.content.get("fix") for step in steps if step.kind == StepKind.OUTCOME}
    return [_case_step(step) for step in steps if step.kind not in _ABOUT_FLOWS and str(step.id) not in failed]


def _case_step(step: AISessionStep) -> CaseStep:
    content = step.content
    return CaseStep(
        # A tick, or a fix, is something done, as the outcome of an instruction is.
        kind=StepKind.OUTCOME if step.kind in {StepKind.TICK, StepKind.FIX} else step.kind,
        text=str(next((content[name] for name in _ASKED if content.get(name)), "")),
        result=str(next((content[name] for name in _SAID if content.get(name)), "")),
        note=str(content.get("note") or content.get("reason") or ""),
    )
