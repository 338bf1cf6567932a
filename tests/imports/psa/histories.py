"""Histories of tickets for the tests: Alex, Kim and Dana work at the desk, Carla is its customer."""

from datetime import UTC, datetime
from typing import Any

from flowpilot.psa.history import ChangeKind, TicketChange, TicketHistory
from flowpilot.psa.provider import Member, Ticket

MEMBERS = [
    Member("1", "Alex Novak", "alex@desk.example"),
    Member("2", "Kim Berger"),
    Member("3", "Dana Weiss"),
    Member("9", "FlowPilot", is_own=True),
]
CARLA = "77"
ALEX, KIM, DANA, GROUP = "1", "2", "3", "500"


def at(clock: str) -> datetime:
    """A time of the day on which all of it happens."""
    return datetime.fromisoformat(f"2026-05-04 {clock}").replace(tzinfo=UTC)


def change(clock: str, by: str | None, kind: ChangeKind, **more: Any) -> TicketChange:
    """Something that was done."""
    return TicketChange(at(clock), by, kind, **more)


def history(
    number: str, *changes: TicketChange, closed: str | None = None, owner: str | None = ALEX, **more: Any
) -> TicketHistory:
    """A ticket that Carla opened at eight."""
    about = {"client": "Maple Dental", "board": "Help Desk", "is_closed": closed is not None, **more}
    ticket = Ticket(number, None, f"Ticket {number}", **about)
    opened = change("08:00", CARLA, ChangeKind.CREATED)
    return TicketHistory(ticket, at("08:00"), None if closed is None else at(closed), owner, [opened, *changes])


def solved(number: str, **more: Any) -> TicketHistory:
    """Alex looked at it, gave it to Kim at ten, who solved it at noon and booked half an hour."""
    return history(
        number,
        change("09:00", ALEX, ChangeKind.NOTE),
        change("10:00", ALEX, ChangeKind.OWNER, before=ALEX, after=KIM),
        change("11:00", KIM, ChangeKind.NOTE),
        change("11:30", KIM, ChangeKind.TIME, minutes=30),
        change("12:00", KIM, ChangeKind.STATUS, before="New", after="Closed"),
        **{"closed": "12:00", "owner": KIM, **more},
    )
