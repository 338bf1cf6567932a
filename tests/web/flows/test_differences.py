"""How two trees differ, in the words of people."""

from typing import Any

from flowpilot.flows.schemas import DifferencesOut
from flowpilot.flows.tree import Tree
from flowpilot.flows.versions.differences import differences
from flowpilot.web.flows.differences import ChangedPart, Changes, Lead, NodeLink, changes, side, tree_before
from tests.flows.samples import TREE


def _tree(root: str = "power", **nodes: dict[str, Any] | None) -> Tree:
    kept = {id_: node for id_, node in (TREE["nodes"] | nodes).items() if node is not None}
    return Tree.model_validate({"root": root, "nodes": kept})


def _found(after: Tree) -> Changes:
    before = _tree()
    found = DifferencesOut.model_validate(differences(before, after))
    return changes(found, side(before, "/was#o-"), side(after, "/is#o-"), {})


_ASKS = {
    "kind": "question",
    "text": "Is the printer on?",
    "choices": [{"label": "Yes", "next": "queue"}, {"label": "No", "next": "switch_on"}],
}
_QUEUE = {"kind": "instruction", "text": "Empty the queue.", "outcomes": [{"label": "It prints", "next": "done"}]}


def test_nodes_are_named_by_their_texts_and_lead_to_where_they_are() -> None:
    found = _found(_tree(power=_ASKS, queue=_QUEUE, hand_over=None))
    [added], [removed], [changed] = found.added, found.removed, found.changed
    assert (added.address, added.leads) == (
        "/is#o-queue",
        [Lead("It prints", NodeLink('"It prints again."', "/is#o-done"))],
    )
    assert (removed.node.text, removed.address) == ("Hand over the model.", "/was#o-hand_over")
    assert (changed.text, changed.address, changed.parts) == (
        "Is the printer on?",
        "/is#o-power",
        [
            ChangedPart(
                "Choices",
                'Yes → "Hand over the model."\nNo → "Switch it on."',
                'Yes → "Empty the queue."\nNo → "Switch it on."',
            )
        ],
    )


def test_another_beginning_is_named() -> None:
    assert _found(_tree("switch_on")).begins == (
        NodeLink('"Is the printer on?"', "/was#o-power"),
        NodeLink('"Switch it on."', "/is#o-switch_on"),
    )


def test_another_text_does_not_change_what_leads_there() -> None:
    done = {"kind": "resolution", "text": "All is well."}
    assert [(one.text, [part.name for part in one.parts]) for one in _found(_tree(done=done)).changed] == [
        ("All is well.", ["Text"])
    ]


def test_a_choice_that_leads_nowhere_says_so() -> None:
    found = _found(_tree(done=None))
    assert [lead for one in found.removed for lead in one.leads] == []
    lost = side(_tree(done=None), "/is#o-").link("done")
    assert lost == NodeLink("nowhere", None)


def test_the_earlier_tree_follows_from_the_later_one_and_how_they_differ() -> None:
    before, after = _tree(), _tree("switch_on", power=_ASKS, queue=_QUEUE, hand_over=None)
    assert tree_before(DifferencesOut.model_validate(differences(before, after)), after) == before
