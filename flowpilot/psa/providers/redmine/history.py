"""What happened to issues, from their journals and entries of time, which Redmine tells issue by issue."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from flowpilot.psa.history import ChangeKind, HistoryPage, TicketChange, TicketHistory
from flowpilot.psa.numbers import read_cursor
from flowpilot.psa.provider import NoSuchTicketError
from flowpilot.psa.providers.redmine import reading
from flowpilot.psa.providers.redmine.forms import Settings
from flowpilot.psa.providers.redmine.rest import Rest

# So many requests make a page, and a page is what is lost if the command is stopped.
_ISSUES = 25
_FIELDS = {"status_id": ChangeKind.STATUS, "assigned_to_id": ChangeKind.OWNER, "project_id": ChangeKind.BOARD}

Names = Mapping[ChangeKind, Mapping[str, str]]


class History:
    """Reads histories. The names of statuses and projects are asked once."""

    def __init__(self, rest: Rest, base_url: str, settings: Settings) -> None:
        self._rest, self._base_url, self._settings = rest, base_url, settings
        self._names: Names | None = None

    async def page(self, since: datetime, cursor: str | None) -> HistoryPage:
        """The issues from that number on."""
        first = read_cursor(cursor, 1)
        page = await self._rest.read(
            "/issues.json",
            status_id="*",
            sort="id",
            limit=_ISSUES,
            issue_id=f">={first}",
            updated_on=f">={since:%Y-%m-%dT%H:%M:%SZ}",
        )
        ids = [str(issue["id"]) for issue in page["issues"]]
        histories = [await self._history(one) for one in ids]
        items = [one for one in histories if one is not None]
        return HistoryPage(items, str(int(ids[-1]) + 1) if len(ids) == _ISSUES else None)

    async def _history(self, ticket_id: str) -> TicketHistory | None:
        """None if somebody has deleted it meanwhile."""
        try:
            issue = await self._rest.read_issue(ticket_id, include="journals")
        except NoSuchTicketError:
            return None
        opened_at = reading.moment(issue["created_on"])
        assert opened_at is not None
        opened = TicketChange(opened_at, _id(issue.get("author")), ChangeKind.CREATED)
        names = await self._all_names()
        changes = [change for journal in reading.journals(issue) for change in _journal(journal, names)]
        return TicketHistory(
            reading.ticket(issue, self._base_url, self._settings),
            opened_at,
            reading.moment(issue.get("closed_on")),
            _id(issue.get("assigned_to")),
            # Journals of one moment stay in their order.
            sorted([opened, *changes, *await self._times(issue)], key=lambda change: change.at),
        )

    async def _times(self, issue: reading.Entry) -> list[TicketChange]:
        """The entries of time. Redmine gives those of one issue only, however many are named."""
        if not issue.get("spent_hours"):
            return []
        entries = self._rest.read_all("/time_entries.json", "time_entries", issue_id=issue["id"])
        return [change async for entry in entries for change in _entry(entry)]

    async def _all_names(self) -> Names:
        if self._names is None:
            statuses = self._rest.read_all("/issue_statuses.json", "issue_statuses")
            projects = self._rest.read_all("/projects.json", "projects")
            self._names = {
                ChangeKind.STATUS: {str(one["id"]): one["name"] async for one in statuses},
                ChangeKind.BOARD: {str(one["id"]): one["name"] async for one in projects},
            }
        return self._names


def _journal(journal: reading.Entry, names: Names) -> Iterator[TicketChange]:
    """A journal is a note, some changes, or both."""
    at, by = reading.moment(journal["created_on"]), _id(journal.get("user"))
    assert at is not None
    if journal.get("notes"):
        yield TicketChange(at, by, ChangeKind.NOTE)
    for detail in journal.get("details", ()):
        kind = _FIELDS.get(detail["name"]) if detail["property"] == "attr" else None
        if kind is not None:
            known = names.get(kind, {})
            before, after = (detail.get(which) for which in ("old_value", "new_value"))
            yield TicketChange(at, by, kind, known.get(before, before), known.get(after, after))


def _entry(entry: reading.Entry) -> Iterator[TicketChange]:
    # Redmine knows the day of the work, and the moment at which it was written down.
    at = reading.moment(entry["created_on"])
    if at is not None:
        yield TicketChange(at, _id(entry.get("user")), ChangeKind.TIME, minutes=float(entry["hours"]) * 60)


def _id(entry: reading.Entry | None) -> str | None:
    return None if entry is None else str(entry["id"])
