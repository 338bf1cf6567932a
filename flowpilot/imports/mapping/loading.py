"""Read mappings: those that come with FlowPilot, and files of somebody's own."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from flowpilot.imports.mapping.sections import MappingError
from flowpilot.imports.mapping.whole import Answer
from flowpilot.imports.mapping.whole import Mapping as Whole

MAPPINGS = resources.files("flowpilot.imports") / "mappings"


def load_mapping(name_or_path: str) -> Whole:
    """The mapping in a .toml file, or the shipped one of that name.

    Raises:
        MappingError: there is no such mapping, or it is not valid.
    """
    if name_or_path.endswith(".toml"):
        return _read(Path(name_or_path), name_or_path)
    if name_or_path in (shipped := _shipped()):
        return shipped[name_or_path]
    raise MappingError(
        f"There is no mapping {name_or_path}: give the path of a .toml file, "
        f"or one of the names {', '.join(shipped)}."
    )


@cache
def _shipped() -> Mapping[str, Whole]:
    """The mappings that come with FlowPilot, by their names."""
    names = sorted(Path(file.name).stem for file in MAPPINGS.iterdir() if file.name.endswith(".toml"))
    return {name: _read(MAPPINGS / f"{name}.toml", name) for name in names}


def shipped_mappings() -> list[str]:
    """The names of the mappings that come with FlowPilot."""
    return list(_shipped())


def shipped_systems() -> list[str]:
    """The ticket systems that those mappings are of."""
    return sorted({mapping.system for mapping in _shipped().values() if mapping.system})


def mapping_of(draft: Mapping[str, Any]) -> Whole:
    """The mapping that the tables and keys of a TOML file make.

    Raises:
        MappingError: it is not valid.
    """
    try:
        return Whole.model_validate(draft)
    except ValidationError as error:
        raise MappingError(f"Correct the mapping: {_explain(error)}.") from error


def answering(mapping: Whole, equal_numbers: Answer, system: str | None = None) -> Whole:
    """The mapping with what a person has said of equal numbers, and of the system if they named one.

    Raises:
        MappingError: tickets of other systems need the name of theirs.
    """
    said = {"equal_numbers": equal_numbers} | ({"system": system} if system else {})
    return mapping_of(mapping.model_dump() | said)


def draft_of(mapping: Whole) -> dict[str, Any]:
    """A mapping as the tables and keys of its TOML, without what it does not say."""
    return mapping.model_dump(mode="json", exclude_defaults=True, exclude_none=True)


def _read(source: resources.abc.Traversable, name: str) -> Whole:
    try:
        return Whole.model_validate(tomllib.loads(source.read_text(encoding="utf-8")))
    except OSError as error:
        raise MappingError(f"The mapping {name} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise MappingError(f"Correct the mapping {name}: {_explain(error)}.") from error
    except ValueError as error:
        raise MappingError(f"The mapping {name} is not valid TOML: {error}.") from error


def _explain(error: ValidationError) -> str:
    """Which keys are wrong, and why."""
    problems = {"extra_forbidden": "is not a key of a mapping", "missing": "is missing"}
    return "; ".join(
        f"{'.'.join(filter(_is_key, map(str, item['loc'])))}: "
        + problems.get(item["type"], item["msg"].removeprefix("Value error, "))
        for item in error.errors()
    )


def _is_key(place: str) -> bool:
    """Whether a part of an error's place is a key, and not the name of one of several types."""
    return place.replace("_", "").isalnum() and place == place.lower()
