"""What the tests of connections, members, boards and tickets share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.psa.connections.models import ProviderKind
from flowpilot.psa.providers import registry
from tests.company import Company
from tests.psa.desk import SMALL_DESK, Desk, running_desk

CONNECTIONS = "/api/v1/psa/connections"

Connect = Callable[..., dict[str, Any]]


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
