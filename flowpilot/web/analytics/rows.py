"""The pages behind the figures: the rows that a number counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from flowpilot.analytics.period import Window
from flowpilot.analytics.requests import WindowQuery, limited
from flowpilot.analytics.rows.base import RowFilter, RowKind
from flowpilot.analytics.rows.kinds import ROW_KINDS
from flowpilot.analytics.rows.reading import PagingQuery, RowsPage, read_rows
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import requires
from flowpilot.identity.replica.session import ReportSession
from flowpilot.web.analytics import narrowing
from flowpilot.web.analytics.row_columns import COLUMNS, Column, in_words
from flowpilot.web.frame import CurrentFrame, Frame
from flowpilot.web.render import Page, is_own_path, render

router = APIRouter(prefix="/analytics/rows", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Page):
    """Rows of one kind. `here` is the page's address without its cursor; `csv` has the same rows as CSV."""

    template: ClassVar[str] = "analytics/rows.html"
    window: Window
    found: RowsPage[Any]
    columns: Sequence[Column]
    here: str
    csv: str
    back: str
    is_continued: bool
    only: str


@dataclass(frozen=True, slots=True)
class RowsRequest:
    """What a request for a page of rows has, whatever their kind."""

    request: Request
    window: Window
    frame: Frame
    back: str

    def answer(self, kind: RowKind[Any], row_filter: RowFilter, found: RowsPage[Any]) -> Response:
        """The rows as a page."""
        query = [(name, value) for name, value in self.request.query_params.multi_items() if name != "cursor"]
        csv_query = [(name, value) for name, value in query if name not in {"back", "limit"}]
        page = Rows(
            title=in_words(
                kind.name, row_filter, *(_name(what, row_filter, found.items) for what in ("flow", "client"))
            ),
            window=self.window,
            found=found,
            columns=COLUMNS[kind.name],
            here=f"/analytics/rows/{kind.name}?{urlencode(query)}",
            csv=f"/api/v1/analytics/flowpilot/rows/{kind.name}.csv?{urlencode([*csv_query, ('bom', 'true')])}",
            back=self.back,
            only=narrowing.in_words(self.window, row_filter.parameters),
            is_continued="cursor" in self.request.query_params,
        )
        return render(self.request, page, self.frame)


def _name(what: str, row_filter: RowFilter, items: Sequence[BaseModel]) -> str | None:
    """The name of the flow or client that the rows are asked for, as the rows know it."""
    is_asked = getattr(row_filter, f"{what}_id", None) is not None
    return getattr(items[0], what, None) if is_asked and items else None


async def _rows_request(
    request: Request, window: WindowQuery, frame: CurrentFrame, back: Annotated[str, Query()] = "/analytics"
) -> RowsRequest:
    return RowsRequest(request, window, frame, back if is_own_path(back) else "/analytics")


RowsQuery = Annotated[RowsRequest, Depends(_rows_request)]


def _add_page(kind: RowKind[Any]) -> None:
    """The page of one kind of rows. FastAPI reads the types of the function when it is made."""

    @router.get(f"/{kind.name}", name=f"show_{kind.name}", dependencies=[limited("rows", kind.permission)])
    async def show(
        _: Annotated[Actor, requires(kind.permission)],
        db: ReportSession,
        rows: RowsQuery,
        row_filter: Annotated[kind.filter, Query()],  # type: ignore[name-defined]
        paging: PagingQuery,
    ) -> Response:
        return rows.answer(kind, row_filter, await read_rows(db, rows.window, kind, row_filter, paging))


for _kind in ROW_KINDS:
    _add_page(_kind)
