"""First-run set-up: the first account, by whoever can read what the server printed."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from flowpilot.app import create_app
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.settings import Settings
from tests.company import PASSWORD, fresh_email
from tests.web.conftest import SAME_SITE


@pytest.fixture
def fresh(settings: Settings, urls: DatabaseUrls) -> Iterator[TestClient]:
    """A server of an installation of its own: its key is another, and so are its code and its first account."""
    own = settings.model_copy(update={"secret_key": SecretStr(f"{new_id()}")})
    with TestClient(create_app(own, urls.runtime, is_first_run=True), headers=SAME_SITE) as client:
        yield client


def _form(client: TestClient, **given: str) -> dict[str, str]:
    form = {
        "code": client.app.state.setup_code,  # type: ignore[attr-defined]
        "account_name": "Maple IT",
        "timezone": "Europe/Vienna",
        "name": "Ada",
        "email": fresh_email(),
        "password": PASSWORD,
    }
    return form | given


def test_the_owner_is_signed_in_to_an_account_with_the_shipped_flows(fresh: TestClient) -> None:
    assert "Set FlowPilot up" in fresh.get("/sign-in").text
    home = fresh.post("/setup", data=_form(fresh))
    assert (home.status_code, home.url.path) == (200, "/")
    assert "Welcome to FlowPilot, Ada." in home.text
    me = fresh.get("/api/v1/auth/me").json()
    assert (me["account_name"], me["role"], me["timezone"]) == ("Maple IT", "owner", "Europe/Vienna")
    assert len(fresh.get("/api/v1/flows?limit=200&state=published").json()["items"]) == 20


def test_a_wrong_code_makes_nothing_and_keeps_the_form(fresh: TestClient) -> None:
    answer = fresh.post("/setup", data=_form(fresh, code="00000-00000-00000-00000"))
    assert answer.status_code == 403
    assert "The set-up code is wrong." in answer.text
    assert 'value="Maple IT"' in answer.text
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"password": "too short"}, "A password needs at least 12 characters."),
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"account_name": " "}, "An account needs a name."),
        ({"email": "nobody"}, "nobody"),
    ],
)
def test_what_can_not_be_used_is_said_and_may_be_corrected(
    fresh: TestClient, given: dict[str, str], why: str
) -> None:
    answer = fresh.post("/setup", data=_form(fresh, **given))
    assert answer.status_code == 422
    assert why in answer.text
    assert fresh.post("/setup", data=_form(fresh)).status_code == 200


def test_the_code_is_good_for_one_account(fresh: TestClient, settings: Settings, urls: DatabaseUrls) -> None:
    form = _form(fresh)
    key = fresh.app.state.settings.secret_key  # type: ignore[attr-defined]
    assert fresh.post("/setup", data=form).status_code == 200
    assert fresh.get("/setup").status_code == 409
    # Another process of the same installation has not noticed.
    again = create_app(settings.model_copy(update={"secret_key": key}), urls.runtime, is_first_run=True)
    with TestClient(again, headers=SAME_SITE) as other:
        answer = other.post("/setup", data=form | {"email": fresh_email()})
    assert answer.status_code == 409
    assert "FlowPilot is set up already." in answer.text


def test_another_site_can_not_send_the_form(fresh: TestClient) -> None:
    answer = fresh.post("/setup", data=_form(fresh), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_a_server_with_accounts_offers_none(client: TestClient) -> None:
    assert client.get("/setup").status_code == 409
    assert "Set FlowPilot up" not in client.get("/sign-in").text
