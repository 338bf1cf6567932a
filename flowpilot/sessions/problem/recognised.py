"""The ticket's number and the client, as a text names them: to be offered, never to be set. Pure."""

import re
from collections.abc import Iterable, Iterator

from flowpilot.psa.tickets.template import PLACE
from flowpilot.sessions.problem.parts import PartKind, parts_of
from flowpilot.sessions.problem.vocabulary import HEADER, SUBJECT

_MOST = 2
# A shorter name, such as "IT", is in too many texts by chance.
_LEAST_NAME = 3
# How far before a number it stands what the number is of.
_BEFORE = 40

_WORD = (
    r"ticket|case|incident|request|vorgang|fall|anfrage|störung|vorfall|meldung"
    r"|demande|dossier|incidente?|caso|incidencia|solicitud"
)
_NUMBER = r"(?:no|nr|nro|num)\b\.?|n[°º]|number|nummer|numéro|número|id\b"
# A mark before the number, because "in this case 4711 users cannot print" names no ticket.
_MARK = rf"[\s-]*(?:(?:{_NUMBER})[\s:]*#?|[:=]\s*#?|#)\s*"
_PATTERNS = (
    # Autotask: T20240101.0001, with a letter for tasks of a ticket.
    re.compile(r"\b(?P<number>T\d{8}\.\d{4,6})\b"),
    re.compile(r"\[(?:RT|[\w.-]{2,30})\s+#(?P<number>\d{2,12})\]", re.IGNORECASE),
    re.compile(r"##(?:RE-)?(?P<number>\d{2,12})##"),
    re.compile(r"\b(?P<number>(?:INC|REQ|RITM|TKT|SR|CS)-?\d{4,12})\b"),
    re.compile(rf"\b(?:{_WORD})s?{_MARK}(?P<number>\d{{3,16}})\b", re.IGNORECASE),
    # Nobody counts tickets with five digits, and a year has four.
    re.compile(r"\btickets?\s+(?P<number>\d{5,12})\b", re.IGNORECASE),
    re.compile(r"(?<![\w#&])#(?P<number>\d{3,12})\b"),
)
# `Error code: #1603` and `invoice #88123` are no tickets.
_OF_OTHERS = re.compile(
    r"(?:error|code|fehler|erreur|invoice|order|quote|po|rechnung|bestellung|auftrag|angebot|facture|commande|devis"
    rf"|factura|pedido)\b(?:\W{{0,3}}(?:{_NUMBER}))?\W{{0,3}}$",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"@(?:[\w-]+\.)*?(?P<label>[\w-]{3,63})\.(?:co\.|com\.)?[a-z]{2,12}\b", re.IGNORECASE)


def tickets_in(text: str, template: str | None = None) -> list[str]:
    """The numbers of tickets that the text names, the surest first.

    Of quoted mails only the subjects count, after the text itself: their words may be about older tickets.

    Args:
        template: the address of the account's tickets, with `{ticket}` for the number.
    """
    parts = parts_of(text)
    said = "".join(part.text for part in parts if part.kind in {PartKind.HEAD, PartKind.OWN})
    subjects = "\n".join(_subjects(part.text) for part in parts if part.kind is PartKind.QUOTED)
    return list(dict.fromkeys([*_numbers(said, template), *_numbers(subjects, template)]))[:_MOST]


def _subjects(quoted: str) -> str:
    """The subjects of the mails that are quoted there."""
    headers = (HEADER.match(line.lstrip("> \t").strip()) for line in quoted.splitlines())
    names = SUBJECT.casefold().split("|")
    return "\n".join(one["value"] or "" for one in headers if one and one["name"].casefold() in names)


def clients_in(text: str, names: Iterable[str]) -> list[str]:
    """Those of the names that the text has, or e-mail addresses that look like theirs, the longest first."""
    said = " ".join(part.text for part in parts_of(text) if part.kind is not PartKind.QUOTED).casefold()
    labels = {found["label"].casefold() for found in _DOMAIN.finditer(said)}
    found = [name for name in names if len(name) >= _LEAST_NAME and _is_named(name.casefold(), said, labels)]
    return sorted(found, key=len, reverse=True)[:_MOST]


def _numbers(said: str, template: str | None) -> Iterator[str]:
    if template is not None:
        before = template.partition(PLACE)[0]
        # What follows a number in an address may be missing in a pasted link.
        for found in re.finditer(rf"{re.escape(before)}(?P<number>[\w.-]*\w)", said):
            yield found["number"]
    for pattern in _PATTERNS:
        for found in pattern.finditer(said):
            if not _OF_OTHERS.search(said[max(0, found.start() - _BEFORE) : found.start()]):
                yield found["number"]


def _is_named(name: str, said: str, labels: set[str]) -> bool:
    if re.sub(r"\W", "", name) in labels or name.replace(" ", "-") in labels:
        return True
    return name in said and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) is not None
