"""What the tests of notifications share."""

from collections.abc import Iterator
from ipaddress import ip_network

import psycopg
import pytest
from fastapi.testclient import TestClient

from flowpilot.app import create_app
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.company import Company
from tests.notifications.desk import Desk
from tests.outgoing.conftest import hooks

__all__ = ["hooks"]


@pytest.fixture(scope="session")
def open_settings(settings: Settings) -> Settings:
    """The settings of an operator who lets messages go to this machine."""
    return settings.model_copy(update={"allowed_private_networks": (ip_network("127.0.0.0/8"),)})


@pytest.fixture(scope="session")
def open_client(open_settings: Settings, urls: DatabaseUrls) -> Iterator[TestClient]:
    with AppClient(create_app(open_settings, urls.runtime), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(autouse=True)
def own_jobs(urls: DatabaseUrls) -> None:
    """All tests share the queue: jobs that earlier tests left to be tried again would run in this one."""
    with psycopg.connect(urls.owner) as owner:
        owner.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")


@pytest.fixture
def desk(company: Company, database: Database, open_settings: Settings) -> Desk:
    company.let_sign_in(*company.users.values())
    return Desk(company, database, open_settings)
