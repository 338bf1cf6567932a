"""Reports narrowed to one client, person, domain, flow or priority, all by one rule.

A statement reads the tables by their names. A narrowed one begins with parts of the same names, which hold only
the rows asked for; so it counts what it would count if there were no others. A table that is named with its schema
is read as a whole. Without a filter the statement stays as it is, and every figure is the contract's.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import TextClause, text

PriorityName = Literal["urgent", "high", "normal", "low"]

_PRIORITIES: tuple[PriorityName, ...] = ("urgent", "high", "normal", "low")


@dataclass(frozen=True, slots=True)
class Dimensions:
    """What a report is narrowed to; None narrows nothing.

    A session is a person's if they started it, work on it, or escalated or claimed one of its handoffs; a handoff
    if they escalated or claimed it. A session has the priorities of its handoffs. Of verbal handoffs only the
    domain is known, and flows are never narrowed.
    """

    client_id: uuid.UUID | None = None
    person_id: uuid.UUID | None = None
    domain: str | None = None
    flow_id: uuid.UUID | None = None
    priority: PriorityName | None = None

    @property
    def asked(self) -> dict[str, str]:
        """The filters by name, as an address says them."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: str(value) for name, value in found.items() if value is not None}

    @property
    def parameters(self) -> dict[str, Any]:
        """The bind parameters of what a narrowed statement begins with."""
        values = {f"only_{name}": getattr(self, name) for name in self.asked}
        if self.priority is not None:
            values["only_priority"] = 1 + _PRIORITIES.index(self.priority)
        return values


EVERYTHING = Dimensions()

_HANDOFFS_OF = "id IN (SELECT session_id FROM public.session_handoffs WHERE account_id = :account_id AND {})"
_HANDOFF = {
    "person_id": "(created_by = :only_person_id OR claimed_by = :only_person_id)",
    "priority": "priority = :only_priority",
}
_SESSION = {
    "client_id": "client_id = :only_client_id",
    "domain": "problem_domain = :only_domain",
    "flow_id": "matched_flow_id = :only_flow_id",
}
_WITH_HANDOFFS = _SESSION | {
    "person_id": "(user_id = :only_person_id OR owner_id = :only_person_id"
    f" OR {_HANDOFFS_OF.format(_HANDOFF['person_id'])})",
    "priority": _HANDOFFS_OF.format(_HANDOFF["priority"]),
}

# The tables whose rows are of a session, by the column with its id.
_OF_SESSION = {
    "psa_post_logs": "ai_session_id",
    "psa_activity_logs": "session_id",
    "flow_proposals": "source_session_id",
    "suggestion_outcomes": "session_id",
}


def narrowed(sql: TextClause, only: Dimensions) -> TextClause:
    """The statement over the rows asked for; its parameters are those of `only`, beside its own."""
    if not only.asked:
        return sql
    parts = ", ".join(
        f"{table} AS NOT MATERIALIZED"
        f" (SELECT * FROM public.{table} WHERE account_id = :account_id AND {condition})"
        for table, condition in _conditions(only.asked)
    )
    rest = sql.text
    return text(f"WITH {parts}, {rest[5:]}" if rest.startswith("WITH ") else f"WITH {parts} {rest}")


def _conditions(asked: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The tables with narrowed rows, each with its condition; a later one may read those before it."""
    yield "ai_sessions", _all(_WITH_HANDOFFS, asked)
    of_session = _all(_SESSION, asked)
    theirs = f"session_id IN (SELECT id FROM public.ai_sessions WHERE account_id = :account_id AND {of_session})"
    own = _all(_HANDOFF, asked)
    yield "session_handoffs", " AND ".join(filter(None, (theirs if of_session else "", own)))
    yield "handoff_events", "handoff_id IN (SELECT id FROM session_handoffs)"
    for table, column in _OF_SESSION.items():
        yield table, f"{column} IN (SELECT id FROM ai_sessions)"
    if "domain" in asked:
        yield "handoff_baselines", _SESSION["domain"]


def _all(conditions: Mapping[str, str], asked: Mapping[str, str]) -> str:
    return " AND ".join(condition for name, condition in conditions.items() if name in asked)
