"""Write a mapping as TOML, as people write it: a table for each section, and inline tables within."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def as_toml(draft: Mapping[str, Any]) -> str:
    """The tables and keys of a mapping, as the text of a TOML file."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{key} = {_value(value)}" for key, value in draft.items() if not isinstance(value, Mapping))
    for name, section in draft.items():
        if isinstance(section, Mapping):
            yield ""
            yield f"[{name}]"
            yield from (f"{key} = {_value(value)}" for key, value in section.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        if any(isinstance(one, Mapping) for one in value):
            return "[\n" + "".join(f"    {_value(one)},\n" for one in value) + "]"
        return f"[{', '.join(map(_value, value))}]"
    # A string of JSON is one of TOML, except for one character that TOML has escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    is_bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if is_bare else _value(name)
