"""Tickets by the words of their subject, or by their number.

Redmine searches for five words at most, and what it makes of quotes depends on its version. So it is asked for too
much rather than too little, and what it finds is looked through here.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flowpilot.psa.numbers import number, read_cursor
from flowpilot.psa.provider import TicketQuery
from flowpilot.psa.providers.redmine.rest import Rest

_DOUBTFUL = re.compile(r'[\s"\\%_*]+')


async def search(rest: Rest, query: TicketQuery) -> tuple[Sequence[Mapping[str, Any]], str | None]:
    """A page of issues, those changed last first, and the cursor of the next page."""
    filters: dict[str, str | int] = {"status_id": "open" if query.is_open else "*"}
    if query.member_id is not None:
        filters["assigned_to_id"] = query.member_id
    numbered = number(query.text)
    offset = read_cursor(query.cursor, 0)
    first = [] if numbered is None or offset else await _page(rest, {**filters, "issue_id": numbered})
    if pieces := [piece for piece in _DOUBTFUL.split(query.text) if piece]:
        filters["subject"] = f"~{' '.join(pieces)}"
    answer = await rest.read(
        "/issues.json", offset=offset, limit=query.limit, sort="updated_on:desc,id:desc", **filters
    )
    words = query.text.casefold().split()
    found = [
        issue
        for issue in answer["issues"]
        if issue["id"] != numbered and all(word in issue["subject"].casefold() for word in words)
    ]
    after = offset + query.limit
    return [*first, *found], str(after) if after < answer["total_count"] else None


async def _page(rest: Rest, filters: Mapping[str, str | int]) -> Sequence[Mapping[str, Any]]:
    issues: Sequence[Mapping[str, Any]] = (await rest.read("/issues.json", **filters))["issues"]
    return issues
