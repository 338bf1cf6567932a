"""ConnectWise's conditions, for the local server: what it does not know it refuses, as the real one does."""

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"[^"\\]*"|'[^'\\]*')|(?P<moment>\[[^\]]+\])|(?P<number>-?\d+(\.\d+)?)"""
    r"""|(?P<sign>!=|<=|>=|[=<>(),])|(?P<word>[A-Za-z_][\w/]*))"""
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda held, given: bool(held == given),
    "!=": lambda held, given: bool(held != given),
    "<": lambda held, given: held is not None and held < given,
    "<=": lambda held, given: held is not None and held <= given,
    ">": lambda held, given: held is not None and held > given,
    ">=": lambda held, given: held is not None and held >= given,
    "contains": lambda held, given: given in (held or ""),
    "like": lambda held, given: bool(re.fullmatch(re.escape(given).replace("%", ".*"), held or "")),
}
_CONSTANTS = {"true": True, "false": False, "null": None}

Record = dict[str, Any]
Condition = Callable[[Record], bool]


class ConditionError(Exception):
    """The conditions are not in the grammar, or name a field that does not exist."""


def parse(text: str, fields: Collection[str]) -> Condition:
    """A test of records, for conditions on these fields; all records pass if there are no conditions."""
    if not text.strip():
        return lambda _record: True
    parser = _Parser(_tokens(text), fields)
    condition = parser.either()
    if parser.tokens:
        raise ConditionError(f"Unexpected {parser.tokens[0][1]!r}.")
    return condition


def value_of(record: Record, path: str) -> Any:
    """The field of a record, or of another record that it refers to."""
    if path == "lastUpdated" and path not in record:
        path = f"_info/{path}"
    value: Any = record
    for name in path.split("/"):
        value = (value or {}).get(name)
    return value


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ConditionError(f"Cannot read {text[position:]!r}.")
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


class _Parser:
    """Reads conditions from left to right; `and` binds closer than `or`."""

    def __init__(self, tokens: list[tuple[str, str]], fields: Collection[str]) -> None:
        self.tokens = tokens
        self.fields = fields

    def either(self) -> Condition:
        found = [self._both()]
        while self._takes("or"):
            found.append(self._both())
        return lambda record: any(one(record) for one in found)

    def _both(self) -> Condition:
        found = [self._one()]
        while self._takes("and"):
            found.append(self._one())
        return lambda record: all(one(record) for one in found)

    def _one(self) -> Condition:
        if self._takes("not"):
            inner = self._one()
            return lambda record: not inner(record)
        if self._takes("("):
            inner = self.either()
            self._must_take(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        kind, field = self._next()
        if kind != "word" or field not in self.fields:
            raise ConditionError(f"{field!r} is not a field.")
        is_negated = self._takes("not")
        _, sign = self._next()
        if sign.lower() == "in":
            values = self._list()
            return lambda record: (_plain(value_of(record, field)) in values) is not is_negated
        compare = _COMPARISONS.get(sign.lower())
        if compare is None:
            raise ConditionError(f"{sign!r} is not an operator.")
        given = self._value()
        return lambda record: compare(_like(value_of(record, field), given), given) is not is_negated

    def _list(self) -> list[Any]:
        self._must_take("(")
        values = [self._value()]
        while self._takes(","):
            values.append(self._value())
        self._must_take(")")
        return values

    def _value(self) -> Any:
        kind, text = self._next()
        if kind == "string":
            return text[1:-1].casefold()
        if kind == "moment":
            return _moment(text[1:-1])
        if kind == "number":
            return float(text)
        if text.lower() in _CONSTANTS:
            return _CONSTANTS[text.lower()]
        raise ConditionError(f"{text!r} is not a value.")

    def _next(self) -> tuple[str, str]:
        if not self.tokens:
            raise ConditionError("Something is missing at the end.")
        return self.tokens.pop(0)

    def _takes(self, text: str) -> bool:
        takes = bool(self.tokens) and self.tokens[0][0] != "string" and self.tokens[0][1].lower() == text
        if takes:
            self.tokens.pop(0)
        return takes

    def _must_take(self, text: str) -> None:
        if not self._takes(text):
            raise ConditionError(f"{text!r} is missing.")


def _plain(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _like(value: Any, given: Any) -> Any:
    """The value of a record in the form of the one that it is compared with."""
    return _moment(value) if isinstance(given, datetime) and value else _plain(value)


def _moment(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ConditionError(f"{text!r} is not a date.") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
