"""The files of a tree: which they are, and how a text tells them apart. Pure."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import PurePath

from flowpilot.flows.files.node import NodeFile
from flowpilot.flows.tree import Tree, walk


def files_in(tree: Tree) -> Iterator[NodeFile]:
    """The files of all nodes, in the order of `walk`."""
    return (file for node_id in walk(tree) for file in tree.nodes[node_id].files)


def ids_in(tree: Tree) -> set[uuid.UUID]:
    """The ids of the files that a tree names."""
    return {file.id for file in files_in(tree) if file.id is not None}


def with_files(tree: Tree, change: Callable[[NodeFile], NodeFile]) -> Tree:
    """The tree with each file changed; a file that a node then has twice is left out once."""
    if not tree.has_files:
        return tree
    nodes = {
        node_id: node.model_copy(update={"files": tuple(dict.fromkeys(map(change, node.files)))})
        if node.files
        else node
        for node_id, node in tree.nodes.items()
    }
    return tree.model_copy(update={"nodes": nodes})


def names_apart(tree: Tree) -> dict[str, NodeFile]:
    """The tree's files by names of which none is used twice: the second `shot.png` is `shot (2).png`."""
    named: dict[str, NodeFile] = {}
    for file in dict.fromkeys(files_in(tree)):
        name, number = file.name, 1
        while name in named:
            number += 1
            path = PurePath(file.name)
            name = f"{path.stem} ({number}){path.suffix}"
        named[name] = file
    return named


def as_written(tree: Tree) -> Tree:
    """The tree with the names of its files alone, as a text has them."""
    names = {file: name for name, file in names_apart(tree).items()}
    return with_files(tree, lambda file: NodeFile(name=names[file]))


def as_known(tree: Tree, earlier: Tree) -> Tree:
    """The tree of a text, whose files are those of an earlier tree with the same names."""
    known = names_apart(earlier)
    return with_files(tree, lambda file: known.get(file.name, file) if file.id is None else file)
