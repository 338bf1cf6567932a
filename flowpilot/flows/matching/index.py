"""The search columns that problem texts are matched to, written when a version is published."""

from sqlalchemy import ColumnElement, func, literal_column

from flowpilot.flows.models import Flow
from flowpilot.flows.tree import Tree

# For each part. A search vector has room for one megabyte in total.
_MAX_CHARACTERS = 100_000


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
    search, *others = (_vector(text[:_MAX_CHARACTERS], weight) for text, weight in weighted)
    for other in others:
        search = search.concat(other)
    flow.search_text, flow.search = named, search


def _vector(text: str, weight: str) -> ColumnElement[str]:
    return func.setweight(func.to_tsvector("english", text), literal_column(weight))
