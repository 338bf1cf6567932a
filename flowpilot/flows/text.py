"""A flow as YAML that a person can write: `parse` reads it, `render` writes it back.

Every scalar is read as text: `Yes`, `no`, `1` and `null` stay words, whatever YAML 1.1 makes of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flowpilot.errors import InvalidError
from flowpilot.flows.tree import PLAIN, Choice, Node, NodeKind, ShortText, Tree, walk

MAX_CHARACTERS = 500_000

# The longest line before a text is folded, and the depth of a flow's YAML: flow, nodes, node, choices, label.
_WIDTH = 100
_MAX_DEPTH = 5

_STREAM = (yaml.StreamStartEvent, yaml.StreamEndEvent)
_FLOW_KEYS = ("name", "category", "type", "description", "keywords", "root", "nodes")
_KINDS = tuple(str(kind) for kind in NodeKind)
_NODE_KEYS = (*_KINDS, "help", "open", "choices", "outcomes")


class FlowTextError(InvalidError):
    """The YAML is not a flow; the detail names the line or the node."""


class FlowText(BaseModel):
    """A flow with its facts in the library. `keywords` are what users say on the phone; matching uses them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ShortText
    category: ShortText | None = None
    type: Literal["troubleshooting", "procedural"] = "troubleshooting"
    description: Annotated[str, Field(max_length=2000), PLAIN] = ""
    keywords: Annotated[tuple[ShortText, ...], Field(max_length=50)] = ()
    tree: Tree


def parse(text: str) -> FlowText:
    """The flow that the YAML describes. Only its form is checked here; `tree.problems` checks the rest.

    Raises:
        FlowTextError: it is not valid YAML, or does not describe a flow.
    """
    if len(text) > MAX_CHARACTERS:
        raise FlowTextError(
            f"The text has more than {MAX_CHARACTERS:,} characters; a flow needs far fewer. Shorten it."
        )
    top = _mapping(_read(text), "The flow", _FLOW_KEYS)
    for key in ("name", "root", "nodes"):
        if key not in top:
            raise FlowTextError(f'The flow has no "{key}": add a line "{key}: …".')
    nodes = _mapping(top["nodes"], '"nodes"')
    about = {
        key: _words(top[key], f'"{key}"') for key in ("name", "category", "type", "description") if key in top
    }
    if not about.get("category"):
        about.pop("category", None)
    tree = {
        "root": _words(top["root"], '"root"'),
        "nodes": {node_id: _node(node_id, item) for node_id, item in nodes.items()},
    }
    try:
        return FlowText.model_validate({**about, "keywords": _keywords(top.get("keywords")), "tree": tree})
    except ValidationError as error:
        raise FlowTextError(_sentence(error, top, nodes)) from None


def render(flow: FlowText) -> str:
    """The flow as YAML, its nodes in the order of `walk`.

    `parse` reads the same flow back, except for a draft with the same label twice in one node, which it refuses.
    """
    written: dict[str, Any] = {"name": flow.name, "category": flow.category, "type": flow.type}
    written |= {"description": flow.description, "keywords": flow.keywords, "root": flow.tree.root}
    written = {key: value for key, value in written.items() if value or key == "root"}
    written["nodes"] = {node_id: _written_node(flow.tree.nodes[node_id]) for node_id in walk(flow.tree)}
    result: str = yaml.dump(written, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return result


@dataclass(frozen=True, slots=True)
class _Item:
    """A part of the YAML document, and the line where it begins."""

    value: "str | list[_Item] | dict[str, _Item]"
    line: int


def _read(text: str) -> _Item:
    """The single document of a YAML text. Reading events, not objects, keeps the words and the line numbers."""
    try:
        events = yaml.parse(text, Loader=yaml.CSafeLoader)
        body: list[Any] = [event for event in events if not isinstance(event, _STREAM)]
    except yaml.MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 1
        hint = (
            "Check the indentation, and put quotes around texts with a colon or a special character at the start."
        )
        raise FlowTextError(f"Line {line} is not valid YAML: {error.problem}. {hint}") from None
    except (yaml.YAMLError, UnicodeEncodeError):
        raise FlowTextError("The text contains characters that YAML does not allow. Remove them.") from None
    starts: list[Any] = [event for event in body if isinstance(event, yaml.DocumentStartEvent)]
    if not starts:
        raise FlowTextError('The text is empty. A flow needs at least "name", "root" and "nodes".')
    if len(starts) > 1:
        line = starts[1].start_mark.line + 1
        raise FlowTextError(f"Line {line} begins a second flow; import each flow separately.")
    rest = iter(body[1:])
    return _item(next(rest), rest, 1)


def _item(event: Any, rest: Iterator[Any], depth: int) -> _Item:
    line = event.start_mark.line + 1
    if event.anchor is not None:
        raise FlowTextError(f"Line {line} uses & or *, which flows do not support; put quotes around the text.")
    if event.tag is not None:
        raise FlowTextError(
            f"Line {line} uses the tag {event.tag}; put quotes around any text that begins with !."
        )
    if depth > _MAX_DEPTH:
        raise FlowTextError(f"Line {line} is nested too deeply; check the brackets and the indentation.")
    if isinstance(event, yaml.ScalarEvent):
        return _Item(event.value, line)
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(event := next(rest), yaml.SequenceEndEvent):
            items.append(_item(event, rest, depth + 1))
        return _Item(items, line)
    entries: dict[str, _Item] = {}
    while not isinstance(event := next(rest), yaml.MappingEndEvent):
        key = _item(event, rest, depth + 1)
        if not isinstance(key.value, str):
            raise FlowTextError(f"Line {key.line} has a list or a mapping before the colon; write one word there.")
        if key.value in entries:
            before = entries[key.value].line
            raise FlowTextError(f'Line {key.line} has "{key.value}" again, after line {before}; keep one of them.')
        entries[key.value] = _Item(_item(next(rest), rest, depth + 1).value, key.line)
    return _Item(entries, line)


def _mapping(item: _Item, what: str, allowed: tuple[str, ...] = ()) -> dict[str, _Item]:
    if not isinstance(item.value, dict):
        raise FlowTextError(
            f'Line {item.line}: {what} must be written as lines of "key: value" with the same indentation.'
        )
    for key, value in item.value.items():
        if allowed and key not in allowed:
            raise FlowTextError(f'Line {value.line}: {what} has no "{key}"; use {", ".join(allowed)}.')
    return item.value


def _words(item: _Item, what: str) -> str:
    if not isinstance(item.value, str):
        raise FlowTextError(
            f"Line {item.line}: {what} must be a single text; put quotes around it if it contains a colon."
        )
    return item.value


def _keywords(item: _Item | None) -> list[str]:
    if item is None or item.value == "":
        return []
    if not isinstance(item.value, list):
        raise FlowTextError(f"Line {item.line}: keywords must be a list, like [first, second].")
    return [_words(keyword, "a keyword") for keyword in item.value]


def _node(node_id: str, item: _Item) -> dict[str, Any]:
    what = f'node "{node_id}"'
    entries = _mapping(item, what, _NODE_KEYS)
    kinds = [key for key in entries if key in _KINDS]
    if len(kinds) != 1:
        found = f"has the kinds {' and '.join(kinds)}" if kinds else "has no kind"
        raise FlowTextError(f"Line {item.line}: {what} {found}; give it exactly one of {', '.join(_KINDS)}.")
    node: dict[str, Any] = {"kind": kinds[0], "text": _words(entries[kinds[0]], f"the {kinds[0]} of {what}")}
    if "help" in entries:
        node["help"] = _words(entries["help"], f"the help of {what}")
    if "open" in entries:
        node["open"] = _words(entries["open"], f'"open" of {what}')
    for key in ("choices", "outcomes"):
        if key in entries:
            offered = _mapping(entries[key], f"the {key} of {what}")
            node[key] = [{"label": label, "next": _words(to, f'"{label}"')} for label, to in offered.items()]
    return node


def _sentence(error: ValidationError, top: dict[str, _Item], nodes: dict[str, _Item]) -> str:
    """The first error as a sentence, with its line."""
    first = error.errors(include_url=False)[0]
    key, *path = [part for part in first["loc"] if part not in {"tree", "text", "[key]"}]
    line = top[str(key)].line if str(key) in top else 1
    where = f'"{key}"'
    if key == "nodes" and path:
        node_id = str(path[0])
        line, where = nodes[node_id].line, f'node "{node_id}"'
        where += "".join(f", {part}" if isinstance(part, str) else f" {part + 1}" for part in path[1:])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "string_pattern_mismatch":
        message = (
            "a node's name has up to 64 lower-case letters, digits, - and _, and begins with a letter or digit"
        )
    return f"Line {line}, {where}: {message}."


class _Offered(list[tuple[str, str]]):
    """Labels and their targets, written as a mapping. It is a list, so that duplicate labels are not lost."""


def _written_node(node: Node) -> dict[str, Any]:
    written: dict[str, Any] = {str(node.kind): node.text}
    if node.help:
        written["help"] = node.help
    if node.open:
        written["open"] = "true"
    if node.choices:
        written["choices"] = _offered(node.choices)
    if node.outcomes:
        written["outcomes"] = _offered(node.outcomes)
    return written


def _offered(choices: tuple[Choice, ...]) -> _Offered:
    return _Offered((choice.label, choice.next) for choice in choices)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, long ones folded, and keywords on one line."""


def _text_node(dumper: Any, value: str) -> Any:
    style = "|" if "\n" in value else ">" if len(value) > _WIDTH else None
    # A block ends with a line break, which `parse` removes.
    return dumper.represent_scalar("tag:yaml.org,2002:str", f"{value}\n" if style else value, style=style)


_Dumper.add_representer(str, _text_node)
_Dumper.add_representer(
    tuple, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)
)
_Dumper.add_representer(_Offered, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value))
