"""A part that is read alone says what the report says, in random worlds."""

import random
import uuid

from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.analytics.dashboard.glances import knowledge_glance, psa_glance
from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.flow_quality import flow_quality, quality_of
from flowpilot.analytics.period import Period, window
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from tests.analytics import test_random_worlds as worlds
from tests.company import run


async def _compare(database: Database, account_id: uuid.UUID, flow_ids: list[uuid.UUID]) -> None:
    asked = window(account_id, now=worlds.NOW, account_timezone=worlds.ZONE, period=Period.WEEK)
    async with database.read(account_id) as db:
        whole = await dashboard(db, asked)
        pushes, known = await psa_glance(db, asked), await knowledge_glance(db, asked)
        of_report = {flow.flow_id: flow for flow in (await flow_quality(db, asked)).flows}
        by_itself = {flow_id: await quality_of(db, asked, flow_id) for flow_id in flow_ids}
    assert (pushes.total_sessions, pushes.psa_metrics) == (whole.total_sessions, whole.psa_metrics)
    assert known.knowledge_coverage.model_dump() == whole.knowledge_coverage.model_dump(
        exclude={"coverage_by_domain"}
    )
    assert {flow_id: flow for flow_id, flow in by_itself.items() if flow is not None} == of_report


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_part_is_what_the_report_says(urls: DatabaseUrls, seed: int) -> None:
    rows = worlds._world(random.Random(seed))  # noqa: S311
    flow_ids = [*(flow["id"] for flow in rows["trees"]), uuid.uuid4()]
    account_id = worlds._store(urls, rows)
    run(urls, lambda database: _compare(database, account_id, flow_ids))
