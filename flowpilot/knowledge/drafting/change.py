"""A change to a flow: what cases did where they left it, put into its tree. Pure."""

from collections.abc import Iterator, Sequence, Set

from flowpilot.flows.tree import Choice, Node, NodeKind, Tree, find_choice
from flowpilot.knowledge.drafting.cases import Act, Case
from flowpilot.knowledge.drafting.draft import MAX_LABEL, Builder, Draft
from flowpilot.knowledge.drafting.groups import Deed, grouped, wording
from flowpilot.knowledge.drafting.merge import Rest, grow, named
from flowpilot.knowledge.drafting.remarks import without_remarks
from flowpilot.sessions.similar.words import Worth


def change(base: Tree, at: str, cases: Sequence[Case], worth: Worth) -> Draft:
    """The flow, with a way on for the cases that left it at a node.

    At a question or an instruction that is one more answer: in the words of those who answered in their own, or an
    open one that a person words. Before the end of a path, it is tried what helped these cases, on the ways
    by which they came there. Ways that none of them walked stay as they are.

    Args:
        base: the published tree.
        at: the node where the cases left, which the tree has.
        cases: at least one; what they did before they came to the node does not matter, and those that did nothing
            beyond it are left out, unless all are such.
        worth: how much a word says.
    """
    cases, remarks = without_remarks(cases)
    cases = [case for case in cases if goes_on_beyond(case, at)] or cases
    builder = Builder(nodes=dict(base.nodes), left_out=[act.step_id for act in remarks])
    left = base.nodes[at]
    if left.offered:
        builder.nodes[at] = _with_answers(builder, left, at, cases, worth)
        root = base.root
    else:
        builder.gives_up_at = at if left.kind == NodeKind.ESCALATION else None
        head = grow(builder, [_since(case, at) for case in cases], worth)
        walked = _walked(base, at, cases)
        for node_id, node in base.nodes.items():
            labels = {label for start, label in walked if start == node_id}
            builder.nodes[node_id] = _redirected(node, head, labels)
        root = head if base.root == at else base.root
    builder.sources.setdefault(at, [act.step_id for case in cases for act in case.acts if act.node == at])
    return Draft(Tree(root=root, nodes=builder.nodes), builder.sources, tuple(builder.left_out))


def goes_on_beyond(case: Case, at: str) -> bool:
    """Whether something was done from the node on, or is known to have solved it."""
    return case.solved_by is not None or bool(_since(case, at).acts)


def _since(case: Case, at: str) -> Rest:
    """What the case did from the node on: its free text there, except for the answer that becomes a choice.

    A case without free text there did what comes after the last answer that the flow offered.
    """
    offered = max((place for place, act in enumerate(case.acts, 1) if act.chosen is not None), default=0)
    first = next((place for place, act in enumerate(case.acts) if act.node == at and act.chosen is None), offered)
    answer = _answer(case, at)
    return Rest(case, tuple(act for act in case.acts[first:] if act is not answer))


def _with_answers(builder: Builder, node: Node, at: str, cases: Sequence[Case], worth: Worth) -> Node:
    """The node with one more answer for each that was given in people's own words, and what followed it.

    Cases without one come last, behind an answer that a person has to word.
    """
    answers = [
        Deed(case.number, act, 0.0, solved=False) for case in cases if (act := _answer(case, at)) is not None
    ]
    taken = {choice.label.casefold() for choice in node.offered}
    added, worded = list(node.offered), set[int]()
    for group in grouped(answers, worth):
        label = " ".join(wording([deed.act for deed in group.deeds], worth).split())[:MAX_LABEL]
        if label.casefold() not in taken:
            taken.add(label.casefold())
            worded |= group.cases
            added.append(
                _leading(builder, label, [case for case in cases if case.number in group.cases], at, worth)
            )
    others = [case for case in cases if case.number not in worded]
    if others:
        label = f"As in {named([case.number for case in others])}"
        added.append(_leading(builder, label, others, at, worth))
    field = "choices" if node.kind == NodeKind.QUESTION else "outcomes"
    return node.model_copy(update={field: tuple(added), "open": bool(others)})


def _leading(builder: Builder, label: str, cases: Sequence[Case], at: str, worth: Worth) -> Choice:
    return Choice(label=label, next=grow(builder, [_since(case, at) for case in cases], worth))


def _answer(case: Case, at: str) -> Act | None:
    """The first answer that was given in one's own words at the node; what follows tells what was done."""
    given = [act for act in case.acts if act.is_free_answer and act.node == at]
    return given[0] if given else None


def _walked(base: Tree, at: str, cases: Sequence[Case]) -> set[tuple[str, str]]:
    """The choices by which the cases came to the node, as its id and the label; a single way in is known anyway.

    If none is known, because the flow has been worded anew since, nothing leads to what is added: the checker says
    so, and a person chooses.
    """
    ways = {
        (node_id, choice.label)
        for node_id, node in base.nodes.items()
        for choice in node.offered
        if choice.next == at
    }
    return ways if len(ways) == 1 else ways & {taken for case in cases for taken in _taken(base, case)}


def _taken(base: Tree, case: Case) -> Iterator[tuple[str, str]]:
    for act in case.acts:
        if act.node in base.nodes and act.chosen is not None:
            choice = find_choice(base.nodes[act.node], act.chosen)
            if choice is not None:
                yield act.node, choice.label


def _redirected(node: Node, new: str, labels: Set[str]) -> Node:
    """The node, leading to the new node by these of its choices."""
    moved = {
        field: tuple(
            choice.model_copy(update={"next": new}) if choice.label in labels else choice for choice in offered
        )
        for field, offered in (("choices", node.choices), ("outcomes", node.outcomes))
    }
    return node.model_copy(update=moved)
