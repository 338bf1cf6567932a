"""A mapping made by looking: what a person chose, put into the draft that was suggested."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from flowpilot.imports.choosing.columns import choose_columns, prune
from flowpilot.imports.choosing.values import STATUSES, give_meaning, meaning_of
from flowpilot.imports.guess.columns import Looked
from flowpilot.imports.guess.mapping import Draft
from flowpilot.imports.guess.suggest import adapted
from flowpilot.imports.mapping.loading import mapping_of
from flowpilot.imports.mapping.sections import MappingError
from flowpilot.imports.mapping.whole import Mapping


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose: the role of each column, the meaning of each value of a column, and the rest.

    `rest` is the status of a ticket of which nothing else says it. `machines` are writers that are no people,
    and `groups` names of teams where a person's could stand; `month_first` says how dates are read whose day and
    month could be either. None leaves each as the draft has it.
    """

    zone: str
    roles: dict[str, str] = field(default_factory=dict)
    meanings: dict[tuple[str, str], str] = field(default_factory=dict)
    rest: str | None = None
    machines: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    month_first: bool | None = None


def choose(suggested: Draft, looked: Looked, choices: Choices) -> Draft:
    """The suggested draft with what was chosen.

    Raises:
        MappingError: two columns would be something that only one can be.
    """
    draft = deepcopy(suggested)
    choose_columns(draft, looked, {name: role for name, role in choices.roles.items() if name in looked.header})
    for (column, value), meaning in choices.meanings.items():
        if meaning_of(draft, column, value) != meaning and choices.roles.get(column, "status"):
            give_meaning(draft, column, value, meaning)
    prune(draft)
    if choices.rest in STATUSES:
        draft["session"]["status"][-1]["status"] = choices.rest
    for kind, names in (("machines", choices.machines), ("groups", choices.groups)):
        if names is not None:
            draft["people"] = draft.get("people", {}) | {kind: list(names)}
    return adapted(draft, looked, choices.zone, month_first=choices.month_first)


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
    if not draft["case"].get("id"):
        yield "Choose the column that has the ticket's number."
    if not draft["session"].get("created_at"):
        yield "Choose the column that says when a ticket was opened."
    if "row" in draft and not draft["row"].get("at"):
        yield "Choose the column that says when a row was written."
    ticket = draft.get("ticket", {})
    if "claimed" in ticket and "by" not in ticket["claimed"]:
        yield "Choose who took it on, or leave out when somebody did."
    if "escalated" not in ticket and {"claimed", "acted"} & ticket.keys():
        yield "Choose when it was handed over, or leave out who took it on."
    if "acted" in ticket and "claimed" not in ticket:
        yield "Choose when somebody took it on, or leave out when that person first acted."
