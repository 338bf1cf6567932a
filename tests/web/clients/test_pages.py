"""Pages of clients, and clients in other pages, without scripts."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.web.conftest import SignedIn
from tests.web.forms import send

PROBLEM = "Something odd happens with my chair"


def _start(browser: TestClient, client_name: str) -> str:
    path: str = send(browser, "/", "/sessions", problem_summary=PROBLEM, client_name=client_name).url.path
    return path


def _client(browser: TestClient, name: str, notes: str = "") -> str:
    path: str = send(browser, "/clients", "/clients", name=name, notes=notes).url.path
    return path


def test_an_empty_list_says_what_to_do(signed_in: SignedIn) -> None:
    assert "Name a client when you start a session, and it appears here." in signed_in().get("/clients").text
    assert "No clients match" in signed_in().get("/clients?q=acme").text


def test_the_form_of_a_session_offers_clients_and_the_session_shows_its_notes(signed_in: SignedIn) -> None:
    browser = signed_in()
    _client(browser, "Acme", "Ask for Kim.")
    assert '<option value="Acme"></option>' in browser.get("/").text
    page = browser.get(_start(browser, "acme")).text
    assert "About Acme" in page
    assert "Ask for Kim." in page


def test_notes_are_shown_as_soon_as_the_client_is_named(signed_in: SignedIn) -> None:
    browser = signed_in()
    _client(browser, "Acme", "Ask for <Kim>.")
    part = browser.get("/clients/at-start", params={"client_name": " ACME "}).text
    assert "Ask for &lt;Kim&gt;." in part
    assert "<html" not in part
    for other in ("", "Globex"):
        assert browser.get("/clients/at-start", params={"client_name": other}).text.strip() == ""


def test_a_handoff_shows_its_client_with_the_notes(signed_in: SignedIn) -> None:
    browser = signed_in()
    at = _client(browser, "Acme", "Ask for Kim.")
    path = _start(browser, "Acme")
    page = send(browser, f"{path}/escalate", "/escalate", reason="Out of ideas.").text
    assert f'<a href="{at}">Acme</a>' in page
    assert "Ask for Kim." in page


def test_a_client_shows_its_sessions_and_the_list_is_narrowed_to_them(signed_in: SignedIn) -> None:
    browser = signed_in()
    at = _client(browser, "Acme")
    path, other = _start(browser, "Acme"), _start(browser, "Globex")
    page = browser.get(at).text
    assert (page.count(f'href="{path}"'), page.count(f'href="{other}"')) == (2, 0)
    client_id = at.rpartition("/")[2]
    for sessions in (
        browser.get(f"/sessions?client_id={client_id}").text,
        browser.get("/sessions?client_id=").text,
    ):
        assert f'href="{path}"' in sessions
    assert f'href="{other}"' not in browser.get(f"/sessions?client_id={client_id}").text


def test_name_and_notes_are_edited_unless_somebody_was_faster(signed_in: SignedIn) -> None:
    browser, other = signed_in(Role.TEAM_ADMIN), signed_in(Role.OWNER)
    at = _client(browser, "Acme")
    older = other.get(at)
    page = send(browser, at, "/details", name="Acme Ltd", notes="Call first.").text
    assert "Call first." in page
    assert '<span class="watch-what wrap">Acme</span>' in page
    late = send(other, older, "/details", notes="Never call.")
    assert late.status_code == 409
    assert "Never call." in late.text
    assert "Call first." in late.text


def test_aliases_are_added_and_removed(signed_in: SignedIn) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    at = _client(browser, "Acme")
    assert "ACME Ltd." in send(browser, at, "/aliases", name="ACME Ltd.").text
    assert "No other names." in send(browser, at, "/remove").text


def test_a_merge_says_what_will_move_and_is_undone_on_the_page_of_the_other(
    signed_in: SignedIn, company: Company
) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    old, new = _client(browser, "Acme", "Old notes."), _client(browser, "ACME Ltd.")
    path = _start(browser, "Acme")
    choosing = browser.get(f"{old}/merge").text
    assert f"into={new.rpartition('/')[2]}" in choosing
    assert f"into={old.rpartition('/')[2]}" not in choosing
    asking = browser.get(f"{old}/merge", params={"into": new.rpartition("/")[2]})
    assert "1 session of <strong>Acme</strong> will move to <strong>ACME Ltd.</strong>." in asking.text
    merged = send(browser, asking, "/merge")
    assert merged.url.path == new
    assert "Merged: 1 session moved here." in merged.text
    assert "Old notes." in merged.text
    assert f'<a href="{new}">ACME Ltd.</a>' in browser.get(path).text
    assert "was merged into" in browser.get(old).text
    undone = send(browser, new, "/undo")
    assert undone.url.path == old
    assert "The merge is undone: 1 session came back." in undone.text
    assert company.query("SELECT client_name FROM ai_sessions") == [("Acme",)]


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.VIEWER])
def test_only_team_admins_are_offered_to_manage(signed_in: SignedIn, role: Role) -> None:
    at = _client(signed_in(), "Acme")
    browser = signed_in(role)
    page = browser.get(at).text
    assert ('action="/clients' in page, "Merge" in page) == (False, False)
    assert browser.get(f"{at}/merge").status_code == 403
    assert ("New client" in browser.get("/clients").text) == (role == Role.ENGINEER)


@pytest.mark.parametrize("kind", ["sessions", "handoffs"])
def test_a_page_of_rows_names_the_client_that_it_is_narrowed_to(
    signed_in: SignedIn, company: Company, kind: str
) -> None:
    acme = company.add("clients", name="Acme")
    session = company.add("ai_sessions", client_id=acme, client_name="Acme", problem_summary="Broken")
    company.add("session_handoffs", session_id=session)
    page = signed_in(Role.OWNER).get(f"/analytics/rows/{kind}", params={"client_id": str(acme)}).text
    assert "client “Acme”</h1>" in page
    assert f'<a href="/clients/{acme}">Acme</a>' in page


def test_edit_details_offers_the_clients(signed_in: SignedIn) -> None:
    browser = signed_in()
    _client(browser, "Globex")
    path = _start(browser, "Acme")
    assert '<option value="Globex"></option>' in browser.get(path).text
    assert "Globex" in send(browser, path, "/details", client_name="globex").text
