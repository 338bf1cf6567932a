"""What a person waits for has a deadline, however many requests it takes."""

import pytest

from flowpilot.db.session import Database
from flowpilot.psa.connections.asking import ask
from flowpilot.psa.provider import UnavailableError
from flowpilot.settings import Settings
from tests.company import Company
from tests.psa.desk import Desk
from tests.psa.fixtures import Connect

pytestmark = pytest.mark.anyio


async def test_all_requests_together_have_a_deadline(
    database: Database, open_settings: Settings, company: Company, desk: Desk, connect: Connect
) -> None:
    connect()
    desk.hangs = True
    with pytest.raises(UnavailableError, match="Small desk takes too long"):
        async with ask(database, open_settings, company.id, timeout_seconds=20, deadline_seconds=0.3) as asked:
            await asked.provider.list_members()


async def test_within_it_nothing_is_cut_off(
    database: Database, open_settings: Settings, company: Company, desk: Desk, connect: Connect
) -> None:
    connect()
    async with ask(database, open_settings, company.id) as asked:
        assert await asked.provider.list_members() == []
