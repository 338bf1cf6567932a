"""Fetch the history of past tickets, page by page, as quickly as the ticket system wants to be asked."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from flowpilot.imports.psa.rows import People, facts_of, rows_of
from flowpilot.imports.psa.spool import FetchedTicket, Spool
from flowpilot.psa.history import HistoryPage, TicketHistory
from flowpilot.psa.provider import Provider, UnavailableError

OnFetched = Callable[[int, datetime | None], None]
"""Told how many tickets were fetched, and until when the ticket system wants no request, if it does."""
Clock = Callable[[], datetime]
"""What tells the time, because a fetch may take hours."""

# What changes while a round takes no longer than this is left to the next import.
_SHORT = timedelta(minutes=1)
_TRIES = 6
_FIRST_PAUSE = timedelta(seconds=2)


async def fetch(provider: Provider, spool: Spool, people: People, on_fetched: OnFetched, *, clock: Clock) -> None:
    """Fetch what the spool does not have yet. Tickets that change meanwhile are fetched again.

    Raises:
        ProviderError: the ticket system cannot be read. What was fetched stays, and the next call goes on there.
    """
    while True:
        began_at = spool.reached.began_at or clock()
        spool.go_on(replace(spool.reached, began_at=began_at))
        await _round(provider, spool, people, on_fetched, clock)
        spool.go_on(replace(spool.reached, since=began_at, began_at=None))
        if clock() - began_at < _SHORT:
            return


async def _round(provider: Provider, spool: Spool, people: People, on_fetched: OnFetched, clock: Clock) -> None:
    while True:
        page = await _page(provider, spool, on_fetched, clock)
        spool.add([_fetched(one, people) for one in page.items], page.next_cursor)
        on_fetched(spool.reached.tickets, None)
        if page.next_cursor is None:
            return


async def _page(provider: Provider, spool: Spool, on_fetched: OnFetched, clock: Clock) -> HistoryPage:
    """The next page. A ticket system that rests, or is down for a moment, is waited for."""
    for attempt in range(_TRIES):
        try:
            return await provider.read_history(spool.reached.since, spool.reached.cursor)
        except UnavailableError as error:
            pause = _FIRST_PAUSE * 2**attempt
            until = error.not_before or clock() + pause
            on_fetched(spool.reached.tickets, until)
            await asyncio.sleep(max((until - clock()).total_seconds(), 0))
    return await provider.read_history(spool.reached.since, spool.reached.cursor)


def _fetched(history: TicketHistory, people: People) -> FetchedTicket:
    return FetchedTicket(facts_of(history), rows_of(history, people))
