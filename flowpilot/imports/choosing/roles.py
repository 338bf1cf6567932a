"""What a column of a file can be, in plain words, and which keys of a mapping say so."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from flowpilot.imports.guess.mapping import Draft

Shape = Literal["events", "attributes", "ticket"]

# In plain words, in the order in which a person is asked.
SHAPES: dict[Shape, str] = {
    "ticket": "One row for each ticket",
    "events": "A row for each thing that happened; each says only what is new",
    "attributes": "A row for each change; each repeats everything about the ticket",
}


@dataclass(frozen=True, slots=True)
class Role:
    """Something that a column can be. `path` are the keys that name it; `is_list`: several columns can be this."""

    name: str
    words: str
    path: tuple[str, ...]
    is_time: bool = False
    is_list: bool = False


_ALWAYS = (
    Role("id", "The ticket's number", ("case", "id")),
    Role("created_at", "When it was opened", ("session", "created_at"), is_time=True),
    Role("resolved_at", "When it was resolved", ("session", "resolved_at"), is_time=True),
    Role("summary", "Its subject", ("session", "summary"), is_list=True),
    Role("engineer", "Its engineer", ("session", "engineer"), is_list=True),
    Role("client", "The client", ("session", "client")),
    Role("domain", "Its category", ("session", "domain")),
)
_OF_TICKETS = (
    Role("first_response", "When it was first answered", ("ticket", "first_response", "at"), is_time=True),
    Role("first_response_by", "Who answered first", ("ticket", "first_response", "by")),
    Role("escalated", "When it was handed over", ("ticket", "escalated", "at"), is_time=True),
    Role("escalated_by", "Who handed it over", ("ticket", "escalated", "by")),
    Role("reason", "Why it was handed over", ("ticket", "escalated", "reason")),
    Role("claimed", "When somebody took it on", ("ticket", "claimed", "at"), is_time=True),
    Role("claimed_by", "Who took it on", ("ticket", "claimed", "by")),
    Role("acted", "When that person first acted", ("ticket", "acted", "at"), is_time=True),
    Role("closed_at", "When it was closed", ("ticket", "closed_at"), is_time=True),
)
_OF_ROWS = (
    Role("at", "When the row was written", ("row", "at"), is_time=True),
    Role("by", "Who wrote the row", ("row", "by")),
    Role("group", "The team that has it: a change is a handoff", ("handoff", "start", "column")),
    Role("counter", "How often it was handed over, as a number", ("handoff", "start", "counter")),
    Role("reason", "Why it was handed over", ("handoff", "reason")),
    Role("assignee", "Who has it: another name takes it on", ("handoff", "claim", "assignee")),
    Role("requester", "The customer who asked", ("people", "requester")),
    Role("order", "The order of the rows, as a number or a time", ("case", "order"), is_list=True),
    Role("content", "What happened, kept as a step", ("step", "content"), is_list=True),
)
STATUS = Role("status", "Its status: say below what each value means", ())


def roles_for(shape: Shape) -> tuple[Role, ...]:
    """What the columns of such a file can be."""
    return (*_ALWAYS, STATUS, *(_OF_TICKETS if shape == "ticket" else _OF_ROWS))


def shape_of(draft: Draft) -> Shape:
    """What each row of the file is, as the draft has it."""
    if "ticket" in draft:
        return "ticket"
    return "events" if draft["session"].get("attributes") == "last_known" else "attributes"


def role_of(draft: Draft, column: str) -> Role | None:
    """The first thing that a draft says of a column; None if it does not name it.

    The engineer may be who wrote last, so of a column that is both it says who wrote a row.
    """
    roles = sorted(roles_for(shape_of(draft)), key=lambda role: role.name == "engineer")
    named = (role for role in roles if column in columns_at(draft, role.path))
    return next(named, STATUS if column in status_columns(draft) else None)


def columns_at(draft: Draft, path: tuple[str, ...]) -> list[str]:
    """The columns that the key names."""
    found: object = draft if path else None
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    if path == ("handoff", "start", "column") and draft.get("handoff", {}).get("start", {}).get("values"):
        return []  # Its values say where a handoff starts, and not a change of them.
    names = found if isinstance(found, list | tuple) else [found]
    return [name for name in names if isinstance(name, str)]


def status_columns(draft: Draft) -> list[str]:
    """The columns whose values a draft gives a meaning: a status, a handoff or a claim."""
    return list(dict.fromkeys(_with_values(draft)))


def _with_values(draft: Draft) -> Iterator[str]:
    handoff = draft.get("handoff", {})
    claim = handoff.get("claim")
    rules = [*draft["session"]["status"], handoff.get("start", {}), claim if isinstance(claim, dict) else {}]
    yield from (rule["column"] for rule in rules if rule.get("values"))
