"""The ticket system is connected, checked and mapped without leaving the browser, and no secret is shown again."""

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.psa.desk import TOKEN, Desk
from tests.psa.fixtures import Connect
from tests.web.conftest import SignedIn
from tests.web.forms import send

HERE = "/settings/ticket-system"


def test_without_one_it_asks_which(browser: TestClient, desk: Desk) -> None:
    page = browser.get(HERE).text
    assert "Connect your ticket system" in page
    assert f'href="{HERE}?provider=redmine">Small desk' in page


def test_it_is_connected_with_what_it_needs(browser: TestClient, company: Company, desk: Desk) -> None:
    said = {"base_url": desk.url, "credentials.token": TOKEN, "settings.books_travel": "true"}
    page = send(browser, f"{HERE}?provider=redmine", HERE, **said)
    assert page.status_code == 200
    assert ("Checked: all is well." in page.text, ">Connected</span>" in page.text) == (True, True)
    assert TOKEN not in page.text
    assert company.query("SELECT name, settings->'books_travel' FROM psa_connections") == [("Small desk", True)]


def test_a_wrong_field_is_named_and_nothing_is_kept(browser: TestClient, company: Company, desk: Desk) -> None:
    form = {"base_url": desk.url, "credentials.token": "x" * 201}
    refused = send(browser, f"{HERE}?provider=redmine", HERE, **form)
    assert refused.status_code == 422
    assert "Token: Enter at most 200 characters." in refused.text
    assert company.query("SELECT id FROM psa_connections") == []


def test_an_error_names_a_field_as_its_form_does(browser: TestClient, desk: Desk) -> None:
    form = {"base_url": desk.url, "credentials.token": TOKEN, "settings.slowest_answer_seconds": "0"}
    refused = browser.post(HERE, data={"provider": "request_tracker", "name": "Desk", **form})
    assert "Slowest answer in seconds: " in refused.text
    assert "Address of a ticket: " in browser.post(f"{HERE}/links/template", data={"template": "nowhere"}).text


def test_a_check_lists_what_is_missing(browser: TestClient, desk: Desk, connect: Connect) -> None:
    connect()
    desk.shows["rights"] = ["book time"]
    page = send(browser, HERE, "/check")
    assert "The right to book time is missing." in page.text


def test_what_was_never_reached_is_not_called_connected(browser: TestClient, desk: Desk) -> None:
    page = send(browser, f"{HERE}?provider=redmine", HERE, **{"base_url": desk.url, "credentials.token": "wrong"})
    assert ">The check failed</span>" in page.text
    assert "does not accept the credentials" in page.text


def test_what_was_never_checked_says_so(browser: TestClient, connect: Connect) -> None:
    connect()
    assert ">Not checked</span>" in browser.get(HERE).text


def test_a_system_that_is_down_is_not_said_to_have_asked_for_a_pause(
    browser: TestClient, company: Company, connect: Connect
) -> None:
    connect()
    rests = "UPDATE psa_connections SET backs_off_until = now() + interval '1 hour', trouble = %s RETURNING 1"
    company.query(rests, "Small desk cannot be reached.")
    page = browser.get(HERE).text
    assert "It takes nothing at the moment. Small desk cannot be reached. Next attempt: " in page
    assert "has asked for a pause" not in page


def test_refused_credentials_are_tried_again_not_resumed(
    browser: TestClient, company: Company, connect: Connect
) -> None:
    connect()
    company.query("UPDATE psa_connections SET paused_at = now(), pause_kind = 'credentials' RETURNING 1")
    page = browser.get(HERE)
    assert ("Resume postings" in page.text, "Try the same credentials again" in page.text) == (False, True)
    assert "The credentials are tried again." in send(browser, page, "/resume").text


def test_members_are_mapped_by_hand(browser: TestClient, company: Company, desk: Desk, connect: Connect) -> None:
    alex, _ = company.add_newcomer(Role.ENGINEER)
    desk.shows["members"] = [{"id": "a/7", "name": "Alex"}]
    connect()
    send(browser, HERE, "/check")
    send(browser, HERE, "/members/mapping", user_id=str(alex))
    assert company.query("SELECT user_id, mapped_by FROM psa_members") == [(alex, "hand")]
    assert "By hand" in browser.get(HERE).text


def test_a_person_who_is_taken_from_another_member_is_named_and_comes_back(
    browser: TestClient, company: Company, desk: Desk, connect: Connect
) -> None:
    alex, email = company.add_newcomer(Role.VIEWER)
    desk.shows["members"] = [{"id": "7", "name": "Alex", "email": email}, {"id": "8", "name": "Service"}]
    connect()
    send(browser, HERE, "/check")
    where = "SELECT external_id, user_id, mapped_by FROM psa_members ORDER BY external_id"
    by_email = ("7", alex, "email")
    assert company.query(where) == [by_email, ("8", None, None)]
    assert f'<option value="{alex}" selected>' in browser.get(HERE).text
    mapping = f"{HERE}/members/mapping"
    said = browser.post(mapping, data={"external_id": "8", "user_id": str(alex)}).text
    assert "Saved. Alex was mapped to this person, and is nobody here now." in said
    said = browser.post(mapping, data={"external_id": "8", "user_id": ""}).text
    assert "Saved. This member is nobody here." in said
    assert company.query(where) == [by_email, ("8", None, "hand")]


def test_a_change_that_says_nothing_of_credentials_keeps_them(
    browser: TestClient, company: Company, connect: Connect
) -> None:
    made = connect()
    stored = company.query("SELECT credentials_encrypted FROM psa_connections")
    send(browser, HERE, made["id"], name="Our desk")
    assert company.query("SELECT name FROM psa_connections") == [("Our desk",)]
    assert company.query("SELECT credentials_encrypted FROM psa_connections") == stored
    send(browser, HERE, made["id"], **{"credentials.token": "SECRET-new"})
    assert company.query("SELECT credentials_encrypted FROM psa_connections") != stored


def test_it_is_paused_resumed_and_removed(browser: TestClient, connect: Connect) -> None:
    connect()
    assert "All postings are paused since" in send(browser, HERE, "/pause").text
    assert "Pause all postings" in send(browser, HERE, "/resume").text
    assert "Connect your ticket system" in send(browser, HERE, "/remove").text


def test_statuses_come_after_the_page(browser: TestClient, company: Company, desk: Desk, connect: Connect) -> None:
    connect()
    statuses = [{"id": "20", "name": "Done", "is_closed": True}]
    desk.shows["boards"] = [{"id": "1", "name": "Service desk", "statuses": statuses}]
    asked = list(desk.asked)
    assert f'hx-get="{HERE}/boards"' in browser.get(HERE).text
    assert desk.asked == asked
    assert "Done (closes the ticket)" in browser.get(f"{HERE}/boards").text
    send(browser, f"{HERE}/boards", "/boards", resolved="20", abandoned="(as it is)", escalated="")
    chosen = "SELECT occasion, status_name FROM psa_board_statuses ORDER BY occasion"
    assert company.query(chosen) == [("abandoned", None), ("resolved", "Done")]
    part = browser.get(f"{HERE}/boards").text
    assert (part.count("Not chosen yet"), part.count("Leave the status as it is")) == (1, 3)


def test_a_board_whose_statuses_are_unknown_says_what_to_do(
    browser: TestClient, desk: Desk, connect: Connect
) -> None:
    connect()
    desk.shows["boards"] = [{"id": "7", "name": "Projects", "hint": "Add its lifecycle."}]
    part = browser.get(f"{HERE}/boards").text
    assert ("<strong>Projects</strong>: Add its lifecycle." in part, "<select" in part) == (True, False)
    assert "No status is set at present" in part


def test_a_ticket_system_that_is_down_is_said_in_its_place(
    browser: TestClient, desk: Desk, connect: Connect
) -> None:
    connect()
    desk.token = "another"
    part = browser.get(f"{HERE}/boards", headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "does not accept the credentials" in part.text
    assert "<html" not in part.text


def test_credentials_of_an_outdated_form_are_not_shown(
    browser: TestClient, connect: Connect, company: Company, desk: Desk
) -> None:
    """A form that is sent again with other content is refused with what it held, but not with its secrets."""
    page = browser.get(f"{HERE}?provider=redmine")
    said = {"base_url": desk.url, "credentials.token": TOKEN}
    send(browser, page, HERE, **said)
    again = send(browser, page, HERE, **(said | {"name": "Another name"}))
    assert again.status_code == 409
    assert "Another name" in again.text
    assert TOKEN not in again.text


def test_a_change_of_what_somebody_else_has_changed_is_refused_and_shown(
    browser: TestClient, company: Company, connect: Connect
) -> None:
    made = connect()
    page = browser.get(HERE)
    send(browser, page, made["id"], name="Our desk")
    stale = send(browser, page, made["id"], name="The desk of Linz", **{"credentials.token": TOKEN})
    assert stale.status_code == 409
    assert "The desk of Linz" in stale.text
    assert TOKEN not in stale.text
    assert company.query("SELECT name FROM psa_connections") == [("Our desk",)]


def test_links_work_without_a_connection_and_are_on_record(browser: TestClient, company: Company) -> None:
    template = "https://desk.example/t/{ticket}"
    for _ in range(2):
        assert template in send(browser, HERE, "/links/template", template=template).text
    query = "SELECT before, after FROM audit_log WHERE action = 'psa_rules.changed'"
    assert company.query(query) == [({"ticket_url_template": None}, {"ticket_url_template": template})]


def test_engineers_do_not_see_it(signed_in: SignedIn) -> None:
    engineer = signed_in()
    assert engineer.get(HERE).status_code == 403
    assert HERE not in engineer.get("/settings/profile").text
