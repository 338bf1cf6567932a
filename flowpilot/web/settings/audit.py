"""Settings: the audit log of every change of access."""

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from flowpilot.clock import zone
from flowpilot.http.fields import EmptyIsNone, Text
from flowpilot.http.paging import ListPage
from flowpilot.identity.access import CanViewAuditLog
from flowpilot.identity.audit import api
from flowpilot.identity.audit.log import AuditFilter, acted
from flowpilot.identity.queries import names_of
from flowpilot.identity.replica.session import ReportSession
from flowpilot.identity.schemas import AuditEntryOut
from flowpilot.web.formatting import plain
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import render
from flowpilot.web.settings.sections import SettingsPage

router = APIRouter(prefix="/settings/audit-log", include_in_schema=False)


_HERE = "/settings/audit-log"
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(9000, 1, 1))]


@dataclass(frozen=True, slots=True)
class AuditForm:
    """The form's filter. Days are in the account's time zone, and the last day is included."""

    action: str
    person: uuid.UUID | None
    first: date | None
    last: date | None

    def filter(self, timezone: str) -> AuditFilter:
        """The API's filter for it."""
        after = None if self.last is None else self.last + timedelta(days=1)
        since, until = (
            None if day is None else datetime.combine(day, time(), zone(timezone)) for day in (self.first, after)
        )
        return AuditFilter(self.action or None, self.person, since=since, until=until)

    @property
    def query(self) -> str:
        """The query string of the form."""
        values = {"action": self.action, "person": self.person, "from": self.first, "to": self.last}
        return urlencode({name: value for name, value in values.items() if value})


async def _form(
    action: Text = "",
    person: Annotated[uuid.UUID | None, EmptyIsNone] = None,
    first: Annotated[Day | None, EmptyIsNone, Query(alias="from")] = None,
    last: Annotated[Day | None, EmptyIsNone, Query(alias="to")] = None,
) -> AuditForm:
    return AuditForm(action, person, first, last)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog(SettingsPage):
    """Entries, newest first, with their filter.

    `people` has those who made an entry, by name: nobody else would find one. `names` has those of everybody
    of whom an entry tells; `csv` is the address of all matching entries as a file.
    """

    template: ClassVar[str] = "settings/audit.html"
    section: ClassVar[str] = _HERE
    found: ListPage[AuditEntryOut]
    form: AuditForm
    actions: Sequence[str]
    people: Sequence[tuple[uuid.UUID, str]]
    names: Mapping[str, str]
    here: str
    csv: str

    def changes(self, entry: AuditEntryOut) -> Iterator[tuple[str, str | None, str | None]]:
        """The changed fields: name, value before and value after, each None if it was not recorded."""
        before, after = entry.before or {}, entry.after or {}
        for fact in dict.fromkeys([*before, *after]):
            yield fact.removesuffix("_id"), _read(before, fact, self.names), _read(after, fact, self.names)


@router.get("")
async def show(
    request: Request,
    actor: CanViewAuditLog,
    form: Annotated[AuditForm, Depends(_form)],
    db: ReportSession,
    frame: CurrentFrame,
    cursor: uuid.UUID | None = None,
) -> Response:
    audit_filter = form.filter(actor.timezone)
    found = await api.list_audit_log(actor, audit_filter, db, limit=50, cursor=cursor)
    actions, actors = await acted(db, actor.account_id)
    offered = {*actors, *([form.person] if form.person else [])}
    names = await names_of(db, actor.account_id, {*offered, *_mentioned(found.items)})
    page = AuditLog(
        title="Audit log",
        found=found,
        form=form,
        actions=actions,
        people=sorted(
            ((one, names.get(one, "A former member")) for one in offered), key=lambda person: person[1].casefold()
        ),
        names={str(one): name for one, name in names.items()},
        here=f"{_HERE}?{form.query}" if form.query else _HERE,
        csv=_csv(audit_filter),
    )
    return render(request, page, frame)


def _mentioned(entries: Iterable[AuditEntryOut]) -> Iterator[uuid.UUID]:
    """Every id among the entries' values. Those of anything but people have no name."""
    for entry in entries:
        for value in (*(entry.before or {}).values(), *(entry.after or {}).values()):
            if isinstance(value, str) and _ID.fullmatch(value):
                yield uuid.UUID(value)


def _csv(audit_filter: AuditFilter) -> str:
    values: dict[str, Any] = {"action": audit_filter.action, "actor_id": audit_filter.actor_id}
    moments = {"from": audit_filter.since, "to": audit_filter.until}
    values |= {name: None if moment is None else moment.isoformat() for name, moment in moments.items()}
    said = {name: value for name, value in values.items() if value is not None}
    return "/api/v1/audit-log.csv?" + urlencode(said | {"bom": "true"})


def _plainly(value: Any) -> str:
    """A value within another one."""
    if isinstance(value, dict):
        return ", ".join(f"{str(name).replace('_', ' ')} {_plainly(one)}" for name, one in value.items()) or "none"
    return "none" if value is None else str(value)


def _read(facts: dict[str, Any], fact: str, names: Mapping[str, str]) -> str | None:
    """A value as a person reads it, with names instead of people's ids."""
    if fact not in facts:
        return None
    value = facts[fact]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{plain(name)}: {_plainly(one)}" for name, one in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else names.get(str(value)) or str(value)
