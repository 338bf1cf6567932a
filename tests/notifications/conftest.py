"""What the tests of notifications share."""

import pytest

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.settings import Settings
from tests.company import Company, owner_transaction
from tests.notifications.desk import Desk
from tests.outgoing.conftest import hooks

__all__ = ["hooks"]


@pytest.fixture(autouse=True)
def own_jobs(urls: DatabaseUrls) -> None:
    """All tests share the queue: jobs that earlier tests left to be tried again would run in this one."""
    with owner_transaction(urls) as owner:
        owner.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")


@pytest.fixture
def desk(company: Company, database: Database, open_settings: Settings) -> Desk:
    company.let_sign_in(*company.users.values())
    return Desk(company, database, open_settings)
