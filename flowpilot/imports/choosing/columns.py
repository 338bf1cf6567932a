"""Change what a column is in a draft of a mapping."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowpilot.imports.choosing.roles import STATUS, Role, columns_at, role_of, roles_for, shape_of
from flowpilot.imports.choosing.values import give_meaning, likely_meanings
from flowpilot.imports.guess.columns import FileSample
from flowpilot.imports.guess.mapping import Draft


@dataclass(frozen=True, slots=True)
class Clash:
    """Two columns that would be something that only one can be, and a sentence that says so."""

    columns: tuple[str, str]
    sentence: str


def choose_columns(draft: Draft, sample: FileSample, chosen: Mapping[str, str]) -> list[Clash]:
    """Give columns other roles, by their names; a column with none is not read.

    Of two columns that would be something that only one can be, the second is left out.
    """
    roles = {role.name: role for role in roles_for(shape_of(draft))}
    before = {column: role_of(draft, column) for column in chosen}
    changed = {column: roles.get(name) for column, name in chosen.items() if before[column] != roles.get(name)}
    for column in changed:
        _drop(draft, column)
    clashes = []
    for column, role in changed.items():
        if role is STATUS:
            for value, meaning in likely_meanings(sample, column).items():
                give_meaning(draft, column, value, meaning)
        elif role is not None and (clash := _put(draft, role, column)) is not None:
            clashes.append(clash)
    if not draft["session"].get("engineer") and any(role and role.name == "by" for role in changed.values()):
        draft["session"]["engineer"] = [draft["row"]["by"]]
    return clashes


def _is_who_writes(draft: Draft) -> bool:
    """Whether the engineer is who wrote last, because no column says whose a ticket is."""
    by = draft.get("row", {}).get("by")
    return by is not None and draft["session"].get("engineer") == [by]


def _drop(draft: Draft, column: str) -> None:
    for role in roles_for(shape_of(draft)):
        if column in columns_at(draft, role.path):
            _remove(draft, role.path, column)
    session = draft["session"]
    session["status"] = [rule for rule in session["status"] if rule.get("column") != column]
    handoff = draft.get("handoff", {})
    for key in ("start", "claim"):
        if isinstance(handoff.get(key), dict) and column in handoff[key].values():
            del handoff[key]
    if isinstance(session.get("resolved_at"), dict) and session["resolved_at"].get("column") == column:
        del session["resolved_at"]


def _remove(draft: Draft, path: tuple[str, ...], column: str) -> None:
    inner: Any = draft
    for key in path[:-1]:
        inner = inner[key]
    found = inner[path[-1]]
    left = [name for name in found if name != column] if isinstance(found, list) else []
    if left:
        inner[path[-1]] = left
    else:
        del inner[path[-1]]


def _put(draft: Draft, role: Role, column: str) -> Clash | None:
    if role.path[:2] == ("handoff", "start"):
        return _start_where(draft, role, column)
    if role.path[:2] == ("handoff", "claim"):
        return _claim_by(draft, column)
    inner = draft
    for key in role.path[:-1]:
        inner = inner.setdefault(key, {})
    last = role.path[-1]
    if role.is_list:
        others = [] if role.name == "engineer" and _is_who_writes(draft) else inner.get(last, [])
        inner[last] = [*others, column]
        return None
    other = inner.get(last)
    if isinstance(other, str):
        words = f"Two columns are “{role.words}”: {other} and {column}. Choose one of them."
        return Clash((other, column), words)
    inner[last] = column
    if role.name == "resolved_at":
        rules = draft["session"]["status"]
        rules.insert(len(rules) - 1, {"status": "resolved", "column": column})
    return None


def _start_where(draft: Draft, role: Role, column: str) -> Clash | None:
    """Handoffs start where this column changes, or its number rises."""
    handoff = draft.setdefault("handoff", {})
    others = [one for one in (handoff.get("start") or {}).values() if isinstance(one, str)]
    if others:
        words = f"Both {others[0]} and {column} say where a handoff starts. Choose one of them."
        return Clash((others[0], column), words)
    handoff["start"] = {role.path[-1]: column}
    return None


def _claim_by(draft: Draft, column: str) -> Clash | None:
    """Whom this column names, if it is another person, takes over."""
    handoff = draft.setdefault("handoff", {})
    rule = handoff.get("claim")
    other = (rule.get("assignee") or rule.get("column")) if isinstance(rule, dict) else None
    if other:
        return Clash((other, column), f"Both {other} and {column} say who takes a ticket on. Choose one of them.")
    handoff["claim"] = {"assignee": column}
    return None


def prune(draft: Draft) -> None:
    """Leave out what a draft says about something that it no longer has."""
    handoff = draft.get("handoff", {})
    if handoff.get("claim") == {}:
        del handoff["claim"]
    names_assignee = isinstance(handoff.get("claim"), dict) and "assignee" in handoff["claim"]
    if "handoff" in draft and not handoff.get("start") and not names_assignee:
        del draft["handoff"]
    for name, done in list(draft.get("ticket", {}).items()):
        if done == {}:
            del draft["ticket"][name]
    if "row" in draft:
        draft["session"].setdefault("created_at", {"row": "first"})
