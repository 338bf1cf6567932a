"""Whether a flow can be published with the flows that it leads into, and retired from under those that need it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.errors import ConflictError
from flowpilot.flows.checking.checker import TreeProblem, kind_and_name, problems
from flowpilot.flows.checking.naming import node_names
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.flows.subflows.clashes import field_clashes
from flowpilot.flows.subflows.names import as_id, led_into, names_of
from flowpilot.flows.tree import NodeKind, Tree


@dataclass(frozen=True, slots=True)
class PublishedFlow:
    """A published flow, and the flows into which that version leads."""

    id: uuid.UUID
    name: str
    into: frozenset[uuid.UUID]


class FlowInUseError(ConflictError):
    """Published flows lead into this one; `used_by` names them."""

    def __init__(self, users: Sequence[PublishedFlow]) -> None:
        names = ", ".join(f"“{flow.name}”" for flow in users)
        super().__init__(
            f"Other flows lead into this one: {names}. Let them lead elsewhere and publish them first.",
            used_by=[{"id": str(flow.id), "name": flow.name} for flow in users],
        )


async def all_problems(db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID, tree: Tree) -> list[TreeProblem]:
    """Everything that prevents publishing the tree as this flow: in itself, and in where it leads."""
    return problems(tree) + await leading_problems(db, account_id, flow_id, tree)


async def leading_problems(db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID, tree: Tree) -> list[TreeProblem]:
    """What is wrong with the flows that the tree leads into, or that lead into it.

    One is not published, or leads back, or asks for a field of the same name in another way.
    """
    into = led_into(tree)
    if not into and not any(node.fields for node in tree.nodes.values()):
        return []
    library = await published_flows(db, account_id)
    names = await names_of(db, account_id, {str(flow_id), *into.values()})
    nodes = node_names(tree)
    found = [_problem((node, nodes[node]), flow, flow_id, library, names) for node, flow in into.items()]
    clashes = await field_clashes(
        db,
        account_id,
        (flow_id, names.get(str(flow_id), "This flow")),
        tree,
        {id_: flow.into for id_, flow in library.items()},
    )
    return [problem for problem in found if problem is not None] + clashes


async def users_of(db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID) -> list[PublishedFlow]:
    """The published flows that lead into this one, by name."""
    found = (await published_flows(db, account_id)).values()
    return sorted((flow for flow in found if flow_id in flow.into), key=lambda flow: flow.name.lower())


async def check_unused(db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID) -> None:
    """Make sure that no published flow leads into this one.

    Raises:
        FlowInUseError: some do.
    """
    if users := await users_of(db, account_id, flow_id):
        raise FlowInUseError(users)


async def published_flows(db: ReadDb, account_id: uuid.UUID) -> dict[uuid.UUID, PublishedFlow]:
    """The account's published flows by id."""
    rows = await db.execute(
        select(Flow.id, Flow.name, FlowVersion.leads_into)
        .join(
            FlowVersion,
            (FlowVersion.account_id == Flow.account_id) & (FlowVersion.id == Flow.published_version_id),
        )
        .where(Flow.account_id == account_id, Flow.is_active, Flow.deleted_at.is_(None))
    )
    return {
        id_: PublishedFlow(id_, name, frozenset(found for flow in into if (found := as_id(flow)) is not None))
        for id_, name, into in rows
    }


def _problem(
    node: tuple[str, str],
    flow: str,
    own_id: uuid.UUID,
    library: Mapping[uuid.UUID, PublishedFlow],
    names: Mapping[str, str],
) -> TreeProblem | None:
    """What is wrong with the flow that a node leads into. `node`: its id and its name."""
    node_id, which = node[0], kind_and_name(NodeKind.SUBFLOW, node[1])
    target_id, own_name = as_id(flow), names.get(str(own_id), "This flow")
    target = None if target_id is None else library.get(target_id)
    if target_id == own_id:
        path = [own_name, own_name]
    elif target is None:
        message = f"{which} leads into “{names.get(flow, flow)}”, which is not published. "
        return TreeProblem(node_id, f"{message}Publish that first, or choose another flow.")
    else:
        circle = _circle(target, own_id, library)
        if circle is None:
            return None
        path = [own_name, *(one.name for one in circle), own_name]
    message = f"{which} leads in a circle: {' → '.join(path)}. Choose another flow, or change these."
    return TreeProblem(node_id, message)


def _circle(
    start: PublishedFlow, target: uuid.UUID, library: Mapping[uuid.UUID, PublishedFlow]
) -> list[PublishedFlow] | None:
    """The flows through which `start` leads to the target; None if it does not."""
    seen, paths = {start.id}, [[start]]
    for path in paths:
        if target in path[-1].into:
            return path
        following = sorted((path[-1].into & library.keys()) - seen)
        seen.update(following)
        paths += [[*path, library[flow_id]] for flow_id in following]
    return None
