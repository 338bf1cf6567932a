"""Settings: what is posted by itself, without scripts."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send

RULES = "/settings/posting-rules"


@pytest.fixture
def admin(signed_in: SignedIn) -> TestClient:
    return signed_in(Role.TEAM_ADMIN)


def _stored(company: Company, columns: str) -> tuple[object, ...]:
    ((*values,),) = company.query(f"SELECT {columns} FROM psa_rules")
    return tuple(values)


def test_the_form_shows_the_defaults_and_keeps_what_is_chosen(admin: TestClient, company: Company) -> None:
    form = next(form for form in forms_of(admin.get(RULES).text) if form.action == RULES)
    assert (form.holds["posts_note"], form.holds["goes"], form.holds.get("posts_status")) == (
        ["true"],
        ["at_once"],
        None,
    )
    page = send(admin, RULES, RULES, posts_status="true", goes="after", hold_minutes="15", client_greeting="Hi,")
    assert "Saved." in page.text
    columns = "posts_note, posts_status, hold_minutes, waits_for_person, client_greeting"
    assert _stored(company, columns) == (True, True, 15, False, "Hi,")
    form = next(form for form in forms_of(page.text) if form.action == RULES)
    assert (form.holds["goes"], form.holds["hold_minutes"]) == (["after"], ["15"])


def test_a_box_that_is_not_ticked_posts_nothing(admin: TestClient, company: Company) -> None:
    page = admin.get(RULES)
    shown = next(form for form in forms_of(page.text) if form.action == RULES).holds["shown"][0]
    admin.post(RULES, data={"shown": shown, "goes": "by_hand"})
    assert _stored(company, "posts_note, posts_time, waits_for_person") == (False, False, True)


def test_whoever_lets_postings_wait_says_how_long(admin: TestClient) -> None:
    answer = send(admin, RULES, RULES, goes="after", hold_minutes="")
    assert answer.status_code == 422
    assert "Minutes to wait: Enter how many minutes a posting waits." in answer.text


def test_how_tickets_are_linked_stays(admin: TestClient, company: Company) -> None:
    link = "https://desk.example/t/{ticket}"
    company.query(
        "INSERT INTO psa_rules (account_id, ticket_url_template) VALUES (%s, %s) RETURNING 1", company.id, link
    )
    send(admin, RULES, RULES, goes="by_hand")
    assert _stored(company, "ticket_url_template, waits_for_person") == (link, True)


def test_what_somebody_else_has_changed_meanwhile_is_not_undone(admin: TestClient, signed_in: SignedIn) -> None:
    older = admin.get(RULES)
    send(signed_in(Role.OWNER), RULES, RULES, client_greeting="Hello,")
    late = send(admin, older, RULES, client_greeting="Hi,")
    assert late.status_code == 409
    assert "Hello," in late.text


def test_only_team_admins_open_it(signed_in: SignedIn) -> None:
    assert signed_in().get(RULES).status_code == 403


def test_a_status_that_nobody_has_chosen_is_warned_of(admin: TestClient, company: Company) -> None:
    about = {"provider": "console", "name": "Desk", "base_url": "https://desk.example"}
    connection = company.add("psa_connections", credentials_encrypted=b"", **about)
    warning = "<strong>No status is chosen.</strong>"
    assert warning not in admin.get(RULES).text
    assert warning in send(admin, RULES, RULES, posts_status="true", goes="at_once").text
    chosen = {"connection_id": connection, "board_id": "1", "board_name": "General", "occasion": "resolved"}
    company.add("psa_board_statuses", **chosen, status_id="done", status_name="Done")
    assert warning not in admin.get(RULES).text
