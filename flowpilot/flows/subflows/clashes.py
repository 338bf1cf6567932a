"""Fields of one name that flows which lead into each other ask for differently: a session has one field."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.flows.checking.checker import TreeProblem
from flowpilot.flows.fields import FieldKind, FlowField
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.flows.subflows.names import as_id, led_into
from flowpilot.flows.tree import Tree

Into = Mapping[uuid.UUID, frozenset[uuid.UUID]]
"""The flows into which each published flow leads."""


class FieldInFlow(NamedTuple):
    """A field that a flow asks for. `node`: where, in the flow that is to be published."""

    flow: str
    field: FlowField
    node: str | None = None


async def field_clashes(
    db: ReadDb, account_id: uuid.UUID, flow: tuple[uuid.UUID, str], tree: Tree, into: Into
) -> list[TreeProblem]:
    """What a flow's tree asks for in another way than flows within it or around it.

    Args:
        flow: its id and its name.
        tree: that is to be published.
        into: where the published flows lead.
    """
    flow_id, name = flow
    own = [FieldInFlow(name, field, id_) for id_, node in tree.nodes.items() for field in node.fields]
    led = {inner for named in led_into(tree).values() if (inner := as_id(named)) is not None} & into.keys()
    within = _reached(led, into) - {flow_id}
    around = {one for one in into if own and flow_id in _reached(into[one], into)} - within - {flow_id}
    if not within | around:
        return []
    asked = await _asked_in(db, account_id, within | around)
    found = list(_clashes([*own, *(one for id_ in sorted(within) for one in asked[id_])]))
    for outer in sorted(around):
        found += _clashes([*asked[outer], *own])
    return found


def _clashes(asked: Sequence[FieldInFlow]) -> Iterator[TreeProblem]:
    """Each field that a later flow asks for in another way than the first that has it."""
    first: dict[str, FieldInFlow] = {}
    said = set[tuple[str, str, str]]()
    for one in asked:
        before = first.setdefault(one.field.name, one)
        pair = (one.field.name, before.flow, one.flow)
        if before.flow == one.flow or _kind(before.field) == _kind(one.field) or pair in said:
            continue
        said.add(pair)
        message = (
            f'The field "{one.field.name}" is {_words(before.field)} in “{before.flow}”, '
            f"and {_words(one.field)} in “{one.flow}”, but a session asks it once. "
            "Give both the same kind and choices, or one another name."
        )
        yield TreeProblem(one.node or before.node, message)


def _kind(field: FlowField) -> tuple[FieldKind, tuple[str, ...]]:
    return field.kind, field.choices


def _words(field: FlowField) -> str:
    if field.kind is FieldKind.CHOICE:
        return f"a choice of {', '.join(field.choices)}"
    return f"a {field.kind}"


def _reached(start: set[uuid.UUID] | frozenset[uuid.UUID], into: Into) -> set[uuid.UUID]:
    """These flows, and all into which they lead, directly or through others."""
    found, waiting = set(start), list(start)
    while waiting:
        new = into.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting += new
    return found


async def _asked_in(
    db: ReadDb, account_id: uuid.UUID, flow_ids: set[uuid.UUID]
) -> dict[uuid.UUID, list[FieldInFlow]]:
    query = (
        select(Flow.id, Flow.name, FlowVersion.structure)
        .join(
            FlowVersion,
            (FlowVersion.account_id == Flow.account_id) & (FlowVersion.id == Flow.published_version_id),
        )
        .where(Flow.account_id == account_id, Flow.id.in_(flow_ids))
    )
    found: dict[uuid.UUID, list[FieldInFlow]] = {id_: [] for id_ in flow_ids}
    for id_, name, structure in await db.execute(query):
        fields = (field for node in structure["nodes"].values() for field in node.get("fields", ()))
        found[id_] = [FieldInFlow(name, FlowField.model_validate(field)) for field in fields]
    return found
