"""What a page of analytics can be narrowed to, as selects; what is chosen stays in its address."""

from collections.abc import Iterable
from dataclasses import dataclass

from flowpilot.analytics.dimensions.choices import choices
from flowpilot.analytics.dimensions.requests import may_by_person
from flowpilot.analytics.period import Window
from flowpilot.db.session import ReadDb
from flowpilot.identity.actor import Actor
from flowpilot.identity.queries import names_of_all

_PRIORITIES = [("urgent", "Urgent"), ("high", "High"), ("normal", "Normal"), ("low", "Low")]

# What is said of a choice whose name is not at hand.
_THIS = {
    "client_id": "This client",
    "person_id": "This person",
    "flow_id": "This flow",
    "domain": "Domain",
    "priority": "Priority",
}


@dataclass(frozen=True, slots=True)
class Select:
    """One thing to narrow by: its parameter, its title, its values with their names, and the chosen one."""

    name: str
    title: str
    options: list[tuple[str, str]]
    chosen: str


async def selects(actor: Actor, db: ReadDb, window: Window) -> list[Select]:
    """The selects of a page; one without any choice is left out."""
    found = await choices(db, window)
    members = await names_of_all(db, actor.account_id) if may_by_person(actor) else []
    people = sorted(
        ((str(user), name or "Without a name") for user, name in members), key=lambda person: person[1].casefold()
    )
    asked = window.only.asked
    offered = [
        Select(name, title, _with_chosen(options, name, asked.get(name, "")), asked.get(name, ""))
        for name, title, options in (
            ("client_id", "Client", [(str(id_), name) for id_, name in found.clients]),
            ("domain", "Domain", [(domain, domain) for domain in found.domains]),
            ("flow_id", "Flow", [(str(id_), name) for id_, name in found.flows]),
            ("priority", "Priority", _PRIORITIES),
            ("person_id", "Person", people),
        )
    ]
    return [select for select in offered if select.options]


def in_words(window: Window, known: Iterable[str] = ()) -> str:
    """What a window is narrowed to, apart from filters that are said elsewhere."""
    left = {name: value for name, value in window.only.asked.items() if name not in known}
    return ", ".join(
        f"{_THIS[name].lower()} {value}" if name in {"domain", "priority"} else _THIS[name].lower()
        for name, value in left.items()
    )


def _with_chosen(options: Iterable[tuple[str, str]], name: str, chosen: str) -> list[tuple[str, str]]:
    """The options, and the chosen one where it is not among them: another link may have led here."""
    listed = list(options)
    if chosen and chosen not in dict(listed):
        listed.append((chosen, chosen if name == "domain" else _THIS[name]))
    return listed
