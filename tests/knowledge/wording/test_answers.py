"""The AI may change words and nothing else; a draft of its own must be sound."""

from typing import Any

import pytest

from flowpilot.copilot.procedures import ProposedProcedure, ProposedWording
from flowpilot.flows.text import FlowText
from flowpilot.knowledge.wording.answers import UnusableAnswerError, as_flow, changes, reworded, to_word
from tests.flows.samples import flow_text

OPEN: dict[str, Any] = {
    "root": "which",
    "nodes": {
        "which": {
            "kind": "question",
            "text": "Sessions 1 and 2 differ from 3.",
            "open": True,
            "choices": [{"label": "Sessions 1, 2", "next": "clean"}, {"label": "Session 3", "next": "done"}],
        },
        "clean": {
            "kind": "instruction",
            "text": "cleand the sensor",
            "outcomes": [{"label": "Solved it", "next": "done"}],
        },
        "done": {"kind": "resolution", "text": "It prints."},
    },
}
PROCEDURE: dict[str, Any] = {
    "description": "A phone is locked.",
    "keywords": ["phone locked"],
    "root": "restart",
    "nodes": [
        {
            "id": "restart",
            "kind": "instruction",
            "text": "Restart the phone.",
            "answers": [{"label": "Solved it", "next": "solved"}, {"label": "Did not help", "next": "senior"}],
        },
        {"id": "solved", "kind": "resolution", "text": "The phone is unlocked.", "answers": []},
        {"id": "senior", "kind": "escalation", "text": "Hand it over.", "answers": []},
    ],
}


def _draft(**changed: Any) -> FlowText:
    return flow_text(tree=OPEN, **changed)


def _answer(**changed: dict[str, Any]) -> ProposedWording:
    """The AI's answer to the draft: `_answer(clean={"text": "Clean it."})`."""
    nodes = {
        "which": {"text": "Is the label blank?", "choices": ["Yes", "No"]},
        "clean": {"text": "Clean the label sensor.", "choices": []},
        "done": {"text": "It prints again.", "choices": []},
    }
    said = [{"id": name, **node, **changed.get(name, {})} for name, node in nodes.items()]
    said += [node for name, node in changed.items() if name not in nodes]
    return ProposedWording.model_validate({"name": "Blank labels", "keywords": ["blank label"], "nodes": said})


def _worded(answer: ProposedWording, flow: FlowText | None = None, *, also_name: bool = True) -> FlowText:
    flow = flow or _draft()
    asked = to_word(flow, frozenset(flow.tree.nodes), also_name=also_name)
    return reworded(flow, asked, answer, also_name=also_name)


def test_only_words_change() -> None:
    draft, worded = _draft(), _worded(_answer())
    assert (worded.name, worded.keywords, worded.category) == ("Blank labels", ("blank label",), "Printing")
    assert worded.tree.root == draft.tree.root
    for node_id, before in draft.tree.nodes.items():
        after = worded.tree.nodes[node_id]
        assert (after.kind, after.open) == (before.kind, before.open)
        assert [choice.next for choice in after.offered] == [choice.next for choice in before.offered]
    assert [choice.label for choice in worded.tree.nodes["which"].choices] == ["Yes", "No"]
    assert [choice.label for choice in worded.tree.nodes["clean"].outcomes] == ["Solved it"]


def test_texts_before_and_after_are_told() -> None:
    told = [change.model_dump() for change in changes(_draft(), _worded(_answer()))]
    assert told[0] == {"node": None, "before": "Printer is offline", "after": "Blank labels"}
    assert {"node": "clean", "before": "cleand the sensor", "after": "Clean the label sensor."} in told
    assert {"node": "which", "before": "Session 3", "after": "No"} in told


def test_a_flow_that_exists_keeps_its_name_and_keywords() -> None:
    worded = _worded(_answer(), also_name=False)
    assert (worded.name, worded.keywords) == (_draft().name, _draft().keywords)


@pytest.mark.parametrize(
    "changed",
    [
        {"which": {"choices": ["Yes"]}},
        {"clean": {"choices": ["Done"]}},
        {"clean": {"id": "other"}},
        {"more": {"id": "more", "text": "Buy a printer.", "choices": []}},
        {"again": {"id": "clean", "text": "Clean it.", "choices": []}},
        {"clean": {"text": "Ask for {{serial}}."}},
        {"clean": {"text": "Bell \x07"}},
        {"clean": {"text": "  "}},
    ],
)
def test_an_answer_that_changes_more_is_refused(changed: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(UnusableAnswerError, match="stays as it was"):
        _worded(_answer(**changed))


def test_a_text_that_would_be_redacted_is_not_sent_and_stays() -> None:
    tree = {**OPEN, "nodes": OPEN["nodes"] | {"done": {"kind": "resolution", "text": "Mail jo@client.example."}}}
    flow = flow_text(tree=tree)
    asked = to_word(flow, frozenset(flow.tree.nodes), also_name=True)
    assert [node.id for node in asked.nodes] == ["which", "clean"]
    answer = _answer()
    answer.nodes.pop()
    worded = reworded(flow, asked, answer, also_name=True)
    assert worded.tree.nodes["done"].text == "Mail jo@client.example."


def test_a_name_and_keywords_that_would_be_redacted_stay() -> None:
    about = {"name": "Mailbox of jo@client.example full", "keywords": ["jo@client.example", "blank"]}
    flow = _draft(**about)
    asked = to_word(flow, frozenset(flow.tree.nodes), also_name=True)
    assert (asked.name, asked.keywords) == ("", ["blank"])
    worded = reworded(flow, asked, _answer(), also_name=True)
    assert (worded.name, worded.keywords) == (about["name"], ("jo@client.example", "blank label"))


def test_a_sound_procedure_becomes_a_flow() -> None:
    made = as_flow(_draft(), ProposedProcedure.model_validate(PROCEDURE))
    assert (made.name, made.description, made.keywords) == (
        "Printer is offline",
        "A phone is locked.",
        ("phone locked",),
    )
    assert [choice.next for choice in made.tree.nodes["restart"].outcomes] == ["solved", "senior"]
    assert not any(node.open for node in made.tree.nodes.values())


@pytest.mark.parametrize(
    "node",
    [
        {"answers": []},
        {"answers": [{"label": "Solved it", "next": "nowhere"}]},
        {"answers": [{"label": "Solved it", "next": "restart"}]},
        {"answers": [{"label": "Solved it", "next": "solved"}]},
        {"kind": "question", "answers": [{"label": "Yes", "next": "solved"}]},
        {"id": "Not an id"},
        {"id": "solved"},
    ],
)
def test_a_procedure_that_is_not_sound_is_refused(node: dict[str, Any]) -> None:
    nodes = [PROCEDURE["nodes"][0] | node, *PROCEDURE["nodes"][1:]]
    with pytest.raises(UnusableAnswerError, match=r"stays"):
        as_flow(_draft(), ProposedProcedure.model_validate(PROCEDURE | {"nodes": nodes}))


@pytest.mark.parametrize(
    "node",
    [
        {"help": "Write to [e-mail]."},
        {"answers": [{"label": "[e-mail] answers", "next": "solved"}, {"label": "No answer", "next": "senior"}]},
    ],
)
def test_a_text_in_which_something_was_removed_is_left_for_a_person(node: dict[str, Any]) -> None:
    nodes = [PROCEDURE["nodes"][0] | node, *PROCEDURE["nodes"][1:]]
    made = as_flow(_draft(), ProposedProcedure.model_validate(PROCEDURE | {"nodes": nodes}))
    assert [node_id for node_id, node in made.tree.nodes.items() if node.open] == ["restart"]
