"""What the columns of a file could mean, by looking at it: a mapping to be read and corrected by a person."""

from collections.abc import Sequence
from typing import Any

from flowpilot.imports.guess.columns import FileSample
from flowpilot.imports.guess.roles import Roles, is_closed, roles_of
from flowpilot.imports.guess.times import times_of

Draft = dict[str, Any]
"""A mapping as the tables and keys of its TOML, which may still lack something."""


def guess(sample: FileSample, name: str, zone: str, *, repeats: bool | None = None) -> Draft:
    """A draft for the file. `repeats` says whether a case has several rows, if a person has said so."""
    roles = roles_of(sample, repeats=repeats)
    draft: Draft = {"name": name}
    if len(sample.unknown) > 1:
        draft["file"] = {"unknown": list(sample.unknown)}
    draft["times"] = {}
    draft["case"] = {"id": roles.name("id")} if roles.name("id") else {}
    draft |= _rows(roles) if roles.repeats else {"ticket": _ticket(roles)}
    if roles.repeats and roles.machines("by"):
        draft["people"] = {"machines": roles.machines("by")}
    draft["session"] = _session(roles)
    if roles.repeats and roles.name("activity"):
        draft["step"] = {"content": [roles.name("activity")]}
    if roles.repeats and (start := _handover(roles)):
        draft["handoff"] = {"start": start}
    draft["times"] = times_of(draft, sample, zone)
    return draft


def resolved_in(column: str, done: Sequence[str], again: Sequence[str]) -> Draft:
    """When a case was resolved whose rows say what happened: where the last run of "Resolved" begins.

    That it was closed counts only where nothing says that it was resolved, because that may be days later.
    What was before it was open again does not count.
    """
    resolved = [value for value in done if not is_closed(value)]
    moment: Draft = {"row": "last", "column": column, "values": resolved or list(done), "run": True}
    if resolved and len(resolved) < len(done):
        moment["otherwise"] = [value for value in done if is_closed(value)]
    return moment | since(again)


def since(again: Sequence[str]) -> Draft:
    """What of a rule says that only rows count after the case was open again."""
    return {"after": list(again)} if again else {}


def _rows(roles: Roles) -> Draft:
    row = {"at": roles.at.name} if roles.at else {}
    return {"row": row | ({"by": roles.name("by")} if roles.name("by") else {})}


def _handover(roles: Roles) -> Draft | None:
    """Where a case is handed over: a value that says so, or a change of the group."""
    values = roles.handover_values("activity")
    if values:
        return {"column": roles.name("activity"), "values": values}
    return {"column": roles.name("group")} if roles.name("group") else None


def _ticket(roles: Roles) -> Draft:
    ticket: Draft = {}
    if roles.name("first_response"):
        ticket["first_response"] = {"at": roles.name("first_response")}
    if roles.name("escalated"):
        ticket["escalated"] = {"at": roles.name("escalated")}
        if roles.name("claimed") and roles.name("claimed_by"):
            ticket["claimed"] = {"at": roles.name("claimed"), "by": roles.name("claimed_by")}
    if roles.name("closed_at") and roles.name("resolved_at"):
        ticket["closed_at"] = roles.name("closed_at")
    return ticket


def _session(roles: Roles) -> Draft:
    done = roles.done_values("activity") if roles.repeats else []
    ends = roles.name("resolved_at") or roles.name("closed_at")
    session: Draft = {}
    if roles.name("created_at"):
        session["created_at"] = roles.name("created_at")
    elif roles.repeats:
        session["created_at"] = {"row": "first"}
    if ends:
        session["resolved_at"] = ends
    elif done:
        session["resolved_at"] = resolved_in(str(roles.name("activity")), done, roles.reopened_values("activity"))
    session |= {key: roles.name(key) for key in ("domain", "client") if roles.name(key)}
    session |= {key: [roles.name(key)] for key in ("summary", "engineer") if roles.name(key)}
    if roles.repeats:
        session["attributes"] = "last_known"
        if roles.name("by"):
            # Of a log that says of nobody that a ticket is theirs, it is that of who wrote last.
            session.setdefault("engineer", [roles.name("by")])
    session["status"] = _statuses(roles, ends, done)
    return session


def _statuses(roles: Roles, ends: str | None, done: list[str]) -> list[Draft]:
    over = roles.done_values("status")
    rules: list[Draft] = []
    if ends:
        rules = [{"status": "resolved", "column": ends}]
    elif roles.repeats and (done or roles.cancelled_values("activity")):
        rules = _of_what_happened(roles, done)
    elif over:
        rules = [{"status": "resolved", "column": roles.name("status"), "values": over}]
    return [*rules, {"status": "open"}]


def _of_what_happened(roles: Roles, done: list[str]) -> list[Draft]:
    column, again = roles.name("activity"), roles.reopened_values("activity")
    any_row = {"row": "any"} | since(again)
    rules = (
        {"status": "abandoned", "column": column, "values": roles.cancelled_values("activity")} | any_row,
        {"status": "resolved", "column": column, "values": done} | any_row,
        {"status": "open", "column": column, "values": again},
    )
    return [rule for rule in rules if rule["values"]]
