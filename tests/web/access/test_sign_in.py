"""Sign-in by cookie, and its protection."""

import re
from datetime import timedelta
from html import escape

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.http.security_headers import CONTENT_SECURITY_POLICY
from flowpilot.identity.actor import Role
from flowpilot.identity.cookies import COOKIE
from flowpilot.identity.credentials import TokenClaim, sign_token
from tests.company import PASSWORD, Company, fresh_email
from tests.web.conftest import SignedIn, new_browser


def test_sign_in_leads_on_to_the_requested_page(client: TestClient, company: Company) -> None:
    email = fresh_email()
    company.add_person(email, Role.ENGINEER)
    browser = new_browser(client)
    asked = browser.get("/handoffs?state=all")
    assert (asked.url.path, asked.url.query) == ("/sign-in", b"next=/handoffs%3Fstate%3Dall")
    answer = browser.post(
        "/sign-in", data={"username": email, "password": PASSWORD, "next": "/handoffs?state=all"}
    )
    assert (answer.status_code, answer.url.path, answer.url.query) == (200, "/handoffs", b"state=all")


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: TestClient, company: Company) -> None:
    email = fresh_email()
    company.add_person(email, Role.ENGINEER)
    answer = new_browser(client).post(
        "/sign-in", data={"username": email, "password": PASSWORD}, follow_redirects=False
    )
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 303
    assert cookie.startswith(f"{COOKIE}=")
    assert re.search(r"HttpOnly; Max-Age=43200; Path=/; SameSite=lax$", cookie), cookie


def test_a_wrong_password_keeps_the_e_mail_and_says_so(client: TestClient, company: Company) -> None:
    email = fresh_email()
    company.add_person(email, Role.ENGINEER)
    answer = new_browser(client).post("/sign-in", data={"username": email, "password": "not this one"})
    assert answer.status_code == 401
    assert "The e-mail or the password is wrong." in answer.text
    assert f'value="{email}"' in answer.text


# A browser takes a backslash for a slash, and leaves out tabs and line breaks.
@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "/\t/elsewhere.example",
        "/\r\n/elsewhere.example",
        "/\u2028/elsewhere.example",
    ],
)
def test_a_sign_in_leads_to_no_other_site(client: TestClient, company: Company, target: str) -> None:
    email = fresh_email()
    company.add_person(email, Role.ENGINEER)
    form = {"username": email, "password": PASSWORD, "next": target}
    answer = new_browser(client).post("/sign-in", data=form, follow_redirects=False)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {},
    ],
)
@pytest.mark.parametrize("path", ["/sessions", "/sign-in", "/sign-out", "/api/v1/ai-sessions", "/accounts"])
def test_cross_site_requests_are_refused(signed_in: SignedIn, path: str, headers: dict[str, str]) -> None:
    browser = signed_in()
    del browser.headers["Sec-Fetch-Site"]
    form = {"problem_summary": "x", "username": "x", "password": "x"}
    answer = browser.post(path, headers=headers, data=form, follow_redirects=False)
    assert answer.status_code == 403
    assert "not sent from a FlowPilot page" in answer.text


def test_without_fetch_metadata_the_origin_decides(signed_in: SignedIn) -> None:
    browser = signed_in()
    del browser.headers["Sec-Fetch-Site"]
    answer = browser.post(
        "/sessions", data={"problem_summary": "A problem"}, headers={"Origin": "http://testserver"}
    )
    assert answer.status_code == 200


def test_the_cookie_reads_the_api_too(signed_in: SignedIn) -> None:
    assert signed_in(Role.VIEWER).get("/api/v1/auth/me").json()["role"] == "viewer"


def test_signing_out_takes_the_cookie_away(signed_in: SignedIn) -> None:
    browser = signed_in()
    assert browser.post("/sign-out").url.path == "/sign-in"
    assert browser.get("/").url.path == "/sign-in"


def test_a_cookie_in_its_second_half_is_renewed(client: TestClient, company: Company) -> None:
    email = fresh_email()
    user_id = company.add_person(email, Role.ENGINEER)
    browser = new_browser(client)
    key = client.app.state.signing_key  # type: ignore[attr-defined]
    for hours, renewed in ((5, False), (7, True)):
        claim = TokenClaim(user_id, company.id, now() - timedelta(hours=hours))
        answer = browser.get("/", headers={"Cookie": f"{COOKIE}={sign_token(claim, key, 12 * 60)}"})
        assert answer.status_code == 200
        assert ("set-cookie" in answer.headers) is renewed


def test_a_member_of_two_accounts_chooses_and_comes_to_the_requested_page(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    email, target = fresh_email(), "/handoffs?state=all&for_me=true"
    company.add_person(email, Role.ENGINEER)
    neighbour.add_person(email, Role.VIEWER, password=None)
    browser = new_browser(client)
    choice = browser.post("/sign-in", data={"username": email, "password": PASSWORD, "next": target})
    assert choice.url.path == "/accounts"
    assert f"Company {company.id}" in choice.text
    assert f"Company {neighbour.id}" in choice.text
    assert f'name="next" value="{escape(target)}"' in choice.text
    page = browser.post("/accounts", data={"account_id": str(neighbour.id), "next": target})
    assert (page.url.path, page.url.query) == ("/handoffs", b"state=all&for_me=true")
    assert browser.get("/api/v1/auth/me").json()["account_id"] == str(neighbour.id)


def test_a_user_without_an_account_reads_so_and_may_sign_out(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    email = fresh_email()
    user_id = company.add_person(email, Role.ENGINEER)
    browser = new_browser(client)
    browser.post("/sign-in", data={"username": email, "password": PASSWORD})
    client.delete(f"/api/v1/members/{user_id}", headers=company.headers()).raise_for_status()
    page = browser.get("/handoffs?state=all")
    assert (page.status_code, page.url.raw_path) == (200, b"/accounts?next=%2Fhandoffs%3Fstate%3Dall")
    assert "You have no account yet" in page.text
    assert 'action="/sign-out"' in page.text
    # Somewhere else somebody takes them in: there is no need to sign in again.
    neighbour.add_person(email, Role.VIEWER, password=None)
    home = browser.post("/accounts", data={"account_id": str(neighbour.id)})
    assert (home.status_code, home.url.path) == (200, "/")


def test_every_page_carries_the_policy_and_no_inline_script_or_style(signed_in: SignedIn) -> None:
    for path in ("/", "/sessions", "/handoffs", "/nowhere"):
        answer = signed_in(Role.OWNER).get(path)
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*(\ssrc=|application/json))", answer.text)


def test_a_page_that_is_not_there_is_a_page(signed_in: SignedIn) -> None:
    answer = signed_in().get("/nowhere")
    assert answer.status_code == 404
    assert "Not found" in answer.text
    # Only a failure of ours asks for it.
    assert answer.headers["x-request-id"] not in answer.text


def test_a_form_that_is_sent_signed_out_shows_its_words_and_leads_back_to_its_page(signed_in: SignedIn) -> None:
    browser = signed_in()
    page = browser.post("/sessions", data={"problem_summary": "The printer prints nothing"}).url.path
    browser.cookies.clear()
    said = {"free_text": "It hums <loudly>.", "after_step": "0", "caller": "somebody"}
    answer = browser.post(f"{page}/steps", data=said, headers={"Referer": f"http://testserver{page}"})
    assert answer.status_code == 401
    assert "It hums &lt;loudly&gt;." in answer.text
    assert "somebody" not in answer.text
    assert f'href="/sign-in?next={page}"' in answer.text


def test_a_form_that_is_sent_signed_out_with_scripts_leads_to_signing_in_and_back(signed_in: SignedIn) -> None:
    browser = signed_in()
    page = browser.post("/sessions", data={"problem_summary": "The printer prints nothing"}).url.path
    browser.cookies.clear()
    scripts = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
    answer = browser.post(f"{page}/steps", data={"free_text": "It hums.", "after_step": "0"}, headers=scripts)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, f"/sign-in?next={page}")
