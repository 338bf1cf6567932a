"""In random worlds, every figure of the reports is the number of its rows."""

import random
import uuid
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.analytics.period import Period, window
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from tests.analytics import test_random_worlds
from tests.analytics.escalations import test_random as test_random_escalations
from tests.analytics.rows.test_figures import differences
from tests.company import run


async def _differences(database: Database, account_id: uuid.UUID) -> list[tuple[str, int, int]]:
    asked = window(account_id, now=test_random_worlds.NOW, account_timezone="Europe/Vienna", period=Period.WEEK)
    async with database.read(account_id) as db:
        return await differences(db, asked)


@pytest.mark.parametrize("worlds", [test_random_worlds, test_random_escalations])
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_figure_is_the_number_of_its_rows(urls: DatabaseUrls, worlds: ModuleType, seed: int) -> None:
    account_id = worlds._store(urls, worlds._world(random.Random(seed)))  # noqa: S311
    assert run(urls, lambda database: _differences(database, account_id)) == []
