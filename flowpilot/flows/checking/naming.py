"""What people call the nodes of a flow: by their texts, because ids are for programs. Pure."""

from collections import Counter

from flowpilot.flows.checking.numbering import places
from flowpilot.flows.tree import Tree
from flowpilot.text import tidy

_MOST_CHARACTERS = 50


def named(tree: Tree, node_id: str) -> str:
    """What people call a node of the tree: see `node_names`."""
    return node_names(tree)[node_id]


def node_names(tree: Tree) -> dict[str, str]:
    """The name of each node, by which it is found on its page: its text in quotes, shortened.

    One that is still to be worded has only its number, `node 3`, as the diagram and the canvas show it. Nodes with
    the same text have it as well.
    """
    texts = {node_id: f'"{tidy(node.text, _MOST_CHARACTERS)}"' for node_id, node in tree.nodes.items()}
    how_many = Counter(texts.values())
    unclear = {id_ for id_, text in texts.items() if how_many[text] > 1 or tree.nodes[id_].open}
    if not unclear:
        return texts
    numbers = places(tree)
    for node_id in unclear:
        number = f"node {numbers[node_id].number}"
        texts[node_id] = number if tree.nodes[node_id].open else f"{texts[node_id]} ({number})"
    return texts
