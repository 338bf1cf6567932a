"""The AI's answers as flows, checked. Pure: an answer that changes more than words is refused."""

from collections.abc import Collection, Iterator, Sequence

from pydantic import BaseModel, ValidationError

from flowpilot.copilot.procedures import (
    DraftToWord,
    NodeToWord,
    ProposedNode,
    ProposedProcedure,
    ProposedWording,
    WordedNode,
    may_be_sent,
)
from flowpilot.errors import FlowPilotError
from flowpilot.flows.checking.checker import problems
from flowpilot.flows.fields import names_in
from flowpilot.flows.text import FlowText
from flowpilot.flows.tree import Choice, Node, NodeKind, Tree


class UnusableAnswerError(FlowPilotError):
    """The AI's answer cannot be taken over; the message says why, and what stays."""


class Change(BaseModel):
    """A text before and after. `node` is None for the name and the keywords."""

    node: str | None
    before: str
    after: str


def to_word(flow: FlowText, nodes: Collection[str], *, also_name: bool) -> DraftToWord:
    """What the AI is asked to word: these nodes, and the name and keywords of a flow that is new.

    Texts from which something would have to be removed are not sent, and keep their words.
    """
    sent = (_node_to_word(node_id, node) for node_id, node in flow.tree.nodes.items() if node_id in nodes)
    return DraftToWord(
        name=flow.name if may_be_sent(flow.name) else "",
        keywords=[word for word in flow.keywords if may_be_sent(word)] if also_name else [],
        nodes=[node for node in sent if all(map(may_be_sent, (node.text, *node.choices)))],
    )


def reworded(flow: FlowText, asked: DraftToWord, answer: ProposedWording, *, also_name: bool) -> FlowText:
    """The flow in the AI's words: the same nodes, which lead to the same nodes.

    Raises:
        UnusableAnswerError: the answer has other nodes or choices, uses other fields, or does not fit a flow.
    """
    answered = {node.id: node for node in answer.nodes}
    if len(answered) != len(answer.nodes) or answered.keys() != {node.id for node in asked.nodes}:
        raise UnusableAnswerError("The AI answered other steps than it was asked. The draft stays as it was.")
    nodes = dict(flow.tree.nodes)
    for one in asked.nodes:
        nodes[one.id] = _reworded(nodes[one.id], one, answered[one.id])
    about = _about(flow, asked, answer) if also_name else {}
    return _checked(flow, tree={"root": flow.tree.root, "nodes": nodes}, **about)


def as_flow(flow: FlowText, answer: ProposedProcedure) -> FlowText:
    """The AI's procedure under the flow's name. A text in which something was removed is left for a person.

    Raises:
        UnusableAnswerError: it is not a flow that could be published, except for such texts.
    """
    ids = [node.id for node in answer.nodes]
    if len(set(ids)) != len(ids):
        raise UnusableAnswerError("The AI's draft names two steps the same. The plain draft stays.")
    nodes = {node.id: _drafted(node) for node in answer.nodes}
    about = {"description": answer.description, "keywords": _keywords(answer.keywords)}
    made = _checked(flow, tree={"root": answer.root, "nodes": nodes}, **about)
    settled = {node_id: node.model_copy(update={"open": False}) for node_id, node in made.tree.nodes.items()}
    if found := problems(Tree(root=made.tree.root, nodes=settled)):
        raise UnusableAnswerError(f"The AI's draft is not sound, so the plain draft stays. {found[0].message}")
    return made


def changes(before: FlowText, after: FlowText) -> Iterator[Change]:
    """Where the words differ, of the nodes that both have."""
    if before.name != after.name:
        yield Change(node=None, before=before.name, after=after.name)
    if before.keywords != after.keywords:
        yield Change(node=None, before=", ".join(before.keywords), after=", ".join(after.keywords))
    for node_id, node in before.tree.nodes.items():
        other = after.tree.nodes.get(node_id)
        for old, new in () if other is None else zip(_said(node), _said(other), strict=False):
            if old != new:
                yield Change(node=node_id, before=old, after=new)


def _about(flow: FlowText, asked: DraftToWord, answer: ProposedWording) -> dict[str, object]:
    """The name and the keywords, with those that were not sent as they are."""
    kept = [word for word in flow.keywords if not may_be_sent(word)]
    name = answer.name if asked.name else flow.name
    return {"name": name, "keywords": _keywords([*kept, *answer.keywords])}


def _said(node: Node) -> Sequence[str]:
    return (node.text, *(choice.label for choice in node.offered))


def _node_to_word(node_id: str, node: Node) -> NodeToWord:
    """Only the choices of an open question are wanted: the others were given, or are ours."""
    choices = [choice.label for choice in node.choices] if node.open else []
    return NodeToWord(id=node_id, kind=node.kind, text=node.text, choices=choices)


def _reworded(node: Node, asked: NodeToWord, answer: WordedNode) -> Node:
    if len(answer.choices) != len(asked.choices):
        raise UnusableAnswerError("The AI changed how many answers a question has. The draft stays as it was.")
    if sorted(names_in(answer.text)) != sorted(names_in(node.text)):
        raise UnusableAnswerError("The AI changed which fields a text uses. The draft stays as it was.")
    labels = answer.choices or [choice.label for choice in node.choices]
    choices = tuple(
        choice.model_copy(update={"label": label}) for choice, label in zip(node.choices, labels, strict=True)
    )
    return node.model_copy(update={"text": answer.text, "choices": choices})


def _drafted(node: ProposedNode) -> Node:
    kind = NodeKind(node.kind)
    leads = tuple(Choice.model_construct(label=answer.label, next=answer.next) for answer in node.answers)
    is_whole = not any("[" in text for text in (node.text, node.help, *(answer.label for answer in node.answers)))
    return Node.model_construct(
        kind=kind,
        text=node.text,
        help=node.help,
        choices=leads if kind is NodeKind.QUESTION else (),
        outcomes=leads if kind is not NodeKind.QUESTION else (),
        open=not is_whole,
    )


def _keywords(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))


def _checked(flow: FlowText, **changed: object) -> FlowText:
    """The flow with these changes, held to the rules of every flow."""
    try:
        return FlowText.model_validate_json(flow.model_copy(update=changed).model_dump_json(warnings=False))
    except ValidationError:
        raise UnusableAnswerError("The AI's texts do not fit a flow. The draft stays as it was.") from None
