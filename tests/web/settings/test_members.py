"""Members, invitations, and joining with an invitation's link."""

import re

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import PASSWORD, Company, fresh_email
from tests.web.conftest import SignedIn, new_browser
from tests.web.forms import send

MEMBERS = "/settings/members"


def _invite(browser: TestClient, email: str, **changed: str) -> str:
    """The path of the link that is shown."""
    answer = browser.post(MEMBERS, data={"email": email, "role": "engineer", "name": "Ada"} | changed)
    assert answer.status_code == 200, answer.text
    found = re.search(
        r'<code id="secret" class="wrap">http://testserver(/invitation\?token=fpi_[^<]+)<', answer.text
    )
    assert found is not None
    return found[1]


def _token(path: str) -> str:
    return path.partition("=")[2]


def test_a_role_is_changed(signed_in: SignedIn, company: Company) -> None:
    browser, viewer = signed_in(Role.TEAM_ADMIN), company.users[Role.VIEWER]
    answer = send(browser, MEMBERS, f"{viewer}/role", role="engineer")
    assert "The role is changed." in answer.text
    assert company.query("SELECT role FROM memberships WHERE user_id = %s", viewer) == [("engineer",)]


def test_after_a_change_the_search_is_still_there(signed_in: SignedIn, company: Company) -> None:
    browser, engineer = signed_in(Role.TEAM_ADMIN), company.add_person("100%+kim@example.com", Role.ENGINEER)
    answer = send(browser, f"{MEMBERS}?q=100%25%2Bkim", f"{engineer}/role", role="team_admin")
    assert "The role is changed." in answer.text
    assert answer.url.params["q"] == "100%+kim"
    assert answer.text.count("watch-row") == 1


def test_the_only_owner_cannot_leave_and_reads_why(client: TestClient, company: Company) -> None:
    user_id = company.add_person(email := fresh_email(), Role.OWNER)
    browser = new_browser(client)
    browser.post("/sign-in", data={"username": email, "password": PASSWORD})
    page = browser.get(MEMBERS).text
    assert "To leave, make somebody else an owner first." in page
    assert f"{user_id}/role" not in page
    company.add_person(fresh_email(), Role.OWNER)
    page = browser.get(MEMBERS).text
    assert "To leave, make somebody else an owner first." not in page
    assert f"{user_id}/role" in page


def test_lowering_ones_own_role_leads_to_a_page_one_may_still_see(client: TestClient, company: Company) -> None:
    email = fresh_email()
    user_id = company.add_person(email, Role.TEAM_ADMIN)
    browser = new_browser(client)
    browser.post("/sign-in", data={"username": email, "password": PASSWORD})
    answer = send(browser, MEMBERS, f"{user_id}/role", role="engineer")
    assert (answer.status_code, answer.url.path) == (200, "/settings/account")


def test_a_team_admin_is_offered_no_owner_and_cannot_manage_one(signed_in: SignedIn, company: Company) -> None:
    browser, owner = signed_in(Role.TEAM_ADMIN), company.users[Role.OWNER]
    page = browser.get(MEMBERS).text
    assert '<option value="owner"' not in page
    assert f"{MEMBERS}/{owner}/leave" not in page
    assert browser.post(f"{MEMBERS}/{owner}/leave", data={"from_role": "owner"}).status_code == 403


def test_an_engineer_sees_who_is_there_and_manages_nobody(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.ENGINEER)
    page = browser.get(MEMBERS).text
    assert "Integration (API key)" in page
    assert "Invite a colleague" not in page
    assert "/leave" not in page
    assert browser.post(MEMBERS, data={"email": fresh_email(), "role": "viewer"}).status_code == 403


def test_a_person_from_an_import_is_said_to_be_that_and_has_no_role_to_change(
    signed_in: SignedIn, company: Company
) -> None:
    person = company.add_imported("Priya Patel")
    run = company.add("import_runs", digest="d", file_name="log.csv", mapping="small", counts="{}")
    company.add("import_items", id=person, run_id=run, kind="person")
    page = signed_in(Role.OWNER).get(MEMBERS).text
    row = page.split("Priya Patel", 1)[1].split("</li>", 1)[0]
    assert "From an import, cannot sign in" in row
    assert ("Role of Priya Patel" in row, "Remove Priya Patel" in row) == (False, True)
    assert page.count("Integration (API key)") == len(Role)


def test_many_members_are_shown_in_parts_and_found_by_name_or_email(
    signed_in: SignedIn, company: Company, neighbour: Company
) -> None:
    browser = signed_in(Role.OWNER)
    for words in ("", " "):
        page = browser.get(MEMBERS, params={"q": words}).text
        assert 'role="search"' not in page
        assert "To leave, make somebody else an owner first." in page
    for whose in (company, neighbour):
        for number in range(51):
            whose.add_imported(f"Priya Patel {number}")
    page = browser.get(MEMBERS, params={"q": "@"}).text
    assert "To leave, make somebody else an owner first." in page
    company.add_person(email := fresh_email(), Role.OWNER)
    page = browser.get(MEMBERS).text
    assert 'role="search"' in page
    assert page.count("watch-row") == 50
    for words, found in (("patel priya", 50), ("PATEL 17", 1), (email.upper(), 1), ("100%", 0)):
        page = browser.get(MEMBERS, params={"q": words}).text
        assert page.count("watch-row") == found
        assert "To leave, make somebody else an owner first." not in page
        assert ("No member has this" in page) == (found == 0)
    page = browser.get(MEMBERS, params={"q": "patel priya"}).text
    more = re.search(rf'href="({MEMBERS}\?q=patel\+priya&amp;cursor=[^"]+)"', page)
    assert more is not None
    assert browser.get(more[1].replace("&amp;", "&")).text.count("watch-row") == 1


def test_members_of_another_account_are_not_shown_nor_changed(
    signed_in: SignedIn, company: Company, neighbour: Company
) -> None:
    browser, stranger = signed_in(Role.OWNER), neighbour.users[Role.VIEWER]
    assert str(stranger) not in browser.get(MEMBERS).text
    assert (
        browser.post(f"{MEMBERS}/{stranger}/role", data={"role": "owner", "from_role": "viewer"}).status_code
        == 404
    )


def test_nobody_invited_yet_says_what_to_do(signed_in: SignedIn) -> None:
    assert "No invitations" in signed_in(Role.OWNER).get(MEMBERS).text


def test_the_link_is_shown_once_and_kept_by_no_browser(signed_in: SignedIn) -> None:
    browser, email = signed_in(Role.TEAM_ADMIN), fresh_email()
    answer = browser.post(MEMBERS, data={"email": email, "role": "engineer"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'hx-history="false"' in answer.text
    later = browser.get(MEMBERS).text
    assert email in later
    assert "fpi_" not in later


def test_an_invitation_is_revoked(client: TestClient, signed_in: SignedIn) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    link = _invite(browser, fresh_email())
    revoke = re.search(rf"{MEMBERS}/invitations/[^/]+/revoke", browser.get(MEMBERS).text)
    assert revoke is not None
    assert "The invitation is revoked." in browser.post(revoke[0]).text
    answer = new_browser(client).get(link)
    assert answer.status_code == 410
    assert "This invitation is revoked." in answer.text


@pytest.mark.parametrize(
    ("email", "role", "status"), [("no address", "viewer", 422), ("a@b.example", "owner", 403)]
)
def test_an_invitation_that_cannot_be_made_is_refused(
    signed_in: SignedIn, email: str, role: str, status: int
) -> None:
    answer = signed_in(Role.TEAM_ADMIN).post(MEMBERS, data={"email": email, "role": role})
    assert answer.status_code == status


def test_older_invitations_are_a_page_further(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    first = fresh_email()
    for email in [first, *(fresh_email() for _ in range(20))]:
        _invite(browser, email)
    page = browser.get(MEMBERS).text
    assert first not in page
    older = re.search(rf"{MEMBERS}\?invited=[0-9a-f-]+", page)
    assert older is not None
    assert first in browser.get(older[0]).text


def test_a_newcomer_chooses_name_and_password_and_is_signed_in(
    client: TestClient, signed_in: SignedIn, company: Company
) -> None:
    email = fresh_email()
    link, guest = _invite(signed_in(Role.OWNER), email), new_browser(client)
    page = guest.get(link).text
    assert email in page
    assert 'value="Ada"' in page
    answer = guest.post("/invitation", data={"token": _token(link), "name": "Bea", "password": PASSWORD})
    assert (answer.status_code, answer.url.path) == (200, "/")
    assert "Good to see you, Bea" in answer.text
    signed = new_browser(client).post("/sign-in", data={"username": email, "password": PASSWORD})
    assert signed.url.path == "/"


def test_a_known_person_joins_with_their_password(
    client: TestClient, signed_in: SignedIn, company: Company, neighbour: Company
) -> None:
    email = fresh_email()
    neighbour.add_person(email, Role.VIEWER)
    link, guest = _invite(signed_in(Role.OWNER), email), new_browser(client)
    page = guest.get(link).text
    assert "Your password" in page
    assert "Your name" not in page
    wrong = guest.post("/invitation", data={"token": _token(link), "password": "not this one"})
    assert wrong.status_code == 401
    assert "The password is wrong. Use the one you sign in with." in wrong.text
    answer = guest.post("/invitation", data={"token": _token(link), "password": PASSWORD})
    assert (answer.status_code, answer.url.path) == (200, "/")
    assert str(company.id) in answer.text


def test_a_short_password_is_refused_and_the_name_is_kept(client: TestClient, signed_in: SignedIn) -> None:
    link, guest = _invite(signed_in(Role.OWNER), fresh_email()), new_browser(client)
    answer = guest.post("/invitation", data={"token": _token(link), "name": "Bea", "password": "short"})
    assert answer.status_code == 422
    assert "A password needs at least 12 characters." in answer.text
    assert 'value="Bea"' in answer.text


def test_an_invitation_is_for_one(client: TestClient, signed_in: SignedIn) -> None:
    link = _invite(signed_in(Role.OWNER), fresh_email())
    form = {"token": _token(link), "name": "Bea", "password": PASSWORD}
    new_browser(client).post("/invitation", data=form)
    answer = new_browser(client).post("/invitation", data=form)
    assert answer.status_code == 409
    assert "This invitation was accepted already. Sign in instead." in answer.text


@pytest.mark.parametrize("token", ["", "fpi_nonsense", "fpi_" + 75 * "A"])
def test_an_invalid_link_says_what_to_do(client: TestClient, token: str) -> None:
    answer = new_browser(client).get("/invitation", params={"token": token})
    assert answer.status_code == 404
    assert "There is no such invitation. Ask the person who invited you for a new one." in answer.text


def test_another_site_cannot_accept_for_a_visitor(client: TestClient, signed_in: SignedIn) -> None:
    link = _invite(signed_in(Role.OWNER), fresh_email())
    guest = new_browser(client)
    guest.headers["Sec-Fetch-Site"] = "cross-site"
    form = {"token": _token(link), "name": "Bea", "password": PASSWORD}
    assert guest.post("/invitation", data=form).status_code == 403
