"""What a session's flow asks to be done and filled in on its way, and what is done of it. Pure."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flowpilot.flows.checklist import Item
from flowpilot.flows.fields import FlowField, is_value, label_of
from flowpilot.flows.tree import Node, NodeKind, Tree
from flowpilot.sessions.edits.record import records, worded
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.path import Frame, Position, Trees, ahead
from flowpilot.sessions.runs.marks import Key, field_key, item_key, replay

_NO_TREES: Trees = {}

# Until what these require is done, the session cannot be resolved at or beyond them.
_BINDING = frozenset({NodeKind.CHECKLIST, NodeKind.RESOLUTION})


@dataclass(frozen=True, slots=True)
class Place:
    """A node where the session is, was, or may still come to.

    `flow`: the sub-flow that it is in. `through`: the nodes that led into that, the outermost first.
    """

    node_id: str
    node: Node
    flow: str | None = None
    through: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """What tells it from all other places of the session."""
        return "/".join((*self.through, self.node_id))


# Where a session is that follows no flow.
_NOWHERE = Place("", Node(kind=NodeKind.INSTRUCTION, text="No flow"))


@dataclass(frozen=True, slots=True)
class Entry:
    """An item or a field at its place, and the step that stands for it."""

    place: Place
    asked: Item | FlowField
    mark: AISessionStep | None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.asked.text if isinstance(self.asked, Item) else self.asked.label

    @property
    def is_field(self) -> bool:
        """Whether a value is filled in there. An item is ticked."""
        return isinstance(self.asked, FlowField)


@dataclass(frozen=True, slots=True)
class Progress:
    """How much is done or waived, of all and of what is required."""

    done: int
    total: int
    required_done: int
    required_total: int


@dataclass(frozen=True, slots=True)
class Run:
    """The places behind a session, where it stands, and those ahead.

    `behind`: also checklists that were begun and from which it went back. `stands`: the node where it is; when a
    sub-flow has ended there, also the one that led into it. `goes_on`: whether something can be chosen there.
    `brought`: the fields whose values are from before it followed this flow.
    """

    behind: tuple[Place, ...]
    stands: tuple[Place, ...]
    ahead: tuple[Place, ...]
    marks: dict[Key, AISessionStep]
    goes_on: bool = False
    brought: frozenset[Key] = frozenset()

    @property
    def here(self) -> Place | None:
        """The node where it is; None if it follows no flow."""
        return self.stands[0] if self.stands else None

    @property
    def passed(self) -> tuple[Place, ...]:
        """The places that the session has come to."""
        return (*self.behind, *self.stands)

    def entries(self, *places: Place) -> list[Entry]:
        """What is asked at these places. A field that several ask is there once."""
        found: dict[Key, Entry] = {}
        for place in places:
            for item in place.node.items:
                key = item_key(place.through, place.node_id, item.id)
                found[key] = Entry(place, item, self.marks.get(key))
            for field in place.node.fields:
                key = field_key(field.name)
                entry = Entry(place, field, self._mark_of(field))
                # It is required if one of them requires it.
                if key not in found or field.required:
                    found[key] = entry
        return list(found.values())

    def free_entries(self, names: Iterable[str]) -> list[Entry]:
        """Without a flow: the fields that are filled in, and those of these names."""
        filled = [key[1] for key in self.marks if key == field_key(key[1])]
        return [self.free_entry(name) for name in dict.fromkeys([*filled, *names])]

    def free_entry(self, name: str) -> Entry:
        """Without a flow: the field of this name."""
        mark = self.marks.get(field_key(name))
        label = label_of(name) if mark is None else str(mark.content["label"])
        return Entry(_NOWHERE, FlowField(name=name, label=label), mark)

    def open_here(self) -> list[Entry]:
        """What must be done before the session goes on."""
        return _open(self.entries(*self.stands))

    def waits(self, next_id: str) -> bool:
        """Whether going on to that node waits for what is open here. What cannot be done can be escalated."""
        flow = self.stands[-1].flow if self.stands else None
        following = [place for place in self.ahead if (place.flow, place.node_id) == (flow, next_id)]
        is_escalation = any(place.node.kind is NodeKind.ESCALATION for place in following)
        return not is_escalation and bool(self.open_here())

    def open_before_end(self) -> list[Entry]:
        """What must be done before the session can be resolved."""
        return _open(self.entries(*(place for place in self.passed if place.node.kind in _BINDING)))

    def open_ahead(self) -> list[Entry]:
        """What is required at the places that may still come."""
        new = [place for place in self.ahead if place not in self.passed]
        return [entry for entry in _open(self.entries(*self.passed, *new)) if entry.place in new]

    def left_open(self) -> list[Entry]:
        """The required items of checklists that it has left which were not done there: open, or waived."""
        entries = (entry for entry in self.entries(*self.behind) if isinstance(entry.asked, Item))
        return [one for one in entries if one.asked.required and (one.mark is None or is_waived(one.mark))]

    def may_be_marked(self) -> list[Entry]:
        """The items where it is and those that were left open, and the fields of all places it has come to."""
        here = [] if self.here is None else self.entries(self.here)
        fields = [entry for entry in self.entries(*self.passed) if isinstance(entry.asked, FlowField)]
        return [*here, *self.left_open(), *fields]

    def is_begun(self) -> bool:
        """Whether anything of a checklist is done."""
        return any(
            entry.mark is not None and not self._is_brought(entry)
            for place in self.passed
            if place.node.kind is NodeKind.CHECKLIST
            for entry in self.entries(place)
        )

    def _is_brought(self, entry: Entry) -> bool:
        return isinstance(entry.asked, FlowField) and field_key(entry.asked.name) in self.brought

    def _mark_of(self, field: FlowField) -> AISessionStep | None:
        """What stands for a field: a value from another flow only if it is one of this field, too."""
        key = field_key(field.name)
        mark = self.marks.get(key)
        is_strange = mark is not None and key in self.brought and not is_value(field, mark.content["value"])
        return None if is_strange else mark

    def open_before_leaving(self) -> list[Entry]:
        """What must be done before the session can follow another flow, or none: of a checklist that was begun."""
        return self.open_before_end() if self.is_begun() else []

    def progress(self) -> Progress | None:
        """How much is done of what the flow asks on this way; None if it asks nothing."""
        entries = self.entries(*self.passed, *self.ahead)
        if not entries:
            return None
        required = [entry for entry in entries if entry.asked.required]
        return Progress(_n_done(entries), len(entries), _n_done(required), len(required))


def run_of(where: Position, steps: Sequence[AISessionStep], inner: Trees = _NO_TREES) -> Run:
    """The run of a session that is there, by its steps.

    Args:
        where: the session is.
        steps: of the session.
        inner: the trees of the sub-flows that the steps have entered.
    """
    found, _, brought = replay(steps)
    found = _as_worded(found, steps)
    if where.node is None or where.deciding is None:
        return Run((), (), (), found, brought=brought)
    frames = where.frames[-1:] if where.deciding is where.frames[-1] else (where.frames[-1], where.deciding)
    stands = [_place(frame, frame.node_id) for frame in frames]
    behind = [_place(frame, frame.node_id) for frame in where.behind if frame.node is not None]
    behind += _begun(where, steps, inner, {key: step for key, step in found.items() if key not in brought})
    return Run(
        behind=tuple(_once(behind, besides=stands)),
        stands=tuple(stands),
        ahead=tuple(_place(frame, node_id) for frame, node_id in ahead(where)),
        marks=found,
        goes_on=bool(where.offered),
        brought=brought,
    )


def _as_worded(found: dict[Key, AISessionStep], steps: Sequence[AISessionStep]) -> dict[Key, AISessionStep]:
    """What stands, with the reasons of waivers as they read now."""
    if not any(is_waived(mark) for mark in found.values()):
        return found
    known = records(steps)
    return {key: worded(mark, known) or mark for key, mark in found.items()}


def _begun(
    where: Position, steps: Sequence[AISessionStep], inner: Trees, found: Mapping[Key, AISessionStep]
) -> Iterator[Place]:
    """The checklists of which something is done, even if the session went back from them."""
    trees: dict[str | None, Tree] = {None: where.frames[0].tree}
    for step in steps:
        if step.kind == StepKind.ENTER and "version_id" in step.content:
            trees[step.content["flow_id"]] = inner[uuid.UUID(step.content["version_id"])]
    for key, step in found.items():
        flow, node_id = step.content.get("flow"), step.content["node"]
        node = trees[flow].nodes.get(node_id) if flow in trees else None
        if node is not None and node.kind is NodeKind.CHECKLIST:
            place = Place(node_id, node, flow, tuple(step.content.get("through", ())))
            # A field can be corrected at a node that does not ask for it.
            if key in _keys(place):
                yield place


def _keys(place: Place) -> Iterator[Key]:
    yield from (item_key(place.through, place.node_id, item.id) for item in place.node.items)
    yield from (field_key(field.name) for field in place.node.fields)


def _once(places: Sequence[Place], besides: Sequence[Place]) -> Iterator[Place]:
    taken = {place.path for place in besides}
    for place in places:
        if place.path not in taken:
            taken.add(place.path)
            yield place


def _place(frame: Frame, node_id: str) -> Place:
    return Place(node_id, frame.tree.nodes[node_id], _flow(frame.flow_id), frame.through)


def _flow(flow_id: uuid.UUID | None) -> str | None:
    return None if flow_id is None else str(flow_id)


def _open(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.asked.required and entry.mark is None]


def _n_done(entries: Sequence[Entry]) -> int:
    return sum(entry.mark is not None for entry in entries)


def is_waived(mark: AISessionStep | None) -> bool:
    """Whether it was waived, and not done."""
    return mark is not None and mark.kind == StepKind.WAIVE
