"""JSON and CSV routes of the audit log."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from flowpilot.clock import zone
from flowpilot.errors import ConflictError
from flowpilot.http.csv import MEDIA_TYPE, Bom, attachment, csv_lines, csv_start
from flowpilot.http.fields import Text
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanViewAuditLog
from flowpilot.identity.audit import log as audit
from flowpilot.identity.audit.log import AuditFilter
from flowpilot.identity.auth import Caller
from flowpilot.identity.replica.session import ReportSession
from flowpilot.identity.schemas import AuditEntryOut

router = APIRouter(prefix="/api/v1", tags=["identity"])


MAX_CSV_ROWS = 100_000
_CHUNK_ROWS = 2_000


class TooManyEntriesError(ConflictError):
    """More entries match than one file holds."""


async def _filter(
    actor: Caller,
    action: Annotated[
        Text | None,
        Query(description="Such as `member.added`; if it ends with a dot, all actions that begin like that."),
    ] = None,
    actor_id: Annotated[uuid.UUID | None, Query(description="User who made the change.")] = None,
    target_type: Annotated[Text | None, Query(description="Such as `user` or `api_key`.")] = None,
    target_id: Annotated[uuid.UUID | None, Query(description="Id of the target.")] = None,
    from_: Annotated[
        datetime | None,
        Query(
            alias="from",
            description="ISO date-time, included; in the account's time zone unless it has an offset.",
        ),
    ] = None,
    to: Annotated[datetime | None, Query(description="ISO date-time, not included.")] = None,
) -> AuditFilter:
    since, until = (_in_zone(moment, actor.timezone) for moment in (from_, to))
    return AuditFilter(action, actor_id, target_type, target_id, since, until)


AuditQuery = Annotated[AuditFilter, Depends(_filter)]


@router.get("/audit-log")
async def list_audit_log(
    actor: CanViewAuditLog, audit_filter: AuditQuery, db: ReportSession, limit: Limit = 50, cursor: Cursor = None
) -> ListPage[AuditEntryOut]:
    """Every change of access, newest first."""
    return list_page(await audit.entries(db, actor.account_id, audit_filter, limit + 1, cursor), limit)


@router.get("/audit-log.csv", response_class=Response)
async def export_audit_log(
    actor: CanViewAuditLog, audit_filter: AuditQuery, db: ReportSession, bom: Bom = False
) -> Response:
    """The same as CSV, at most 100,000 entries. If more match, the answer is 409: no file is cut short."""
    if await audit.count_up_to(db, actor.account_id, audit_filter, MAX_CSV_ROWS + 1) > MAX_CSV_ROWS:
        raise TooManyEntriesError(f"More than {MAX_CSV_ROWS:,} entries match. Narrow them down with from and to.")
    parts, cursor = [csv_start(bom=bom), csv_lines([AuditEntryOut.model_fields])], None
    while chunk := await audit.entries(db, actor.account_id, audit_filter, _CHUNK_ROWS, cursor):
        parts.append(csv_lines(_row(entry) for entry in chunk))
        cursor = chunk[-1].id
    return Response("".join(parts), media_type=MEDIA_TYPE, headers=attachment("audit-log"))


@router.get("/audit-log/actions")
async def list_audit_actions(actor: CanViewAuditLog, db: ReportSession) -> list[str]:
    """The actions that occur in the account's audit log."""
    return list(await audit.actions(db, actor.account_id))


def _in_zone(moment: datetime | None, timezone: str) -> datetime | None:
    return moment.replace(tzinfo=zone(timezone)) if moment is not None and moment.tzinfo is None else moment


def _row(entry: AuditEntryOut) -> Iterator[str | None]:
    for value in entry.model_dump(mode="json").values():
        yield json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
