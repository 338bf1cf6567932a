"""What the product has written itself, by its form: an id, a moment, a day, a page, a member of an enum. Pure.

It is known by what it is and not by a list of names, so that nothing that is stored later is forgotten.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache

_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_DAY = r"\d{4}-\d\d-\d\d"
_MOMENT = rf"{_DAY}[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"
_PAGE = rf"(/[a-z0-9_-]+)*/{_ID}(/[a-z0-9_-]+)*(#[a-z]+-{_ID})?"
_ZONE = r"[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+){1,2}"
_STRUCTURAL = re.compile("|".join(f"(?:{form})" for form in (_ID, _DAY, _MOMENT, _PAGE, _ZONE)))


def is_structural(value: str) -> bool:
    """Whether all of the value is something that the product reads, where no person writes."""
    return _STRUCTURAL.fullmatch(value) is not None or value in _members()


@cache
def _members() -> frozenset[str]:
    """The members of the product's enums."""
    return frozenset(str(member) for kind in _below(StrEnum) for member in kind)


def _below(kind: type[StrEnum]) -> Iterator[type[StrEnum]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)
