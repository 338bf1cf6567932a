"""The desk that these tests connect to, and a browser at a server that may reach it."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import PASSWORD, Company
from tests.psa.fixtures import connect, desk
from tests.web.conftest import new_browser

__all__ = ["connect", "desk"]


@pytest.fixture
def browser(open_client: TestClient, company: Company) -> TestClient:
    """The browser of an owner."""
    _, email = company.add_newcomer(Role.OWNER)
    browser = new_browser(open_client)
    browser.post("/sign-in", data={"username": email, "password": PASSWORD})
    return browser
