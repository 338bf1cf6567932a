"""A flow as a diagram, pure: the positions of its boxes, labels and lines, in pixels.

Each step is a column, from left to right. Every flow begins in the top left corner.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from flowpilot.flows.tree import NodeKind, Tree
from flowpilot.web.flows.outline import Branch, Jump, Mark, Outline, OutlineNode, outline
from flowpilot.web.flows.traffic import TrafficWords

_WIDTH, _GAP, _MARGIN = 236, 44, 12
_TEXT_LINE, _LABEL_LINE = 17, 15
_TEXT_CHARACTERS, _LABEL_CHARACTERS = 27, 34
_HEAD, _FOOT, _JUMP_HEIGHT, _BETWEEN = 34, 10, 28, 14
# The distance from the top of a box to the line that meets it.
_PORT = 20
_MAX_LINES = 6


@dataclass(frozen=True, slots=True)
class Box:
    """A node. `lines` are the lines of its text; `traffic` is what is known of its sessions, if anything."""

    entry: OutlineNode
    x: int
    y: int
    width: int
    height: int
    lines: list[str]
    traffic: str

    @property
    def shape(self) -> str:
        """The shape of the box as an SVG path: each kind of node has its own."""
        w, h = self.width, self.height
        match self.entry.node.kind:
            case NodeKind.QUESTION:
                return f"M8 0H{w - 8}L{w} {h // 2}L{w - 8} {h}H8L0 {h // 2}Z"
            case NodeKind.INSTRUCTION:
                return f"M0 0H{w}V{h}H0Z"
            case NodeKind.CHECKLIST:
                return f"M0 0H{w}V{h}H0ZM6 0V{h}"
            case NodeKind.SUBFLOW:
                return f"M0 0H{w}V{h}H0ZM6 0V{h}M{w - 6} 0V{h}"
            case NodeKind.RESOLUTION:
                return (
                    f"M20 0H{w - 20}Q{w} 0 {w} 20V{h - 20}Q{w} {h} {w - 20} {h}H20Q0 {h} 0 {h - 20}V20Q0 0 20 0Z"
                )
            case NodeKind.ESCALATION:
                return f"M12 0H{w - 12}L{w} 12V{h - 12}L{w - 12} {h}H12L0 {h - 12}V12Z"


@dataclass(frozen=True, slots=True)
class JumpLabel:
    """A choice that leads to a node drawn elsewhere, or to a missing one."""

    branch: Branch
    x: int
    y: int
    width: int
    height: int
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """The texts of the choices that lead to what is drawn beneath."""

    x: int
    y: int
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Line:
    """A line from one box to the next, or to a jump label. `path` is SVG."""

    path: str
    is_jump: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """Everything to draw."""

    width: int
    height: int
    boxes: list[Box]
    jumps: list[JumpLabel]
    labels: list[Label]
    lines: list[Line]


def diagram(tree: Tree, traffic: TrafficWords | None = None, marks: Mapping[str, Mark] | None = None) -> Diagram:
    """The diagram of a tree, with the traffic of its sessions if that may be shown, and what a change does."""
    return _Drawing(outline(tree, marks), traffic).finished()


class _Drawing:
    """Draws one node after the other, each as high in its column as the others allow."""

    def __init__(self, read: Outline, traffic: TrafficWords | None) -> None:
        self.read = read
        self.traffic = traffic
        self.bottoms: dict[int, int] = {}
        self.done = Diagram(0, 0, [], [], [], [])

    def finished(self) -> Diagram:
        for entry in self.read.entries.values():
            if entry.depth == 0:
                bottom = max(self.bottoms.values(), default=_MARGIN)
                self.bottoms = {}
                self._draw(entry, bottom + 2 * _LABEL_LINE)
        done = self.done
        placed: list[Box | JumpLabel] = [*done.boxes, *done.jumps]
        width = max((one.x + one.width for one in placed), default=0) + _MARGIN
        height = max((one.y + one.height for one in placed), default=0) + _MARGIN
        return Diagram(width, height, done.boxes, done.jumps, done.labels, done.lines)

    def _draw(self, entry: OutlineNode, y: int) -> None:
        x, lines = _MARGIN + entry.depth * (_WIDTH + _GAP), _wrapped(entry.node.text)
        traffic = self.traffic.ended(entry.id, is_end=not entry.node.offered) if self.traffic else ""
        height = _HEAD + (len(lines) + bool(traffic)) * _TEXT_LINE + _FOOT
        self.done.boxes.append(Box(entry, x, y, _WIDTH, height, lines, traffic))
        self.bottoms[entry.depth] = y + height + _BETWEEN
        for branch in entry.branches:
            port = self._draw_branch(entry, branch, y)
            path = f"M{x + _WIDTH} {y + _PORT}h{_GAP // 2}V{port}H{x + _WIDTH + _GAP - 2}"
            self.done.lines.append(Line(path, is_jump=branch.jump is not Jump.DOWN))
            # The next node in this column begins below these lines, so that lines do not cross.
            self.bottoms[entry.depth] = max(self.bottoms[entry.depth], port)

    def _draw_branch(self, entry: OutlineNode, branch: Branch, beside: int) -> int:
        """Draw what the branch leads to, not above `beside`, and return the height at which its line arrives."""
        column, lines = entry.depth + 1, _label(branch)
        x = _MARGIN + column * (_WIDTH + _GAP)
        if self.traffic and (words := self.traffic.along(entry.id, branch.labels)):
            lines.append(words)
        height = len(lines) * _LABEL_LINE + 4
        y = max(beside - height, self.bottoms.get(column, 0))
        self.done.labels.append(Label(x, y, lines))
        if branch.jump is Jump.DOWN:
            self._draw(self.read.entries[branch.target], y + height)
            return y + height + _PORT
        self.done.jumps.append(JumpLabel(branch, x, y + height, _WIDTH, _JUMP_HEIGHT, _jump_text(branch)))
        self.bottoms[column] = y + height + _JUMP_HEIGHT + _BETWEEN
        return y + height + _JUMP_HEIGHT // 2


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _TEXT_CHARACTERS, max_lines=_MAX_LINES, placeholder=" …") or ["…"]


def _label(branch: Branch) -> list[str]:
    return textwrap.wrap(" / ".join(branch.labels), _LABEL_CHARACTERS, max_lines=3, placeholder=" …")


def _jump_text(branch: Branch) -> str:
    match branch.jump:
        case Jump.NOWHERE:
            text = "Leads nowhere"
        case Jump.BACK:
            text = f"Back to {branch.number}: {branch.text}"
        case _:
            text = f"Go to {branch.number}: {branch.text}"
    return textwrap.shorten(text, _LABEL_CHARACTERS - 2, placeholder=" …")
