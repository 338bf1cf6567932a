"""The flows that sub-flows lead into: by name in a text, by id in the database."""

import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import func, select

from flowpilot.db.session import ReadDb
from flowpilot.flows.models import Flow
from flowpilot.flows.text import FlowText
from flowpilot.flows.tree import NodeKind, Tree


def led_into(tree: Tree) -> dict[str, str]:
    """By node, the flow that each sub-flow leads into: an id, or a name for which there was no flow yet."""
    return {id_: node.flow for id_, node in tree.nodes.items() if node.kind is NodeKind.SUBFLOW and node.flow}


def as_id(flow: str) -> uuid.UUID | None:
    """The id of a flow; None for a name."""
    try:
        return uuid.UUID(flow)
    except ValueError:
        return None


async def with_ids(db: ReadDb, account_id: uuid.UUID, tree: Tree) -> Tree:
    """The tree with the id of each flow that it names. A name that no flow has stays."""
    names = {flow.lower() for flow in led_into(tree).values() if as_id(flow) is None}
    if not names:
        return tree
    name = func.lower(Flow.name)
    query = select(name, Flow.id).where(Flow.account_id == account_id, name.in_(names), Flow.deleted_at.is_(None))
    ids = {found: str(id_) for found, id_ in (await db.execute(query)).all()}
    return renamed(tree, {flow: ids[flow.lower()] for flow in led_into(tree).values() if flow.lower() in ids})


async def with_names(db: ReadDb, account_id: uuid.UUID, text: FlowText) -> FlowText:
    """The text with the name of each flow that its tree leads into, as a person reads it."""
    names = await names_of(db, account_id, led_into(text.tree).values())
    return text.model_copy(update={"tree": renamed(text.tree, names)})


async def names_of(db: ReadDb, account_id: uuid.UUID, flows: Collection[str]) -> dict[str, str]:
    """The names of flows by their ids, as a tree has them; those of flows that were deleted since, too."""
    ids = {found for flow in flows if (found := as_id(flow)) is not None}
    if not ids:
        return {}
    query = select(Flow.id, Flow.name).where(Flow.account_id == account_id, Flow.id.in_(ids))
    return {str(id_): name for id_, name in (await db.execute(query)).all()}


def innermost_first(texts: Collection[FlowText]) -> list[FlowText]:
    """The flows in their order, but each after those of them that it leads into by name."""
    by_name = {text.name.lower(): text for text in texts}
    ordered: dict[str, FlowText] = {}
    for text in texts:
        _put(text, by_name, ordered, ())
    return list(ordered.values())


def _put(
    text: FlowText, by_name: Mapping[str, FlowText], ordered: dict[str, FlowText], within: tuple[str, ...]
) -> None:
    name = text.name.lower()
    for flow in led_into(text.tree).values():
        inner = by_name.get(flow.lower())
        if inner is not None and flow.lower() not in {name, *within}:
            _put(inner, by_name, ordered, (*within, name))
    ordered.setdefault(name, text)


def renamed(tree: Tree, names: Mapping[str, str]) -> Tree:
    """The tree with other names, or ids, for the flows that it leads into; one that is not listed stays."""
    nodes = {
        id_: node.model_copy(update={"flow": names[node.flow]}) if node.flow in names else node
        for id_, node in tree.nodes.items()
    }
    return tree.model_copy(update={"nodes": nodes})
