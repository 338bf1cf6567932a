"""The desk that these tests connect to."""

import pytest

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.settings import Settings
from tests.company import Company
from tests.imports.psa.bringing import Bringing
from tests.psa.desk import Desk
from tests.psa.fixtures import Connect, connect, desk

__all__ = ["connect", "desk"]


@pytest.fixture
def bringing(
    company: Company,
    desk: Desk,
    connect: Connect,
    database: Database,
    open_settings: Settings,
    urls: DatabaseUrls,
) -> Bringing:
    connect()
    return Bringing(company, desk, database, open_settings, urls.runtime)
