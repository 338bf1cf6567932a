"""What the values of a column mean in a draft of a mapping: a status, a handoff, or a claim."""

from typing import Any

from flowpilot.imports.choosing.roles import shape_of
from flowpilot.imports.guess.columns import FileSample
from flowpilot.imports.guess.mapping import Draft, resolved_in, since
from flowpilot.imports.guess.roles import Roles

STATUSES = {
    "resolved": "It is resolved",
    "abandoned": "It ended without a solution",
    "open": "It is still open",
    "left_out": "Leave the ticket out",
}
OF_ROWS = {"handover": "It is handed over", "claim": "Somebody takes it on"}


def meanings_for(draft: Draft) -> dict[str, str]:
    """What a value can mean, in plain words."""
    return STATUSES if shape_of(draft) == "ticket" else {**STATUSES, **OF_ROWS}


def meaning_of(draft: Draft, column: str, value: str) -> str:
    """What a value of the column means; empty if it means nothing of its own."""
    for meaning, rule in _handoff_rules(draft):
        if rule.get("column") == column and value in rule.get("values", ()):
            return meaning
    rules = draft["session"]["status"]
    fits = (rule for rule in rules if rule.get("column") == column and value in rule.get("values", ()))
    return next((str(rule["status"]) for rule in fits), "")


def give_meaning(draft: Draft, column: str, value: str, meaning: str) -> None:
    """Let a value of the column mean this, or with an empty meaning nothing."""
    _forget(draft, column, value)
    if meaning in OF_ROWS:
        _say_of_handoffs(draft, column, value, meaning)
    elif meaning in STATUSES:
        _say_of_status(draft, column, value, meaning)
    if "row" in draft:
        _open_again(draft, column)
        _end_with_value(draft, column)


def likely_meanings(sample: FileSample, column: str) -> dict[str, str]:
    """What the values of a status probably mean."""
    found = next(one for one in sample.columns if one.name == column)
    roles = Roles({"status": found}, None, repeats=False)
    return dict.fromkeys(roles.done_values("status"), "resolved") | dict.fromkeys(
        roles.cancelled_values("status"), "abandoned"
    )


def _handoff_rules(draft: Draft) -> list[tuple[str, dict[str, Any]]]:
    handoff = draft.get("handoff", {})
    rules = (("handover", handoff.get("start")), ("claim", handoff.get("claim")))
    return [(meaning, rule) for meaning, rule in rules if isinstance(rule, dict)]


def _forget(draft: Draft, column: str, value: str) -> None:
    session = draft["session"]
    for rule in [*session["status"], *(rule for _, rule in _handoff_rules(draft))]:
        if rule.get("column") == column and value in rule.get("values", ()):
            rule["values"] = [one for one in rule["values"] if one != value]
    session["status"] = [rule for rule in session["status"] if rule.get("values") != []]
    for key in ("start", "claim"):
        rule = draft.get("handoff", {}).get(key)
        if isinstance(rule, dict) and rule.get("values") == []:
            del draft["handoff"][key]


def _say_of_status(draft: Draft, column: str, value: str, status: str) -> None:
    rules = draft["session"]["status"]
    own = next(
        (one for one in rules if one.get("values") and (one["column"], one["status"]) == (column, status)), None
    )
    if own is not None:
        own["values"] = [*own["values"], value]
        return
    rule: dict[str, Any] = {"status": status, "column": column, "values": [value]}
    # What values say counts before what a time says; of what happened, any row may say that it is over.
    rules.insert(0, rule | ({"row": "any"} if shape_of(draft) == "events" and status != "open" else {}))


def _say_of_handoffs(draft: Draft, column: str, value: str, meaning: str) -> None:
    key = "start" if meaning == "handover" else "claim"
    handoff = draft.setdefault("handoff", {})
    rule = handoff.get(key)
    same = isinstance(rule, dict) and rule.get("column") == column and rule.get("values")
    handoff[key] = {**rule, "values": [*rule["values"], value]} if same else {"column": column, "values": [value]}


def _open_again(draft: Draft, column: str) -> None:
    """Of what happened, only what came after the ticket was open again says that it is over."""
    again = _values_of(draft, column, "open") if shape_of(draft) == "events" else []
    rules = draft["session"]["status"]
    for place, rule in enumerate(rules):
        if rule.get("column") == column and rule.get("row") == "any":
            rules[place] = {key: value for key, value in rule.items() if key != "after"} | since(again)


def _values_of(draft: Draft, column: str, status: str) -> list[str]:
    rules = (one for one in draft["session"]["status"] if (one["status"], one.get("column")) == (status, column))
    return [value for rule in rules for value in rule.get("values", ())]


def _end_with_value(draft: Draft, column: str) -> None:
    """If no column says when a ticket was resolved, the row does in which the column says so."""
    session = draft["session"]
    ends = session.get("resolved_at")
    if isinstance(ends, str) or (ends is not None and ends.get("column") != column):
        return
    values = _values_of(draft, column, "resolved")
    session.pop("resolved_at", None)
    if values and shape_of(draft) == "events":
        session["resolved_at"] = resolved_in(column, values, _values_of(draft, column, "open"))
    elif values:
        # A row that repeats everything says it to the end, so there the first counts.
        session["resolved_at"] = {"row": "first", "column": column, "values": values}
