"""What problem texts are matched to: search columns, and meanings. Written when a version is published."""

import asyncio
import uuid
from functools import lru_cache

import numpy as np
from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.flows.fields import without_fields
from flowpilot.flows.matching.meaning import embed, model, to_bytes
from flowpilot.flows.models import Flow, FlowMeaning, FlowVersion
from flowpilot.flows.tree import Tree

# For each part. A search vector has room for one megabyte in total.
_MAX_CHARACTERS = 100_000
# The mean of so many steps says what a flow is about.
_MOST_STEPS = 40


def index(flow: Flow, tree: Tree) -> None:
    """Set the flow's search columns, to be written with its next flush.

    `search` contains the name and keywords (weight A), the description (B), the texts, items and choices of
    the nodes (C), and their help (D). `search_text` contains the name and the keywords, one a line.
    """
    nodes = tree.nodes.values()
    named = "\n".join((flow.name, *flow.keywords))
    asked = "\n".join(
        words
        for node in nodes
        for words in (node.text, *(item.text for item in node.items), *(choice.label for choice in node.offered))
    )
    weighted = (
        (named, "'A'"),
        (flow.description, "'B'"),
        (asked, "'C'"),
        ("\n".join(node.help for node in nodes), "'D'"),
    )
    search, *others = (_vector(without_fields(text)[:_MAX_CHARACTERS], weight) for text, weight in weighted)
    for other in others:
        search = search.concat(other)
    flow.search_text, flow.search = named, search


def _vector(text: str, weight: str) -> ColumnElement[str]:
    return func.setweight(func.to_tsvector("english", text), literal_column(weight))


async def index_meaning(db: Db, flow: Flow, tree: Tree) -> None:
    """Keep what a flow's published version means, if the extra for that is installed."""
    if (name := model()) is None:
        return
    values = {"model": name, "vectors": await asyncio.to_thread(_meaning, _named(flow), _steps(tree))}
    key = {"account_id": flow.account_id, "version_id": flow.published_version_id}
    await db.execute(
        insert(FlowMeaning)
        .values(id=new_id(), **key, **values)
        .on_conflict_do_update(index_elements=list(key), set_=values)
    )


async def index_missing(db: Db, account_id: uuid.UUID) -> int:
    """Keep the meanings that are missing, or that another model made, and return for how many flows."""
    if (name := model()) is None:
        return 0
    made = select(FlowMeaning.version_id).where(FlowMeaning.account_id == account_id, FlowMeaning.model == name)
    flows = (
        select(Flow, FlowVersion.structure)
        .join(FlowVersion, FlowVersion.id == Flow.published_version_id)
        .where(
            Flow.account_id == account_id,
            FlowVersion.account_id == account_id,
            Flow.deleted_at.is_(None),
            Flow.published_version_id.not_in(made),
        )
    )
    found = (await db.execute(flows)).all()
    for flow, structure in found:
        await index_meaning(db, flow, Tree.model_validate(structure))
    return len(found)


def flow_meaning(flow: Flow, tree: Tree) -> FlowMeaning | None:
    """The row for a flow's published version, for a bulk load; null without the extra."""
    if (name := model()) is None or flow.published_version_id is None:
        return None
    return FlowMeaning(
        account_id=flow.account_id,
        id=new_id(),
        version_id=flow.published_version_id,
        model=name,
        vectors=_meaning(_named(flow), _steps(tree)),
    )


def _named(flow: Flow) -> tuple[str, ...]:
    """The texts that a flow is compared by, one by one: the lines of its `search_text`, and the description.

    Without a description, the name stands for it.
    """
    return tuple(
        map(without_fields, filter(None, (flow.name, *flow.keywords, flow.description or flow.name))),
    )


def _steps(tree: Tree) -> tuple[str, ...]:
    return tuple(without_fields(node.text) for node in tree.nodes.values())[:_MOST_STEPS]


# The same library is published in many accounts.
@lru_cache(maxsize=256)
def _meaning(named: tuple[str, ...], steps: tuple[str, ...]) -> bytes:
    """The vectors of what a flow is called, and the mean of those of its steps."""
    return to_bytes(np.vstack([embed(named), embed(steps).mean(axis=0)]))
