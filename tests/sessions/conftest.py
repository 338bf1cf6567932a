"""What the tests of sessions share."""

import pytest
from fastapi.testclient import TestClient

from tests.company import Company
from tests.sessions.flows import publish_printer_flow, start


@pytest.fixture
def session_id(client: TestClient, company: Company) -> str:
    """A session at the first question of the printer flow."""
    publish_printer_flow(client, company)
    session_id: str = start(client, company)["id"]
    return session_id
