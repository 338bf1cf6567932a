"""What holds for every ticket system of which FlowPilot reads the past."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from flowpilot.clock import now
from flowpilot.psa.history import ChangeKind, TicketChange, TicketHistory
from flowpilot.psa.provider import Provider
from tests.psa.providers.laws import ProviderLaws
from tests.psa.providers.records import note
from tests.psa.providers.system import System

# Local servers date what they have in June.
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_PROVIDERS = "flowpilot.psa.providers"
_TICKETS_OF_A_PAGE = {
    "RequestTracker": f"{_PROVIDERS}.request_tracker.history.PAGE_ITEMS",
    "Redmine": f"{_PROVIDERS}.redmine.history._ISSUES",
    "ConnectWise": f"{_PROVIDERS}.connectwise.history._TICKETS",
    "Autotask": f"{_PROVIDERS}.autotask.history.TICKETS",
    "HaloPsa": f"{_PROVIDERS}.halopsa.history._TICKETS",
}


async def histories(provider: Provider, since: datetime) -> AsyncIterator[TicketHistory]:
    """All tickets that changed since then, page by page."""
    cursor = None
    while True:
        page = await provider.read_history(since, cursor)
        for one in page.items:
            yield one
        cursor = page.next_cursor
        if cursor is None:
            return


def kinds(history: TicketHistory, kind: ChangeKind) -> list[TicketChange]:
    """Its changes of a kind."""
    return [change for change in history.changes if change.kind is kind]


@pytest.mark.anyio
class LawsWithHistory(ProviderLaws):
    """The laws, with those of past tickets."""

    async def test_a_ticket_comes_with_what_was_done_by_whom(self, system: System, provider: Provider) -> None:
        ticket = system.new_ticket("The plotter prints stripes", member=system.alex)
        await provider.write(ticket, note())
        system.book(ticket, 30)
        system.hand_over(ticket, system.kim)
        await provider.set_status(ticket, system.closed_status(ticket))

        (history,) = [one async for one in histories(provider, LONG_AGO) if one.ticket.id == ticket]

        assert (history.ticket.summary, history.ticket.is_closed) == ("The plotter prints stripes", True)
        assert history.owner == system.kim
        assert history.closed_at is not None
        assert history.opened_at <= history.closed_at
        assert [change.at for change in history.changes] == sorted(change.at for change in history.changes)
        assert history.changes[0].kind is ChangeKind.CREATED
        assert kinds(history, ChangeKind.NOTE)
        unit = provider.capabilities.time_unit_seconds / 60
        assert sum(change.minutes or 0 for change in history.changes) == pytest.approx(30, abs=unit)
        (status,) = kinds(history, ChangeKind.STATUS)
        assert status.after == history.ticket.status
        handed_over = kinds(history, ChangeKind.OWNER)[-1]
        assert self.owners(handed_over) == (system.alex, system.kim)

    def owners(self, change: TicketChange) -> tuple[str | None, str | None]:
        """Who had a ticket before a change, and who after."""
        return change.before, change.after

    async def test_all_tickets_come_once_however_small_the_pages(
        self, system: System, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = [system.new_ticket() for _ in range(5)]
        await provider.write(made[0], note())
        system.book(made[0], 30)
        whole = [one async for one in histories(provider, LONG_AGO) if one.ticket.id in made]
        monkeypatch.setattr(_TICKETS_OF_A_PAGE[type(provider).__name__], 2)
        found = [one async for one in histories(provider, LONG_AGO)]
        assert [one.ticket.id for one in whole] == made
        assert [one for one in found if one.ticket.id in made] == whole
        assert len({one.ticket.id for one in found}) == len(found)

    async def test_nothing_comes_that_has_not_changed_since(self, provider: Provider, ticket: str) -> None:
        assert ticket
        assert [one async for one in histories(provider, now() + timedelta(days=2))] == []
