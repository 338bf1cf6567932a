"""The rows of a ticket's history, as `history.toml` reads them. Pure: no I/O.

Their `taker` is who claims a handoff with a row: the person whom the ticket was given to, when they first do
something, or who takes it over, at once. Where it was given to nobody (put back, or to another board), it is the
first other person who does something with it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flowpilot.imports.case.model import Row
from flowpilot.psa.history import ChangeKind, TicketChange, TicketHistory
from flowpilot.psa.provider import Member

# A ticket that ended so was not resolved. What else is closed was.
_ABANDONED = {
    *("abandoned", "canceled", "cancelled", "declined", "duplicate", "invalid", "no action", "rejected", "spam"),
    *("won't do", "won't fix", "wont do", "wont fix"),
}


class People:
    """Who works in the ticket system: nobody else becomes a member here.

    Two people of one name are told apart by their ids.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        names = Counter(member.name for member in members)
        self.names = {
            member.id: member.name if names[member.name] == 1 else f"{member.name} ({member.id})"
            for member in members
            if not member.is_own
        }
        self._by_text = {name.casefold(): name for name in self.names.values()}
        self._by_text |= {number.casefold(): name for number, name in self.names.items()}

    def name(self, said: str | None) -> str | None:
        """The name of the member whom an id, or in some systems a name, stands for; None for anybody else."""
        return None if said is None else self._by_text.get(said.casefold())


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What a ticket comes to, to compare it with a session of our own."""

    ticket: str
    number: str | None
    state: str
    resolved_at: datetime | None
    minutes: float


def facts_of(history: TicketHistory) -> TicketFacts:
    """What a ticket comes to."""
    minutes = sum(change.minutes or 0 for change in history.changes)
    ticket, state = history.ticket, _state(history)
    return TicketFacts(
        ticket.id, ticket.number, state, history.closed_at if state == "resolved" else None, round(minutes, 2)
    )


def rows_of(history: TicketHistory, people: People) -> list[Row]:
    """A row for each thing that was done, after one for how the ticket began."""
    ticket, state = history.ticket, _state(history)
    about: Row = {
        "ticket": ticket.id,
        "called": ticket.number,
        "title": ticket.summary,
        "client": ticket.client,
        "board": ticket.board,
        "state": state,
        "opened_at": _text(history.opened_at),
        "resolved_at": _text(history.closed_at) if state == "resolved" else None,
        "owner": people.name(history.owner),
    }
    done = [change for change in history.changes if change.kind is not ChangeKind.CREATED]
    began: Row = {"at": _text(history.opened_at), "by": None, **dict.fromkeys(_OF_CHANGE)}
    rows = [began, *_changes(done, people)]
    return [{**about, "number": str(number), **row} for number, row in enumerate(rows)]


_OF_CHANGE = ("did", "from", "to", "minutes", "handoff", "giver", "taker")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A handoff that nobody has claimed yet: who gave it, and whom it was given to, if to a person."""

    giver: str
    given_to: str | None

    def is_taken_by(self, name: str | None) -> bool:
        """Whether it is claimed when this person does something."""
        return name is not None and name != self.giver and self.given_to in {None, name}


def _changes(changes: Sequence[TicketChange], people: People) -> Iterator[Row]:
    waiting: _Waiting | None = None
    for change in changes:
        by = people.name(change.by)
        before, after = _ends(change, people)
        giver = _giver(change, by, people)
        given_to = people.name(change.after) if change.kind is ChangeKind.OWNER else None
        if giver is not None:
            waiting = _Waiting(giver, given_to)
        elif waiting is not None and given_to is not None:
            waiting = replace(waiting, given_to=given_to)
        # Who gives a ticket to somebody else, or to a group, does not take it.
        acts = change.kind is not ChangeKind.OWNER or by == given_to
        taker = by if acts and waiting is not None and waiting.is_taken_by(by) else None
        waiting = None if taker else waiting
        row: Row = {
            "at": _text(change.at),
            "by": by,
            "did": change.kind,
            "from": before,
            "to": after,
            "minutes": f"{change.minutes:g}" if change.minutes else None,
            "handoff": None if giver is None else "yes",
            "giver": giver,
            "taker": None if giver else taker,
        }
        yield row
        if giver and taker:
            # A claim is a row after its handoff, and this one is no step of its own.
            yield {"at": row["at"], "by": by, **dict.fromkeys(_OF_CHANGE), "taker": taker}


def _ends(change: TicketChange, people: People) -> tuple[str | None, str | None]:
    """What a change was from and to. Groups and others keep the name by which the ticket system calls them."""
    if change.kind is not ChangeKind.OWNER:
        return change.before, change.after
    return people.name(change.before) or change.before, people.name(change.after) or change.after


def _giver(change: TicketChange, by: str | None, people: People) -> str | None:
    """Who handed over with a change, if it is a handoff: from one person to another or nobody, or between boards.

    A ticket that a person takes from a group, or gets as the first, is not handed over.
    """
    if change.kind is ChangeKind.OWNER:
        before, after = people.name(change.before), people.name(change.after)
        # Who takes a ticket over has claimed it (`taker`); it was its owner's to give.
        return None if before is None or before == after else (before if by in {None, after} else by)
    return by if change.kind is ChangeKind.BOARD and None not in {change.before, change.after} else None


def _state(history: TicketHistory) -> str:
    ticket = history.ticket
    if ticket.is_deleted:
        return "deleted"
    if not ticket.is_closed:
        return "open"
    return "abandoned" if (ticket.status or "").strip().casefold() in _ABANDONED else "resolved"


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
