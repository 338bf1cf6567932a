"""A random account's figures are the same on cards, in charts, tables and rows, and in CSVs.

`tests/cli/test_reports.py` holds the terminal to the API.
"""

import random
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.escalations.headline import headline
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.follow_up.report import follow_up
from flowpilot.analytics.period import Period, Window, window
from flowpilot.analytics.reports import REPORTS
from flowpilot.analytics.rows.base import RowKind
from flowpilot.analytics.rows.kinds import ROW_KINDS
from flowpilot.analytics.rows.reading import Paging, read_rows
from flowpilot.analytics.schemas import Report
from flowpilot.analytics.tables.flat import to_csv
from flowpilot.analytics.tables.sections import section_rows, sections
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, ReadDb
from flowpilot.handoffs.queries import HandoffFilter, counts, handoffs
from flowpilot.web.analytics import charts
from flowpilot.web.analytics.figures import Count, overview, quality
from flowpilot.web.analytics.figures import follow_up as follow_up_kpis
from flowpilot.web.analytics.view import Links
from tests.analytics.paths import check_table, values_in_csv, values_of
from tests.analytics.rows.test_figures import differences
from tests.analytics.test_random_worlds import NOW, ZONE, _store, _world
from tests.company import run

HOUR = timedelta(hours=1)
KINDS: dict[str, RowKind[Any]] = {kind.name: kind for kind in ROW_KINDS}


async def _opened(db: ReadDb, asked: Window, count: Count) -> int | None:
    """The rows that the number's link opens."""
    if count.href is None:
        return count.n
    address = urlparse(count.href)
    kind = KINDS[address.path.rsplit("/", 1)[-1]]
    words = parse_qs(address.query)
    filters = {
        name: values if name == "status" else values[0]
        for name, values in words.items()
        if name not in {"from", "to", "tz", "back"}
    }
    return (await read_rows(db, asked, kind, kind.filter(**filters), Paging(limit=1))).n


async def _check(database: Database, account_id: uuid.UUID) -> int:
    """Compare everything, and say how many numbers that were."""
    asked = window(account_id, now=NOW, account_timezone=ZONE, period=Period.WEEK)
    checked = 0
    async with database.read(account_id) as db:
        assert await differences(db, asked) == []
        reports: dict[str, Report] = {name: await kind.run(db, asked) for name, kind in REPORTS.items()}
        for report in reports.values():
            body = report.model_dump(mode="json", by_alias=True, exclude={"definitions"})
            known, flat = values_of(body), values_in_csv(to_csv(report))
            assert {place: flat.get(place) for place in known} == known
            checked += sum(map(len, known.values()))
            for section in sections(type(report)):
                check_table(body, section, section_rows(report, section))
        one, whole, later = (
            await dashboard(db, asked),
            await escalations(db, asked),
            await follow_up(db, asked),
        )
        links = Links({"from": "", "to": "", "tz": ZONE}, "/")
        kpis = [
            *overview(one, links),
            *quality(whole, links),
            *follow_up_kpis(later, links),
        ]
        for kpi in kpis:
            for count in kpi.counts:
                assert await _opened(db, asked, count) == count.n, (kpi.metric.slug, count)
                checked += 1
        if one.sessions_by_domain:
            drawn = charts.domains(one).spec["series"]
            assert [sum(values) for values in zip(*(each["values"] for each in drawn), strict=True)] == [
                row.total for row in one.sessions_by_domain
            ]
        alone = await headline(db, asked)
        assert alone.time_to_claimant_action == whole.time_to_claimant_action
        await _check_waiting(db, asked, whole.population.n_waiting)
    return checked


async def _check_waiting(db: ReadDb, asked: Window, n_waiting: int) -> None:
    """The badge counts what the queue and Home list, and the report what of it was created in its window."""
    badge, _ = await counts(asked.account_id).alone(db)
    queue, _ = await handoffs(db, asked.account_id, HandoffFilter("waiting"), 200, None)
    assert badge == len(queue)
    assert n_waiting == sum(asked.start <= row.handoff.created_at < asked.end for row in queue)
    rows = KINDS["handoffs"]
    page = await read_rows(db, asked, rows, rows.filter(state="waiting"), Paging(limit=200))
    assert page.n == n_waiting


def _random_account(urls: DatabaseUrls, seed: int) -> uuid.UUID:
    draw = random.Random(seed)  # noqa: S311
    rows = _world(draw)
    for handoff in rows["session_handoffs"]:
        claimed, is_closed = handoff["claimed_at"], draw.random() < 0.3
        handoff["claimed_by"] = None if claimed is None else new_id()
        handoff["closed_at"] = max(claimed or handoff["created_at"], NOW - HOUR) if is_closed else None
    return _store(urls, rows)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_number_everywhere(urls: DatabaseUrls, seed: int) -> None:
    account_id = _random_account(urls, seed)
    assert run(urls, lambda database: _check(database, account_id)) > 1000
