"""What a session follows: its flow, the sub-flows that it has entered, and what differs in them for its client."""

import functools
import uuid
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Row, Select, Uuid, and_, bindparam, case, false, func, null, or_, select

from flowpilot.clients.models import Client
from flowpilot.db.nested import rows_column, rows_in
from flowpilot.db.session import ReadDb
from flowpilot.db.statements.built import Built
from flowpilot.flows.filling import fill_tree
from flowpilot.flows.models import PROCEDURAL, Flow, FlowVersion
from flowpilot.flows.tree import Tree
from flowpilot.sessions import hooks
from flowpilot.sessions.client_notes.notes import ClientNotes, as_notes, for_client, notes_column
from flowpilot.sessions.models import AISession, AISessionStep, StatusChange, StepKind
from flowpilot.sessions.runs.marks import values
from flowpilot.sessions.suggestions.models import dismissed_in


class Entered(NamedTuple):
    """A sub-flow that was entered, and its tree in the version that was published then."""

    flow_id: uuid.UUID
    tree: Tree


@dataclass(frozen=True, slots=True)
class Followed:
    """What a session follows, as it was read, once in a transaction. A session without a flow follows nothing.

    `doubts`: why its flow has lost trust, as the flow's column has it.
    `is_procedural`: its flow was a procedure in the version it follows, so that several people may work on it.
    `client_notes`: what everybody who works for its client should know.
    `step_notes`: what is different at steps for its client.
    `tree`: as it was published. `entered`: the sub-flows, by version.
    """

    flow_id: uuid.UUID | None = None
    version_id: uuid.UUID | None = None
    flow_name: str | None = None
    flow_number: int | None = None
    doubts: Sequence[dict[str, Any]] = ()
    is_procedural: bool = False
    client_notes: str = ""
    step_notes: ClientNotes = field(default_factory=dict)
    tree: Tree | None = None
    entered: dict[uuid.UUID, Entered] = field(default_factory=dict)

    def shown(self, steps: Sequence[AISessionStep]) -> tuple[Tree | None, dict[uuid.UUID, Tree]]:
        """The trees as people read them after these steps: its flow's, and those of the sub-flows by version.

        They have the texts that its client wants, and the values of fields.
        """
        filled = values(steps)

        def show(tree: Tree, flow_id: uuid.UUID | None) -> Tree:
            return fill_tree(for_client(tree, flow_id, self.step_notes), filled)

        own = None if self.tree is None else show(self.tree, self.flow_id)
        return own, {version: show(one.tree, one.flow_id) for version, one in self.entered.items()}

    def holds(self, session: AISession, steps: Sequence[AISessionStep]) -> bool:
        """Whether it is still all that the session follows after these steps."""
        is_same = (self.flow_id, self.version_id) == (session.matched_flow_id, session.flow_version_id)
        return is_same and versions_entered(steps) <= self.entered.keys()


# Statements that every step sends are built once: to build them takes longer than PostgreSQL takes to answer.
_ACCOUNT: BindParameter[uuid.UUID] = bindparam("account_id", type_=Uuid)
_SESSION: BindParameter[uuid.UUID] = bindparam("session_id", type_=Uuid)

# A session without a client has no notes, and none are looked for.
_NOTES = case((AISession.client_id.is_not(None), notes_column(_ACCOUNT)))
# A session that was imported has a flow, but no version of it.
TYPE_FOLLOWED = func.coalesce(FlowVersion.tree_type, Flow.tree_type)
FOLLOWED_COLUMNS = (
    Flow.name.label("flow_name"),
    TYPE_FOLLOWED.label("tree_type"),
    Flow.doubts,
    FlowVersion.number,
    Client.notes.label("client_notes"),
    _NOTES.label("step_notes"),
)


def with_followed(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Sessions of the account named by `account_id`, with what `FOLLOWED_COLUMNS` are read from."""
    own = AISession.account_id
    return (
        query.outerjoin(Flow, and_(Flow.account_id == own, Flow.id == AISession.matched_flow_id))
        .outerjoin(FlowVersion, and_(FlowVersion.account_id == own, FlowVersion.id == AISession.flow_version_id))
        .outerjoin(Client, and_(Client.account_id == own, Client.id == AISession.client_id))
        .where(own == _ACCOUNT)
    )


def with_tree(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The same for the one session named by `session_id`, with the structure of its tree."""
    return with_followed(query.add_columns(FlowVersion.structure)).where(AISession.id == _SESSION)


# The changes of its status are read with it.
CHANGES = rows_column(
    StatusChange,
    StatusChange.account_id == _ACCOUNT,
    StatusChange.session_id == _SESSION,
    order=(StatusChange.created_at, StatusChange.id),
).label("changes")

_FOLLOWED = Built(with_tree(select(*FOLLOWED_COLUMNS).select_from(AISession)))


# Without a flow, suggestions are shown, but for those that were dismissed.
_DISMISSED = func.coalesce(dismissed_in(_ACCOUNT, _SESSION).scalar_subquery(), []).label("dismissed")


@functools.cache
def _beside(*, follows: bool, suggests: bool) -> Built:
    """What is read beside the steps of a session that is worked on: built once features are joined."""
    awaited = or_(false(), *(is_awaited(_ACCOUNT, _SESSION) for is_awaited in hooks.step_awaited))
    query = select(CHANGES, awaited.label("is_awaited"), _DISMISSED if suggests else null().label("dismissed"))
    return Built(with_tree(query.add_columns(*FOLLOWED_COLUMNS).select_from(AISession)) if follows else query)


class ReadBesideSteps(NamedTuple):
    """What is read beside the steps of a session: what it follows, its changes, and whether a step is awaited.

    `dismissed`: the suggestions that were, of a session without a flow; None if they were not read.
    """

    followed: Followed
    changes: list[StatusChange]
    is_awaited: bool
    dismissed: list[str] | None


async def read_beside(db: ReadDb, session: AISession, steps: Sequence[AISessionStep]) -> ReadBesideSteps:
    """What a session follows after these steps, and what else its next step needs, in one statement."""
    follows = _follows(session)
    which = {"account_id": session.account_id, "session_id": session.id}
    row = await _beside(follows=follows, suggests=session.flow_version_id is None).first(db, **which)
    followed = await followed_in(row, db, session, steps) if follows else Followed()
    return ReadBesideSteps(followed, rows_in(StatusChange, row.changes), row.is_awaited, row.dismissed)


def _follows(session: AISession) -> bool:
    return any((session.matched_flow_id, session.flow_version_id, session.client_id))


async def read_followed(db: ReadDb, session: AISession, steps: Sequence[AISessionStep]) -> Followed:
    """What a session follows after these steps. No statement if it has neither a flow nor a client."""
    if not _follows(session):
        return Followed()
    which = {"account_id": session.account_id, "session_id": session.id}
    return await followed_in(await _FOLLOWED.first(db, **which), db, session, steps)


# The trees that were read last, each with what it was read from: every step needs the same one.
_trees: OrderedDict[uuid.UUID | None, tuple[dict[str, Any], Tree]] = OrderedDict()
_MOST_TREES = 100


def tree_of(version_id: uuid.UUID | None, structure: dict[str, Any]) -> Tree:
    """The tree of a version that is stored as this. A tree cannot be changed."""
    known = _trees.get(version_id)
    if known is None or known[0] != structure:
        known = structure, Tree.model_validate(structure)
        if len(_trees) >= _MOST_TREES:
            _trees.popitem(last=False)
        _trees[version_id] = known
    _trees.move_to_end(version_id)
    return known[1]


async def followed_in(
    row: Row[*tuple[Any, ...]], db: ReadDb, session: AISession, steps: Sequence[AISessionStep]
) -> Followed:
    """What a session follows after these steps, from a row with the columns for it and the structure."""
    tree = None if row.structure is None else tree_of(session.flow_version_id, row.structure)
    return as_followed(row, session, tree, await read_trees(db, session.account_id, versions_entered(steps)))


def as_followed(
    row: Row[*tuple[Any, ...]], session: AISession, tree: Tree | None, entered: dict[uuid.UUID, Entered]
) -> Followed:
    """What a session follows, from a row with the columns for it."""
    return Followed(
        flow_id=session.matched_flow_id,
        version_id=session.flow_version_id,
        flow_name=row.flow_name,
        flow_number=row.number,
        doubts=row.doubts or (),
        is_procedural=row.tree_type == PROCEDURAL,
        client_notes=row.client_notes or "",
        step_notes=as_notes(row.step_notes),
        tree=tree,
        entered=entered,
    )


async def read_trees(
    db: ReadDb, account_id: uuid.UUID, versions: Collection[uuid.UUID]
) -> dict[uuid.UUID, Entered]:
    """The trees of these versions, each with its flow. No statement for none."""
    if not versions:
        return {}
    query = select(FlowVersion.id, FlowVersion.tree_id, FlowVersion.structure).where(
        FlowVersion.account_id == account_id, FlowVersion.id.in_(versions)
    )
    return {
        version_id: Entered(flow_id, tree_of(version_id, structure))
        for version_id, flow_id, structure in await db.execute(query)
    }


def versions_entered(steps: Sequence[AISessionStep]) -> set[uuid.UUID]:
    """The versions of sub-flows that the steps have entered."""
    named = {step.content.get("version_id") for step in steps if step.kind == StepKind.ENTER} - {None}
    return set(map(uuid.UUID, named))
