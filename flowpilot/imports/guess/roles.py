"""Which column says what, by its name and by what is in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flowpilot.imports.guess.columns import UNKNOWN, Column, FileSample
from flowpilot.imports.guess.patterns import EXCEL

# For each role the words of column names in English and German; the first that is found counts.
_TIMES = {
    "created_at": r"creat|open|report|begin|start|erstellt|geöffnet|angelegt|eröffnet",
    "resolved_at": r"resolv|solved|complet|finish|gelöst|erledigt",
    "closed_at": r"clos|geschlossen",
    "first_response": r"first.*(respon|repl)|respond|erste.*antwort|reaktion",
    "escalated": r"escalat|eskalier|handed|übergeben",
    "claimed": r"taken|claim|accept|übernommen|assigned.*(at|on|date)",
}
_WORDS = {
    "id": (
        r"^(issue )?key$|ticket|^case|incident|^number$|^(issue |ticket )?id$|nummer|request|number$"
        r"|^fall\b|vorgang|nr\b"
    ),
    "by": r"^who$|author|changed.*by|updated.*by|^by$|agent|user|person|resource|wer$|bearbeiter|benutzer",
    "activity": r"activity|aktivität|^action|^event|ereignis|^status|^state|aktion",
    "summary": r"subject|summary|title|short.description|betreff|kurzbeschreibung|titel",
    "client": r"client|customer|company|organi[sz]ation|kunde|firma|mandant",
    "domain": r"category|component|issue.?type|^type$|kategorie|bereich",
    "engineer": r"assignee|assigned.to|agent|owner|technician|resource|bearbeiter|zuständig",
    "status": r"status|state|zustand",
    "claimed_by": r"(taken|claimed|accepted).*by|übernommen.*von",
    "group": r"group|team|queue|gruppe",
}
# What the standard for event logs, XES, calls them: also in the CSV that tools make of it.
_XES = {"id": "case:concept:name", "activity": "concept:name"}
# What a column is about, instead of what its other words say: another column comes before it, or none is meant.
_ABOUT = {
    "id": (
        r"status|state\b|type|priorit|subject|title|summary|categor|descri|owner|source|channel|zustand|betreff|typ\b"
    ),
}
_NO_PERSON = (
    r"country|region|\bcity|location|site\b|department|time.?zone|phone|e-?mail|type|\brole|\bland\b|status|count"
)
_BETWEEN_WORDS = re.compile(r"\|(?![^(]*\))")
_NEVER = dict.fromkeys(("by", "engineer", "claimed_by"), _NO_PERSON)
_DATE = r"date|time|\bat$|\bon$|datum|zeit"
_DONE = re.compile(r"\b(closed?|(re)?solved?|done|completed?|fixed|erledigt|gelöst|geschlossen)\b", re.IGNORECASE)
_HANDED_OVER = re.compile(
    r"\bescalat|\beskalier|\bhand(ed)?[ -]?(over|off)|\bre-?assign|\bübergeben", re.IGNORECASE
)
# Tidied away days later, perhaps by a machine: what was resolved before that counts.
_CLOSED = re.compile(r"\bclosed?\b|\bgeschlossen\b", re.IGNORECASE)
_CANCELLED = re.compile(
    r"(?:(?:ticket|case|request|incident|closed?|geschlossen|status)(?: as|,|:| [-–])? )?"
    r"(?:cancell?ed|cancell?ation|cancel|abandoned|withdrawn|abgebrochen|storniert|zurückgezogen)",
    re.IGNORECASE,
)
_REOPENED = re.compile(
    r"\b(?:re-?open(?:ed|ing)?|re-?activated|opened again)\b"
    r"|\bwieder(?:eröffnet|geöffnet| (?:er|ge)öffnet| offen)\b|\berneut (?:er|ge)öffnet",
    re.IGNORECASE,
)
# The states of a ticket that is worked on: after "Resolved" they say that it is open again.
_AGAIN = re.compile(
    r"(?:new|open(?:ed)?|active|(?:work )?in progress|pending|waiting\b.*|on hold|assigned|accepted|queued"
    r"|neu|offen|in (?:bearbeitung|arbeit)|wartet\b.*|zugewiesen)",
    re.IGNORECASE,
)
_STATE = re.compile(r"status|state|zustand", re.IGNORECASE)
_MACHINE = re.compile(
    r"(?:the )?(?:system|automation|automatic|automatisch|workflow|scheduler|auto[- ]?clos(?:e|er|ing))"
    r"(?: (?:user|account|rule|bot|process|administrator))?",
    re.IGNORECASE,
)
# So many different values are a list to choose from; with more, a text.
_MOST_VALUES = 200
_NOT_DONE = re.compile(r"\b(not|un|in|nicht|noch|re-?open\w*|pending|waiting|wartet)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Roles:
    """The column for each role that was found. `repeats` says that a case has several rows."""

    named: dict[str, Column]
    at: Column | None
    repeats: bool

    def name(self, role: str) -> str | None:
        """The name of the column for a role, if one was found."""
        column = self.named.get(role)
        return None if column is None else column.name

    def done_values(self, role: str) -> list[str]:
        """The values of a column that say that a case is over."""
        return sorted(value for value in self._values(role) if is_done(value))

    def cancelled_values(self, role: str) -> list[str]:
        """The values of a column that say that a case ended without a solution."""
        return sorted(value for value in self._values(role) if is_cancelled(value))

    def reopened_values(self, role: str) -> list[str]:
        """The values of a column that say, after a case was over, that it is open again."""
        column = self.named.get(role)
        is_state = column is not None and bool(_STATE.search(column.name))
        found = (value for value in self._values(role) if not is_done(value) and not is_cancelled(value))
        return sorted(one for one in found if _REOPENED.search(one) or (is_state and _AGAIN.fullmatch(one)))

    def handover_values(self, role: str) -> list[str]:
        """The values of a column that say that a case was handed over."""
        return sorted(value for value in self._common(role) if _HANDED_OVER.search(value))

    def machines(self, role: str) -> list[str]:
        """The names in a column that no person has."""
        column = self.named.get(role)
        return sorted(
            name
            for name in {value.strip() for value in (column.values if column else ())}
            if _MACHINE.fullmatch(name)
        )

    def _values(self, role: str) -> list[str]:
        """All values of a column, or if it is a text, the most frequent ones."""
        column = self.named.get(role)
        few = set() if column is None else set(column.values) - UNKNOWN
        return sorted(few) if len(few) <= _MOST_VALUES else self._common(role)

    def _common(self, role: str) -> list[str]:
        column = self.named.get(role)
        return [] if column is None else column.common


def is_done(value: str) -> bool:
    """Whether a value says that a case is over, with a solution."""
    return bool(_DONE.search(value)) and not _NOT_DONE.search(value) and not is_cancelled(value)


def is_closed(value: str) -> bool:
    """Whether a value says that a case was closed, and not that it was resolved."""
    return bool(_CLOSED.search(value))


def is_cancelled(value: str) -> bool:
    """Whether a value says that a case ended without a solution."""
    return bool(_CANCELLED.fullmatch(value))


def roles_of(sample: FileSample, *, repeats: bool | None = None) -> Roles:
    """Which column says what. `repeats` says whether a case has several rows, if it is known."""
    named = dict(_named(sample))
    case = named.get("id")
    if repeats is None:
        repeats = case is not None and sample.rows > 1.5 * case.distinct
    at = _written_at(sample, case) if repeats and case is not None else None
    if at is not None:
        named = {role: column for role, column in named.items() if column is not at}
    return Roles(named, at, repeats)


def _named(sample: FileSample) -> Iterator[tuple[str, Column]]:
    times = [column for column in sample.columns if _is_time(column)]
    others = [column for column in sample.columns if column.known and not _is_time(column)]
    for rules, columns in ((_TIMES, times), (_WORDS, others)):
        for role, words in rules.items():
            found = _called(role, words, columns)
            if not found:
                continue
            column = _fullest(found, sample) if role == "id" else found[0]
            yield role, column
            if role == "id":
                # A case's number is nothing else: in XES it is called like what happened.
                others.remove(column)


def _called(role: str, words: str, columns: list[Column]) -> list[Column]:
    """The columns that are called like a role; of several words for it, those of the first that is found."""
    standard = [column for column in columns if column.name == _XES.get(role)]
    if standard:
        return standard
    never, about = _NEVER.get(role), _ABOUT.get(role)
    possible = [column for column in columns if not (never and re.search(never, column.name, re.IGNORECASE))]
    likely = [column for column in possible if not (about and re.search(about, column.name, re.IGNORECASE))]
    return _first_called(words, likely) or (_first_called(words, possible) if about else [])


def _first_called(words: str, columns: list[Column]) -> list[Column]:
    for word in _BETWEEN_WORDS.split(words):
        found = [column for column in columns if re.search(word, column.name, re.IGNORECASE)]
        if found:
            return found
    return []


def _is_time(column: Column) -> bool:
    """Whether its values are times. Seconds since 1970 have ten digits, and so have some tickets' numbers.

    The numbers of a spreadsheet's dates are like those of many things, so the column must be called like a time.
    """
    if column.pattern == EXCEL:
        return any(re.search(words, column.name, re.IGNORECASE) for words in (*_TIMES.values(), _DATE))
    is_number = (column.pattern or "").startswith("epoch") and re.search(_WORDS["id"], column.name, re.IGNORECASE)
    return column.pattern is not None and (
        not is_number or any(re.search(words, column.name, re.IGNORECASE) for words in _TIMES.values())
    )


def _fullest(columns: list[Column], sample: FileSample) -> Column:
    """A case's id is known in each row."""
    return next((column for column in columns if column.known == sample.rows), columns[0])


def _written_at(sample: FileSample, case: Column) -> Column | None:
    """The time that differs most often within a case: when its rows were written."""
    times = [column for column in sample.columns if _is_time(column) and column.known == sample.rows]
    pairs = {column.name: len(set(zip(case.values, column.values, strict=True))) for column in times}
    return max(times, key=lambda column: pairs[column.name], default=None)
