"""A mapping made by looking: what a person chose, put into the draft that was suggested."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from flowpilot.imports.choosing.columns import Clash, choose_columns, prune
from flowpilot.imports.choosing.values import STATUSES, give_meaning, meaning_of
from flowpilot.imports.guess.columns import FileSample
from flowpilot.imports.guess.mapping import Draft
from flowpilot.imports.guess.suggest import adapted
from flowpilot.imports.guess.systems import system_name
from flowpilot.imports.mapping.loading import mapping_of
from flowpilot.imports.mapping.sections import MappingError
from flowpilot.imports.mapping.whole import Answer, Mapping


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose: the role of each column, the meaning of each value of a column, and the rest.

    `rest` is the status of a ticket of which nothing else says it. `machines` are writers that are no people,
    and `groups` names of teams where a person's could stand; `month_first` says how dates are read whose day and
    month could be either. `first_row`: each ticket is handed over in its first row,
    too; `run`: of several rows on end whose value says so, the first hands over. `system` is the name of the
    ticket system, and `equal_numbers` what tickets are that have the number of another. None leaves each as it is.
    """

    zone: str
    roles: dict[str, str] = field(default_factory=dict)
    meanings: dict[tuple[str, str], str] = field(default_factory=dict)
    rest: str | None = None
    machines: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    month_first: bool | None = None
    first_row: bool | None = None
    run: bool | None = None
    system: str | None = None
    equal_numbers: Answer | None = None


class ClashError(MappingError):
    """Two columns would be something that only one can be.

    `draft` has all else that was chosen, and `columns` are those that clash.
    """

    def __init__(self, clashes: Sequence[Clash], draft: Draft) -> None:
        super().__init__(" ".join(clash.sentence for clash in clashes))
        self.draft, self.columns = draft, frozenset(name for clash in clashes for name in clash.columns)


def choose(suggested: Draft, sample: FileSample, choices: Choices) -> Draft:
    """The suggested draft with what was chosen.

    Raises:
        ClashError: two columns would be something that only one can be.
    """
    draft = _of_system(deepcopy(suggested), choices)
    clashes = choose_columns(
        draft, sample, {name: role for name, role in choices.roles.items() if name in sample.header}
    )
    for (column, value), meaning in choices.meanings.items():
        if meaning_of(draft, column, value) != meaning and choices.roles.get(column, "status"):
            give_meaning(draft, column, value, meaning)
    if "row" in draft:
        _hand_over(draft, first_row=choices.first_row, run=choices.run)
    prune(draft)
    if choices.rest in STATUSES:
        draft["session"]["status"][-1]["status"] = choices.rest
    for kind, names in (("machines", choices.machines), ("groups", choices.groups)):
        if names is not None:
            draft["people"] = draft.get("people", {}) | {kind: list(names)}
    chosen = adapted(draft, sample, choices.zone, month_first=choices.month_first)
    if clashes:
        raise ClashError(clashes, chosen)
    return chosen


def _of_system(draft: Draft, choices: Choices) -> Draft:
    """The draft with what was said of the system that the file is from."""
    said = {"name": draft["name"], "system": draft.get("system"), "equal_numbers": draft.get("equal_numbers")}
    said |= {} if choices.system is None else {"system": system_name(choices.system) or choices.system.strip()}
    said |= {} if choices.equal_numbers is None else {"equal_numbers": choices.equal_numbers}
    kept = {key: value for key, value in said.items() if value}
    return kept | {key: value for key, value in draft.items() if key not in said}


def _hand_over(draft: Draft, *, first_row: bool | None, run: bool | None) -> None:
    start = dict(draft.get("handoff", {}).get("start") or {})
    start |= {key: is_so for key, is_so in (("first_row", first_row), ("run", run)) if is_so is not None}
    if not start.get("values"):
        start.pop("run", None)
    kept = {key: value for key, value in start.items() if value is not False}
    if kept:
        draft.setdefault("handoff", {})["start"] = kept
    elif "handoff" in draft:
        draft["handoff"].pop("start", None)


# What has a person or a reason has a time.
_MOMENTS = {
    "first_response": "when it was first answered",
    "escalated": "when it was handed over",
    "claimed": "when somebody took it on",
}


def finished(draft: Draft) -> Mapping:
    """The mapping that a draft is.

    Raises:
        MappingError: it lacks something, in the words of who chooses.
    """
    lacking = list(_lacking(draft))
    if lacking:
        raise MappingError(" ".join(lacking))
    return mapping_of(draft)


def _lacking(draft: Draft) -> Iterator[str]:
    if draft.get("system") and system_name(draft["system"]) is None:
        yield "Give the ticket system a name of letters or digits."
    if draft.get("equal_numbers") == "other" and not draft.get("system"):
        yield "Name the ticket system that the file is from."
    if not draft["case"].get("id"):
        yield "Choose the column that has the ticket's number."
    if not draft["session"].get("created_at"):
        yield "Choose the column that says when a ticket was opened."
    if "row" in draft and not draft["row"].get("at"):
        yield "Choose the column that says when a row was written."
    if "handoff" in draft and not draft["handoff"].get("start"):
        yield "Say where a ticket is handed over, or leave out who has it."
    yield from _lacking_of_ticket(draft.get("ticket", {}))


def _lacking_of_ticket(ticket: dict[str, Any]) -> Iterator[str]:
    for name, when in _MOMENTS.items():
        if ticket.get(name) and "at" not in ticket[name]:
            yield f"Choose {when}, or leave out what else is said of it."
    if "claimed" in ticket and "by" not in ticket["claimed"]:
        yield "Choose who took it on, or leave out when somebody did."
    if "escalated" not in ticket and {"claimed", "acted"} & ticket.keys():
        yield "Choose when it was handed over, or leave out who took it on."
    if "acted" in ticket and "claimed" not in ticket:
        yield "Choose when somebody took it on, or leave out when that person first acted."
