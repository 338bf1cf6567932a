"""What the tests of connections, members, boards and tickets share."""

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.app import create_app
from flowpilot.db.connect import DatabaseUrls
from flowpilot.psa.connections.models import ProviderKind
from flowpilot.psa.providers import registry
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.company import Company
from tests.psa.desk import SMALL_DESK, Desk, running_desk

CONNECTIONS = "/api/v1/psa/connections"

Connect = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def open_settings(settings: Settings) -> Settings:
    """The settings of an operator who allows ticket systems on this machine."""
    return settings.model_copy(update={"allowed_private_networks": (ip_network("127.0.0.0/8"),)})


@pytest.fixture(scope="session")
def open_client(open_settings: Settings, urls: DatabaseUrls) -> Iterator[TestClient]:
    with AppClient(create_app(open_settings, urls.runtime), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The small desk, in place of Redmine."""
    monkeypatch.setitem(registry.PROVIDERS, ProviderKind.REDMINE, SMALL_DESK)
    with running_desk() as desk:
        yield desk


@pytest.fixture
def connect(open_client: TestClient, company: Company, desk: Desk) -> Connect:
    """Connect the company to the small desk."""

    def connect(**said: Any) -> dict[str, Any]:
        body = {"provider": "redmine", "name": "Small desk", "base_url": desk.url} | {
            "credentials": {"token": desk.token}
        }
        answer = open_client.post(CONNECTIONS, json=body | said, headers=company.headers())
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return connect
