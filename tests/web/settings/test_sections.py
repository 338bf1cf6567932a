"""The settings as a whole, the account, and one's own password."""

from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from flowpilot.identity.cookies import COOKIE
from flowpilot.identity.credentials import TokenClaim, sign_token
from tests.company import PASSWORD, Company, fresh_email
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn, new_browser
from tests.web.forms import send

ACCOUNT: dict[str, str | list[str]] = {
    "name": "Desk",
    "timezone": "Europe/Vienna",
    "lease_minutes": "30",
    "idle_minutes": "600",
}

SECTIONS = {
    Role.VIEWER: {"account", "profile"},
    Role.ENGINEER: {"account", "members", "notifications", "profile"},
    Role.TEAM_ADMIN: {"account", "members", "keys", "notifications", "audit-log", "profile"},
}


def _save(browser: TestClient, **fields: str | list[str]) -> httpx2.Response:
    """Fill in the account's form and send it."""
    return send(browser, "/settings/account", "/settings/account", **fields)


def test_the_settings_begin_with_the_account(signed_in: SignedIn) -> None:
    assert signed_in(Role.VIEWER).get("/settings").url.path == "/settings/account"


@pytest.mark.parametrize("role", SECTIONS)
def test_a_role_sees_the_sections_that_it_may_use_and_a_clear_page_for_the_others(
    signed_in: SignedIn, role: Role
) -> None:
    browser = signed_in(role)
    tabs = browser.get("/settings").text
    for section in SECTIONS[Role.TEAM_ADMIN]:
        answer = browser.get(f"/settings/{section}")
        may = section in SECTIONS[role]
        assert (f'href="/settings/{section}"' in tabs) is may
        assert answer.status_code == (200 if may else 403)
        assert ("Not allowed" in answer.text) is not may


def test_the_account_is_saved(signed_in: SignedIn, company: Company) -> None:
    answer = _save(signed_in(Role.TEAM_ADMIN), **ACCOUNT)
    assert "The account is saved." in answer.text
    columns = "name, timezone, lease_minutes, idle_minutes"
    assert company.query(f"SELECT {columns} FROM accounts") == [("Desk", "Europe/Vienna", 30, 600)]


def test_the_accounts_form_leads_to_the_working_hours_and_leaves_them_as_they_are(
    signed_in: SignedIn, company: Company
) -> None:
    browser = signed_in(Role.OWNER)
    hours = {"valid_from": "2026-01-01", "day1": "08:30-16:00"}
    send(browser, "/settings/hours", "/settings/hours", **hours)
    versions = "SELECT count(*), max(spans::text) FROM account_hours"
    before = company.query(versions)
    assert before[0][0] == 1
    assert 'href="/settings/hours">Open the working hours' in browser.get("/settings/account").text
    _save(browser, **ACCOUNT | {"timezone": "UTC"})  # Another zone has hours of its own.
    assert company.query(versions) == before


def test_an_empty_limit_means_no_limit(signed_in: SignedIn, company: Company) -> None:
    _save(signed_in(Role.OWNER), **ACCOUNT | {"lease_minutes": "", "idle_minutes": ""})
    assert company.query("SELECT lease_minutes, idle_minutes FROM accounts") == [(None, None)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"timezone": "Mars/Olympus"}, "is not an IANA time zone"),
        ({"name": " "}, "An account needs a name."),
        ({"lease_minutes": "0"}, "Enter 1 or more"),
    ],
)
def test_mistakes_in_the_accounts_form_are_named(
    signed_in: SignedIn, wrong: dict[str, str | list[str]], said: str
) -> None:
    answer = _save(signed_in(Role.OWNER), **ACCOUNT | wrong)
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize(("field", "value"), [("timezone", "Mars/Olympus"), ("name", " ")])
def test_what_a_rule_refuses_is_said_at_its_field(signed_in: SignedIn, field: str, value: str) -> None:
    browser = signed_in(Role.OWNER)
    browser.headers["HX-Request"] = "true"
    answer = _save(browser, **ACCOUNT | {field: value})
    assert f'data-wrong=\'{{"{field}": ' in answer.text


def test_the_account_says_whether_meanings_are_compared(
    signed_in: SignedIn, client: TestClient, company: Company
) -> None:
    publish_printer_flow(client, company)
    text = signed_in(Role.VIEWER).get("/settings/account").text
    assert (
        "By its words and by what they mean, in many languages: the meaning of 1 published flow is known." in text
    )


def test_an_engineer_reads_the_account_and_cannot_change_it(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.ENGINEER)
    page = browser.get("/settings/account").text
    assert "A team admin can change this." in page
    assert 'action="/settings/account"' not in page
    assert browser.post("/settings/account", data=ACCOUNT).status_code == 403


def _password_form(**changed: str) -> dict[str, str]:
    form = {"current_password": PASSWORD, "new_password": "another long one", "repeated": "another long one"}
    return form | changed


def test_another_password_signs_out_all_browsers_but_this_one(client: TestClient, company: Company) -> None:
    assert isinstance(client.app, FastAPI)
    email = fresh_email()
    user_id = company.add_person(email, Role.VIEWER)
    browser, other = new_browser(client), new_browser(client)
    for one in (browser, other):
        # Signed a while ago: tokens know their time to the second.
        claim = TokenClaim(user_id, company.id, now() - timedelta(minutes=1))
        one.cookies[COOKIE] = sign_token(claim, client.app.state.signing_key, 60)
    answer = browser.post("/settings/profile/password", data=_password_form())
    assert (answer.status_code, answer.url.path) == (200, "/settings/profile")
    assert "Your password is changed." in answer.text
    assert other.get("/settings/profile").url.path == "/sign-in"
    signed = new_browser(client).post("/sign-in", data={"username": email, "password": "another long one"})
    assert signed.url.path == "/"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"current_password": "not this one"}, "The current password is wrong."),
        ({"repeated": "another long two"}, "The two new passwords differ."),
        ({"new_password": "short", "repeated": "short"}, "A password needs at least 12 characters."),
    ],
)
def test_a_bad_new_password_is_explained_and_ends_no_session(
    signed_in: SignedIn, wrong: dict[str, str], said: str
) -> None:
    browser = signed_in(Role.ENGINEER)
    answer = browser.post("/settings/profile/password", data=_password_form(**wrong))
    assert answer.status_code == 422
    assert said in answer.text
    assert browser.get("/settings/profile").url.path == "/settings/profile"
