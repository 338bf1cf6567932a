"""Routes of the rows that figures count, in pages and as files."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from flowpilot.analytics.requests import WindowQuery, limited
from flowpilot.analytics.rows.base import Item, RowKind
from flowpilot.analytics.rows.files import csv_response, xlsx_response
from flowpilot.analytics.rows.kinds import ROW_KINDS
from flowpilot.analytics.rows.reading import PagingQuery, RowsPage, read_rows
from flowpilot.http.csv import Bom
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import requires
from flowpilot.identity.replica.session import ReportSession

router = APIRouter(prefix="/api/v1/analytics/flowpilot/rows", tags=["analytics"])


def _add_routes(kind: RowKind[Item]) -> None:
    """The page and the files of one kind. FastAPI reads the types of the functions when they are made."""
    allowed = requires(kind.permission)
    limit = limited("rows", kind.permission)
    name = f"read_{kind.name.replace('-', '_')}"

    @router.get(
        f"/{kind.name}",
        name=name,
        description=kind.description,
        response_model=RowsPage[kind.item],  # type: ignore[name-defined]
        dependencies=[limit],
    )
    async def read(
        _: Annotated[Actor, allowed],
        window: WindowQuery,
        db: ReportSession,
        row_filter: Annotated[kind.filter, Query()],  # type: ignore[name-defined]
        paging: PagingQuery,
    ) -> RowsPage[Item]:
        return await read_rows(db, window, kind, row_filter, paging)

    @router.get(f"/{kind.name}.csv", name=f"{name}_csv", response_class=Response, dependencies=[limit])
    async def read_csv(
        _: Annotated[Actor, allowed],
        window: WindowQuery,
        db: ReportSession,
        row_filter: Annotated[kind.filter, Query()],  # type: ignore[name-defined]
        bom: Bom = False,
    ) -> Response:
        """The same rows as CSV, up to the newest 100,000. `FlowPilot-Truncated: true` says that there are more."""
        return await csv_response(db, window, kind, row_filter, bom=bom)

    @router.get(f"/{kind.name}.xlsx", name=f"{name}_xlsx", response_class=Response, dependencies=[limit])
    async def read_xlsx(
        _: Annotated[Actor, allowed],
        window: WindowQuery,
        db: ReportSession,
        row_filter: Annotated[kind.filter, Query()],  # type: ignore[name-defined]
    ) -> Response:
        """The same rows as a spreadsheet. Its second sheet has the window and the filters."""
        return await xlsx_response(db, window, kind, row_filter)


for _kind in ROW_KINDS:
    _add_routes(_kind)
