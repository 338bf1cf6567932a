"""What the tests of pages share: browsers without scripts, signed in by their cookie."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.asgi import AppClient
from tests.company import PASSWORD, Company

# What a browser says of a form that it sends from one of our own pages.
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}

SignedIn = Callable[..., TestClient]


@pytest.fixture
def signed_in(client: TestClient, company: Company) -> SignedIn:
    """`signed_in(role)`: the browser of a new member with that role; it follows redirects."""

    def sign_in(role: Role = Role.ENGINEER, to: Company = company) -> TestClient:
        _, email = to.add_newcomer(role)
        browser = new_browser(client)
        form = {"username": email, "password": PASSWORD}
        answer = browser.post("/sign-in", data=form, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return browser

    return sign_in


def new_browser(client: TestClient) -> TestClient:
    """Another browser at the same server, without cookies."""
    browser = AppClient(client.app, headers=SAME_SITE, raise_server_exceptions=False)
    # The server runs in the first one's thread, and its connections with it.
    browser.portal = client.portal
    return browser
