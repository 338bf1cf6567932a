"""A flow as a drawing, pure: where its boxes, labels and lines are, in pixels.

Each step is a column, read from left to right. A node stands level with the first of what follows it, so that the
flow begins in the top left corner however large it is.
"""

import textwrap
from dataclasses import dataclass

from flowpilot.flows.tree import NodeKind, Tree
from flowpilot.web.flow_outline import Branch, Outline, Stop, Way, outline

_WIDTH, _GAP, _MARGIN = 236, 44, 12
_TEXT_LINE, _LABEL_LINE = 17, 15
_TEXT_CHARACTERS, _LABEL_CHARACTERS = 32, 36
_HEAD, _FOOT, _PILL, _BETWEEN = 34, 10, 28, 14
# Where lines meet a box, from its top.
_PORT = 20
_MAX_LINES = 6


@dataclass(frozen=True, slots=True)
class Box:
    """A node. `lines` are its text."""

    stop: Stop
    x: int
    y: int
    width: int
    height: int
    lines: list[str]

    @property
    def shape(self) -> str:
        """The outline of the box as an SVG path: each kind has its own."""
        w, h = self.width, self.height
        match self.stop.node.kind:
            case NodeKind.QUESTION:
                return f"M8 0H{w - 8}L{w} {h // 2}L{w - 8} {h}H8L0 {h // 2}Z"
            case NodeKind.INSTRUCTION:
                return f"M0 0H{w}V{h}H0Z"
            case NodeKind.RESOLUTION:
                return (
                    f"M20 0H{w - 20}Q{w} 0 {w} 20V{h - 20}Q{w} {h} {w - 20} {h}H20Q0 {h} 0 {h - 20}V20Q0 0 20 0Z"
                )
            case NodeKind.ESCALATION:
                return f"M12 0H{w - 12}L{w} 12V{h - 12}L{w - 12} {h}H12L0 {h - 12}V12Z"


@dataclass(frozen=True, slots=True)
class Pill:
    """Where a choice leads to a node that is drawn elsewhere, or to none."""

    branch: Branch
    x: int
    y: int
    width: int
    height: int
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """The words of the choices that lead to what is drawn beneath."""

    x: int
    y: int
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Line:
    """A way from one box to the next, or to a pill. `path` is SVG."""

    path: str
    is_jump: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """All there is to draw."""

    width: int
    height: int
    boxes: list[Box]
    pills: list[Pill]
    labels: list[Label]
    lines: list[Line]


def diagram(tree: Tree) -> Diagram:
    """The drawing of a tree."""
    return _Drawing(outline(tree)).finished()


class _Drawing:
    def __init__(self, read: Outline) -> None:
        self.read = read
        self.texts = {node_id: _wrapped(stop.node.text) for node_id, stop in read.stops.items()}
        # How high a stop is with all that follows it. What follows comes later in reading order.
        self.heights: dict[str, int] = {}
        for node_id, stop in reversed(list(read.stops.items())):
            below = sum(self._slot(branch) + _BETWEEN for branch in stop.branches) - _BETWEEN
            self.heights[node_id] = max(self._box_height(node_id), below)
        self.done = Diagram(0, 0, [], [], [], [])

    def finished(self) -> Diagram:
        tops: dict[str, int] = {}
        bottom = _MARGIN
        for node_id, stop in self.read.stops.items():
            if stop.depth == 0:
                tops[node_id] = bottom
                bottom += self.heights[node_id] + 2 * _BETWEEN
            self._draw(stop, tops)
        deepest = max((stop.depth for stop in self.read.stops.values()), default=0)
        # One more column, where a deepest box leads to pills.
        columns = deepest + 1 + any(p.x > deepest * (_WIDTH + _GAP) + _WIDTH for p in self.done.pills)
        done = self.done
        width = 2 * _MARGIN + columns * (_WIDTH + _GAP) - _GAP
        return Diagram(width, bottom, done.boxes, done.pills, done.labels, done.lines)

    def _draw(self, stop: Stop, tops: dict[str, int]) -> None:
        """The box of a stop and what leads from it; where its followers begin is noted in `tops`."""
        x, y = _MARGIN + stop.depth * (_WIDTH + _GAP), tops[stop.id]
        self.done.boxes.append(Box(stop, x, y, _WIDTH, self._box_height(stop.id), self.texts[stop.id]))
        start_x, start_y = x + _WIDTH, y + _PORT
        next_x, slot_y = x + _WIDTH + _GAP, y
        for branch in stop.branches:
            lines = _label(branch)
            self.done.labels.append(Label(next_x, slot_y, lines))
            top = slot_y + len(lines) * _LABEL_LINE + 4
            is_jump = branch.way is not Way.DOWN
            if is_jump:
                self.done.pills.append(Pill(branch, next_x, top, _WIDTH, _PILL, _pill_text(branch)))
            else:
                tops[branch.target] = top
            port = top + (_PILL // 2 if is_jump else _PORT)
            path = f"M{start_x} {start_y}h{_GAP // 2}V{port}H{next_x - 2}"
            self.done.lines.append(Line(path, is_jump))
            slot_y += self._slot(branch) + _BETWEEN

    def _slot(self, branch: Branch) -> int:
        beneath = self.heights[branch.target] if branch.way is Way.DOWN else _PILL
        return len(_label(branch)) * _LABEL_LINE + 4 + beneath

    def _box_height(self, node_id: str) -> int:
        return _HEAD + len(self.texts[node_id]) * _TEXT_LINE + _FOOT


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _TEXT_CHARACTERS, max_lines=_MAX_LINES, placeholder=" …") or ["…"]


def _label(branch: Branch) -> list[str]:
    return textwrap.wrap(" / ".join(branch.labels), _LABEL_CHARACTERS, max_lines=3, placeholder=" …")


def _pill_text(branch: Branch) -> str:
    match branch.way:
        case Way.NOWHERE:
            text = f"Leads nowhere: {branch.target or 'not chosen'}"
        case Way.BACK:
            text = f"Back to {branch.number}: {branch.text}"
        case _:
            text = f"Go to {branch.number}: {branch.text}"
    return textwrap.shorten(text, _TEXT_CHARACTERS - 1, placeholder=" …")
