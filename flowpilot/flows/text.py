"""A flow as YAML that a person can write: `parse` reads it, `render` writes it back."""

from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flowpilot.flows.checklist import Item, Section
from flowpilot.flows.fields import FieldKind, FlowField
from flowpilot.flows.files.names import as_written
from flowpilot.flows.lines import FlowTextError, Part, mapping, read, words
from flowpilot.flows.plain import PLAIN, ShortText
from flowpilot.flows.tree import Choice, Node, NodeKind, Tree, walk
from flowpilot.validation import said_plainly

MAX_CHARACTERS = 500_000

# The longest line before a text is folded.
_WIDTH = 100

_FLOW_KEYS = ("name", "category", "type", "description", "keywords", "root", "nodes")
_KINDS = tuple(str(kind) for kind in NodeKind)
_NODE_KEYS = (*_KINDS, "flow", "help", "open", "files", "fields", "sections", "choices", "outcomes")
_FIELD_KEYS = ("label", "kind", "required", "choices", "help")
_NAME_RULES = {
    "": "a node's name has up to 64 lower-case letters, digits, - and _, and begins with a letter or digit",
    "sections": "an item's id has up to 64 lower-case letters, digits, - and _, and begins with a letter or digit",
    "fields": "a field's name has up to 40 lower-case letters, digits and _, and begins with a letter",
}
_ITEM_KEYS = ("text", "required", "help")


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
    top = mapping(read(text), "The flow", _FLOW_KEYS)
    for key in ("name", "root", "nodes"):
        if key not in top:
            raise FlowTextError(f'The flow has no "{key}": add a line "{key}: …".')
    nodes = mapping(top["nodes"], '"nodes"')
    about = {key: words(top[key], f'"{key}"') for key in ("name", "category", "type", "description") if key in top}
    if not about.get("category"):
        about.pop("category", None)
    tree = {
        "root": words(top["root"], '"root"'),
        "nodes": {node_id: _node(node_id, item) for node_id, item in nodes.items()},
    }
    try:
        return FlowText.model_validate({**about, "keywords": _keywords(top.get("keywords")), "tree": tree})
    except ValidationError as error:
        raise FlowTextError(_sentence(error, top, nodes)) from None


def render(flow: FlowText) -> str:
    """The flow as YAML, its nodes in the order of `walk`.

    `parse` reads the same flow back, except for a draft that names two labels, fields, sections or
    items of one node the same. It refuses those. Of files, a text has the names.
    """
    tree = as_written(flow.tree)
    written: dict[str, Any] = {"name": flow.name, "category": flow.category, "type": flow.type}
    written |= {"description": flow.description, "keywords": flow.keywords, "root": flow.tree.root}
    written = {key: value for key, value in written.items() if value or key == "root"}
    written["nodes"] = {node_id: _written_node(tree.nodes[node_id]) for node_id in walk(tree)}
    result: str = yaml.dump(written, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return result


def _keywords(item: Part | None) -> list[str]:
    if item is None or item.value == "":
        return []
    return _list(item, "keywords")


def _list(part: Part, what: str) -> list[str]:
    if not isinstance(part.value, list):
        raise FlowTextError(f"Line {part.line}: {what} must be a list, like [first, second].")
    return [words(one, f"one of {what}") for one in part.value]


def _field(name: str, part: Part) -> dict[str, Any]:
    """A field: its label alone, or what is known about it."""
    what = f'field "{name}"'
    if isinstance(part.value, str):
        return {"name": name, "label": part.value}
    entries = dict(mapping(part, what, _FIELD_KEYS))
    choices = entries.pop("choices", None)
    offered = {} if choices is None else {"choices": _list(choices, f"the choices of {what}")}
    return {"name": name, **_said(entries, what), **offered}


def _section(title: str, part: Part) -> dict[str, Any]:
    items = mapping(part, f'section "{title}"')
    return {"title": title, "items": [_item(item_id, item) for item_id, item in items.items()]}


def _item(item_id: str, part: Part) -> dict[str, Any]:
    """An item: its text alone, or what is known about it."""
    if isinstance(part.value, str):
        return {"id": item_id, "text": part.value}
    what = f'item "{item_id}"'
    return {"id": item_id, **_said(mapping(part, what, _ITEM_KEYS), what)}


def _said(entries: dict[str, Part], what: str) -> dict[str, str]:
    return {key: words(part, f'"{key}" of {what}') for key, part in entries.items()}


def _node(node_id: str, item: Part) -> dict[str, Any]:
    what = f'node "{node_id}"'
    entries = mapping(item, what, _NODE_KEYS)
    kinds = [key for key in entries if key in _KINDS]
    if len(kinds) != 1:
        found = f"has the kinds {' and '.join(kinds)}" if kinds else "has no kind"
        raise FlowTextError(f"Line {item.line}: {what} {found}; give it exactly one of {', '.join(_KINDS)}.")
    node: dict[str, Any] = {"kind": kinds[0], "text": words(entries[kinds[0]], f"the {kinds[0]} of {what}")}
    if "flow" in entries:
        node["flow"] = words(entries["flow"], f"the flow of {what}")
    if "help" in entries:
        node["help"] = words(entries["help"], f"the help of {what}")
    if "open" in entries:
        node["open"] = words(entries["open"], f'"open" of {what}')
    if "files" in entries:
        node["files"] = [{"name": name} for name in _list(entries["files"], f"the files of {what}")]
    for key, read_one in (("fields", _field), ("sections", _section)):
        if key in entries:
            parts = mapping(entries[key], f"the {key} of {what}")
            node[key] = [read_one(name, part) for name, part in parts.items()]
    for key in ("choices", "outcomes"):
        if key in entries:
            offered = mapping(entries[key], f"the {key} of {what}")
            node[key] = [{"label": label, "next": words(to, f'"{label}"')} for label, to in offered.items()]
    return node


def _sentence(error: ValidationError, top: dict[str, Part], nodes: dict[str, Part]) -> str:
    """The first error as a sentence, with its line."""
    first = error.errors(include_url=False)[0]
    key, *path = [part for part in first["loc"] if part not in {"tree", "text", "[key]"}]
    line = top[str(key)].line if str(key) in top else 1
    where = f'"{key}"'
    if key == "nodes" and path:
        node_id = str(path[0])
        line, where = nodes[node_id].line, f'node "{node_id}"'
        where += "".join(f", {part}" if isinstance(part, str) else f" {part + 1}" for part in path[1:])
    message = said_plainly(first)
    if first["type"] == "string_pattern_mismatch":
        message = _NAME_RULES.get(str(path[1]) if path[1:] else "", _NAME_RULES[""])
    return f"Line {line}, {where}: {message}."


class _Pairs(list[tuple[str, Any]]):
    """Labels and their targets, written as a mapping. It is a list, so that duplicate labels are not lost."""


def _written_node(node: Node) -> dict[str, Any]:
    written: dict[str, Any] = {str(node.kind): node.text}
    if node.flow:
        written["flow"] = node.flow
    if node.help:
        written["help"] = node.help
    if node.open:
        written["open"] = "true"
    if node.files:
        written["files"] = tuple(file.name for file in node.files)
    if node.fields:
        written["fields"] = _Pairs((field.name, _written_field(field)) for field in node.fields)
    if node.sections:
        written["sections"] = _Pairs((section.title, _written_section(section)) for section in node.sections)
    if node.choices:
        written["choices"] = _offered(node.choices)
    if node.outcomes:
        written["outcomes"] = _offered(node.outcomes)
    return written


def _written_field(field: FlowField) -> str | dict[str, Any]:
    kind = None if field.kind is FieldKind.TEXT else str(field.kind)
    return _written(label=field.label, kind=kind, choices=field.choices, required=field.required, help=field.help)


def _written_section(section: Section) -> _Pairs:
    return _Pairs((item.id, _written_item(item)) for item in section.items)


def _written_item(item: Item) -> str | dict[str, Any]:
    return _written(text=item.text, required=item.required, help=item.help)


def _written(**said: Any) -> str | dict[str, Any]:
    """What is said of a field or an item; its text alone if there is no more."""
    written = {key: "true" if value is True else value for key, value in said.items() if value}
    first: str = next(iter(written.values()))
    return first if len(written) == 1 else written


def _offered(choices: tuple[Choice, ...]) -> _Pairs:
    return _Pairs((choice.label, choice.next) for choice in choices)


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
_Dumper.add_representer(_Pairs, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value))
