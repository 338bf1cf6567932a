"""Merging what was done in several cases into a tree, deterministically and without inventing a question. Pure.

What a flow asked keeps its answers as branches. Free text that says the same becomes one instruction, ordered by
how often and how early it was done. Where cases part, an open question says which cases differ.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flowpilot.flows.tree import Choice, Node, NodeKind, Tree
from flowpilot.knowledge.drafting.cases import Act, Case
from flowpilot.knowledge.drafting.draft import Builder, Draft
from flowpilot.knowledge.drafting.groups import Deed, Group, grouped, wording
from flowpilot.knowledge.drafting.remarks import without_remarks
from flowpilot.sessions.models import StepKind
from flowpilot.sessions.similar.words import Worth

# With so many cases, what only one of them did, and what solved nothing, is left out.
_ENOUGH_CASES = 3

# How many free texts of a case become deeds: a long session's notes are not a procedure.
_MOST_DEEDS = 15


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a case from some point on."""

    case: Case
    acts: tuple[Act, ...]

    @property
    def head(self) -> Act | None:
        """What comes next."""
        return self.acts[0] if self.acts else None


def merge(cases: Sequence[Case], worth: Worth) -> Draft:
    """A new tree of what was done in these cases.

    Args:
        cases: at least one, each with something that a person did.
        worth: how much a word says.
    """
    cases, remarks = without_remarks(cases)
    builder = Builder(left_out=[act.step_id for act in remarks])
    root = grow(builder, [Rest(case, case.acts) for case in cases], worth)
    return Draft(Tree(root=root, nodes=builder.nodes), builder.sources, tuple(builder.left_out))


def grow(builder: Builder, rests: Sequence[Rest], worth: Worth) -> str:
    """The node at which these cases go on, with all that follows it."""
    by_question: dict[str | None, list[Rest]] = defaultdict(list)
    for rest in rests:
        by_question[_asked(rest.head)].append(rest)
    if len(by_question) > 1:
        return _part(builder, list(by_question.values()), worth)
    if _asked(rests[0].head) is not None:
        return _branch(builder, rests, worth)
    return _chains(builder, rests, worth)


def _asked(act: Act | None) -> str | None:
    """What a flow asked or told there; None for free text and at the end."""
    return None if act is None or act.chosen is None else f"{act.kind} {' '.join(act.text.split()).casefold()}"


def _branch(builder: Builder, rests: Sequence[Rest], worth: Worth) -> str:
    """A question or an instruction of a flow, with a branch for each answer that was given."""
    by_label: dict[str, list[Rest]] = defaultdict(list)
    heads = [rest.acts[0] for rest in rests]
    for rest, head in zip(rests, heads, strict=True):
        by_label[str(head.chosen)].append(Rest(rest.case, rest.acts[1:]))
    frequent = sorted(by_label, key=lambda label: -len(by_label[label]))
    offered = tuple(Choice(label=label, next=grow(builder, by_label[label], worth)) for label in frequent)
    if heads[0].kind == StepKind.ANSWER:
        node = Node(kind=NodeKind.QUESTION, text=heads[0].text, choices=offered)
        return builder.add("question", node, (head.step_id for head in heads))
    node = Node(kind=NodeKind.INSTRUCTION, text=heads[0].text, outcomes=offered)
    return builder.add("step", node, (head.step_id for head in heads))


def _part(builder: Builder, parts: Sequence[Sequence[Rest]], worth: Worth) -> str:
    """An open question with a branch for each group of cases."""
    ordered = sorted(parts, key=lambda part: (-len(part), part[0].case.number))
    choices = [(f"As in {named(_numbers(part))}", grow(builder, part, worth)) for part in ordered]
    text = f"Here the cases part: {'; '.join(_went_on(part, worth) for part in ordered)}."
    steps = (rest.acts[0].step_id for part in ordered for rest in part if rest.acts)
    return builder.ask(text, choices, steps, is_open=True)


def _chains(builder: Builder, rests: Sequence[Rest], worth: Worth) -> str:
    """What was done in free text up to the next question of a flow: one chain, or several where the cases part."""
    groups = grouped([deed for rest in rests for deed in _deeds(rest)], worth)
    common = [group for group in groups if len(group.cases) == len(rests)]
    differing = [group for group in groups if group not in common]
    ends = not any(_after_free_text(rest) for rest in rests)
    bonds = [group.bound if ends else group.cases for group in differing]
    sides = _known_sides(_sides([rest.case.number for rest in rests], bonds), rests)
    if not differing or len(sides) == 1 or any(group.solved for group in common):
        return _chain(builder, groups, rests, worth)
    apart = [[rest for rest in rests if rest.case.number in side] for side in sides]
    beyond = _part_after(builder, apart, common, worth)
    return _instructions(builder, common, beyond, worth)


def _part_after(builder: Builder, apart: Sequence[Sequence[Rest]], common: Sequence[Group], worth: Worth) -> str:
    """`_part`, without what all cases did before it."""
    done = {deed.act.step_id for group in common for deed in group.deeds}
    return _part(
        builder,
        [
            [Rest(rest.case, tuple(act for act in rest.acts if act.step_id not in done)) for rest in side]
            for side in apart
        ],
        worth,
    )


def _chain(builder: Builder, groups: Sequence[Group], rests: Sequence[Rest], worth: Worth) -> str:
    kept = [group for group in groups if len(rests) < _ENOUGH_CASES or len(group.cases) > 1 or group.solved]
    builder.left_out += [deed.act.step_id for group in groups if group not in kept for deed in group.deeds]
    going_on = [Rest(rest.case, after) for rest in rests if (after := _after_free_text(rest))]
    beyond = grow(builder, going_on, worth) if going_on else builder.give_up(_handed_over(rests))
    return _instructions(builder, kept, beyond, worth)


def _instructions(builder: Builder, groups: Sequence[Group], beyond: str, worth: Worth) -> str:
    """One instruction a group, each leading to the next if it did not help."""
    for group in reversed(groups):
        acts = [deed.act for deed in group.deeds]
        solving = [deed.act for deed in group.deeds if deed.solved]
        ending = (act.step_id for act in solving)
        solved = builder.resolve(wording(solving, worth), ending) if solving else builder.succeed()
        beyond = builder.instruct(wording(acts, worth), (act.step_id for act in acts), solved, beyond)
    return beyond


def _handed_over(rests: Sequence[Rest]) -> Iterator[uuid.UUID]:
    """The last steps of the cases that nobody has solved and that were handed over."""
    for rest in rests:
        if rest.case.was_escalated and rest.case.solved_by is None and rest.case.acts:
            yield rest.case.acts[-1].step_id


def _deeds(rest: Rest) -> Iterator[Deed]:
    """What was done in free text before the next question of a flow, and at the case's end what solved it."""
    free = list(_free_text(rest))[:_MOST_DEEDS]
    solution = rest.case.solved_by if not _after_free_text(rest) else None
    last = max(len(free), 1)
    in_vain = rest.case.solved_by is not None or bool(_after_free_text(rest))
    for number, act in enumerate(free):
        yield Deed(rest.case.number, act, number / last, solved=False, in_vain=in_vain)
    if solution is not None:
        yield Deed(rest.case.number, solution, 1.0, solved=True)


def _free_text(rest: Rest) -> Iterator[Act]:
    for act in rest.acts:
        if act.chosen is not None:
            return
        yield act


def _after_free_text(rest: Rest) -> tuple[Act, ...]:
    return rest.acts[sum(1 for _ in _free_text(rest)) :]


def _sides(cases: Sequence[int], bonds: Iterable[frozenset[int]]) -> list[frozenset[int]]:
    """The cases, together with those to which they are bound, directly or through others; the others alone."""
    sides = [frozenset([case]) for case in cases]
    for bound in filter(None, bonds):
        touched = [side for side in sides if side & bound]
        sides = [side for side in sides if side not in touched]
        sides.append(frozenset().union(*touched))
    return sorted(sides, key=min)


def _known_sides(sides: Sequence[frozenset[int]], rests: Sequence[Rest]) -> list[frozenset[int]]:
    """The sides, with those of which nobody knows how they end in the largest of the others.

    An open case is no evidence of another cause: what helped most may help it, too.
    """
    ended = {rest.case.number for rest in rests if rest.case.solved_by is not None or _after_free_text(rest)}
    known = [side for side in sides if side & ended]
    if not known:
        return list(sides)
    largest = max(known, key=len)
    rest = frozenset[int]().union(largest, *(side for side in sides if side not in known))
    return sorted([rest, *(side for side in known if side is not largest)], key=min)


def named(numbers: Sequence[int]) -> str:
    """Cases by their numbers, such as `cases 1, 3 and 4`."""
    *most, last = (str(number) for number in sorted(set(numbers)))
    return f"cases {', '.join(most)} and {last}" if most else f"case {last}"


def _numbers(rests: Sequence[Rest]) -> list[int]:
    return [rest.case.number for rest in rests]


def _went_on(part: Sequence[Rest], worth: Worth) -> str:
    """How a group of cases went on, in the words of one of them."""
    nexts = [rest.acts[0] if rest.acts else rest.case.solved_by for rest in part]
    acts = [act for act in nexts if act is not None]
    frequent = Counter(act.chosen for act in acts).most_common(1)
    if not acts:
        return f"{named(_numbers(part))} ended there"
    answer = f" ({frequent[0][0]})" if frequent[0][0] else ""
    return f"{named(_numbers(part))} went on with “{wording(acts, worth)[:200]}”{answer}"
