"""YAML with the line of each of its parts, so that a message can say where something is wrong.

Every scalar is read as text: `Yes`, `no`, `1` and `null` stay words, whatever YAML 1.1 makes of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from flowpilot.errors import InvalidError

# The depth of a flow's YAML: flow, nodes, node, sections, section, item, its text.
_MAX_DEPTH = 7

_STREAM = (yaml.StreamStartEvent, yaml.StreamEndEvent)


class FlowTextError(InvalidError):
    """The YAML is not a flow; the detail names the line or the node."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the YAML document, and the line where it begins."""

    value: "str | list[Part] | dict[str, Part]"
    line: int


def read(text: str) -> Part:
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


def _item(event: Any, rest: Iterator[Any], depth: int) -> Part:
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
        return Part(event.value, line)
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(event := next(rest), yaml.SequenceEndEvent):
            items.append(_item(event, rest, depth + 1))
        return Part(items, line)
    entries: dict[str, Part] = {}
    while not isinstance(event := next(rest), yaml.MappingEndEvent):
        key = _item(event, rest, depth + 1)
        if not isinstance(key.value, str):
            raise FlowTextError(f"Line {key.line} has a list or a mapping before the colon; write one word there.")
        if key.value in entries:
            before = entries[key.value].line
            raise FlowTextError(f'Line {key.line} has "{key.value}" again, after line {before}; keep one of them.')
        entries[key.value] = Part(_item(next(rest), rest, depth + 1).value, key.line)
    return Part(entries, line)


def mapping(item: Part, what: str, allowed: tuple[str, ...] = ()) -> dict[str, Part]:
    if not isinstance(item.value, dict):
        raise FlowTextError(
            f'Line {item.line}: {what} must be written as lines of "key: value" with the same indentation.'
        )
    for key, value in item.value.items():
        if allowed and key not in allowed:
            raise FlowTextError(f'Line {value.line}: {what} has no "{key}"; use {", ".join(allowed)}.')
    return item.value


def words(item: Part, what: str) -> str:
    if not isinstance(item.value, str):
        raise FlowTextError(
            f"Line {item.line}: {what} must be a single text; put quotes around it if it contains a colon."
        )
    return item.value
