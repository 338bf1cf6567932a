"""A tree with the values of its fields in its texts, pure."""

from collections.abc import Callable, Mapping

from flowpilot.flows.fields import fill_in
from flowpilot.flows.tree import Node, Tree

Say = Callable[[str], str]


def fill_tree(tree: Tree, values: Mapping[str, str]) -> Tree:
    """The tree as people read it: with values for its fields, or their labels in brackets."""
    labels = labels_in(tree)
    if not labels and not values:
        return tree

    def say(text: str) -> str:
        return fill_in(text, values, labels)

    nodes = {node_id: _filled(node, say) for node_id, node in tree.nodes.items()}
    return tree.model_copy(update={"nodes": nodes})


def labels_in(tree: Tree) -> dict[str, str]:
    """The labels of the tree's fields, by name."""
    return {field.name: field.label for node in tree.nodes.values() for field in node.fields}


def _filled(node: Node, say: Say) -> Node:
    if not any("{{" in text for text in node.texts):
        return node
    sections = tuple(
        section.model_copy(
            update={
                "title": say(section.title),
                "items": tuple(
                    item.model_copy(update={"text": say(item.text), "help": say(item.help)})
                    for item in section.items
                ),
            }
        )
        for section in node.sections
    )
    fields = tuple(field.model_copy(update={"help": say(field.help)}) for field in node.fields)
    return node.model_copy(
        update={"text": say(node.text), "help": say(node.help), "sections": sections, "fields": fields}
    )
