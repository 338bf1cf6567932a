"""Removing a member, or making them a viewer: their holdings are listed before, the result is reported after."""

import re

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import PASSWORD, Company, fresh_email
from tests.handoffs.helpers import Person, join
from tests.handoffs.leaving.leavers import claimed_by, escalated_by, session_of
from tests.web.conftest import SignedIn, new_browser
from tests.web.forms import send

MEMBERS = "/settings/members"


@pytest.fixture
def kim(client: TestClient, company: Company) -> Person:
    """An engineer with a claim, an escalation, two sessions and a stopwatch."""
    kim = join(client, company, "Kim")
    claimed_by(client, company, kim)
    escalated_by(client, company, kim)
    session_of(client, kim, "The phone is dead")
    session_of(client, kim)
    client.post("/api/v1/baselines/start", json={}, headers=kim.headers).raise_for_status()
    return kim


def _path(person: Person) -> str:
    return f"{MEMBERS}/{person.id}/leave"


def test_their_holdings_are_listed_before(signed_in: SignedIn, kim: Person) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    assert f'href="{_path(kim)}"' in browser.get(MEMBERS).text
    page = browser.get(_path(kim)).text
    found = re.findall(r'<h3[^>]*>([^<]+) <span class="badge tone-secondary">(\d+)</span>', page)
    assert found == [
        ("Escalations they have claimed", "1"),
        ("Escalations they created", "1"),
        ("Open sessions", "2"),
        ("A running stopwatch", "1"),
        ("API keys", "1"),
    ]
    assert "The phone is dead" in page
    assert "more</summary>" not in page
    assert re.search(r"stays in the records\.\s+The work that Kim holds is handed over", page)


def test_the_result_is_reported_after(
    client: TestClient, company: Company, signed_in: SignedIn, kim: Person
) -> None:
    lou, browser = join(client, company, "Lou"), signed_in(Role.TEAM_ADMIN)
    answer = send(browser, _path(kim), "/leave", hand_over_to=str(lou.id))
    assert answer.url.path == MEMBERS
    assert "Kim is removed, and their API keys are revoked." in answer.text
    assert "Handed over to Lou: 2 escalations, 2 sessions. Removed: 1 stopwatch." in answer.text
    assert str(kim.id) not in answer.text


def test_without_a_person_it_waits_for_somebody(signed_in: SignedIn, kim: Person) -> None:
    answer = send(signed_in(Role.TEAM_ADMIN), _path(kim), "/leave", hand_over_to="")
    assert "Waiting to be taken over: 2 escalations, 2 sessions." in answer.text


def test_before_somebody_becomes_a_viewer_the_same_is_asked(
    company: Company, signed_in: SignedIn, kim: Person
) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    page = send(browser, MEMBERS, f"{kim.id}/role", role="viewer")
    assert (page.url.path, page.url.query) == (_path(kim), b"role=viewer")
    assert "Make Kim a viewer" in page.text
    assert "They stop working at once." not in page.text
    assert company.query("SELECT role FROM memberships WHERE user_id = %s", kim.id) == [("engineer",)]
    answer = send(browser, page, "/leave", hand_over_to="")
    assert "Kim is a viewer now. Waiting to be taken over: 2 escalations, 2 sessions." in answer.text
    assert company.query("SELECT role FROM memberships WHERE user_id = %s", kim.id) == [("viewer",)]


def test_only_people_who_can_sign_in_and_claim_are_offered(
    client: TestClient, company: Company, signed_in: SignedIn, kim: Person
) -> None:
    company.add_imported("Ada")
    company.add_person(fresh_email(), Role.VIEWER)
    senior = company.add_person(fresh_email(), Role.ENGINEER)
    browser = signed_in(Role.OWNER)
    [(me,)] = company.query(
        "SELECT user_id FROM memberships WHERE role = 'owner' ORDER BY created_at DESC LIMIT 1"
    )
    choice = re.search(r'<select[^>]*name="hand_over_to".*?</select>', browser.get(_path(kim)).text, re.DOTALL)
    assert choice is not None
    assert sorted(re.findall(r'value="(.*?)"', choice[0])) == sorted(["", str(senior), str(me)])


def test_no_successor_is_needed_if_they_hold_nothing(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    nobody = company.add_person(fresh_email(), Role.VIEWER)
    browser = signed_in(Role.TEAM_ADMIN)
    page = browser.get(f"{MEMBERS}/{nobody}/leave")
    assert "There is nothing to hand over." in page.text
    assert "is handed over at the same time" not in page.text
    assert "hand_over_to" not in page.text
    assert "is removed" in send(browser, page, "/leave").text


def test_leaving_an_account_leads_to_ones_other_accounts(client: TestClient, company: Company) -> None:
    email = fresh_email()
    user_id = company.add_person(email, Role.TEAM_ADMIN)
    browser = new_browser(client)
    browser.post("/sign-in", data={"username": email, "password": PASSWORD})
    assert send(browser, f"{MEMBERS}/{user_id}/leave", "/leave").url.path == "/accounts"


def test_only_managers_of_members_may_remove(
    signed_in: SignedIn, company: Company, neighbour: Company, kim: Person
) -> None:
    engineer, admin = signed_in(Role.ENGINEER), signed_in(Role.TEAM_ADMIN)
    form = {"from_role": "engineer"}
    assert (engineer.get(_path(kim)).status_code, engineer.post(_path(kim), data=form).status_code) == (403, 403)
    stranger = f"{MEMBERS}/{neighbour.users[Role.VIEWER]}/leave"
    assert (admin.get(stranger).status_code, admin.post(stranger, data=form).status_code) == (404, 404)


def test_a_role_with_which_somebody_works_is_not_leaving(signed_in: SignedIn, kim: Person) -> None:
    admin = signed_in(Role.TEAM_ADMIN)
    assert admin.get(f"{_path(kim)}?role=engineer").status_code == 422
    assert admin.post(_path(kim), data={"role": "engineer", "from_role": "engineer"}).status_code == 422


def test_a_member_with_another_role_by_now_is_not_removed(
    company: Company, signed_in: SignedIn, kim: Person
) -> None:
    owner, other = signed_in(Role.OWNER), signed_in(Role.OWNER)
    older = owner.get(_path(kim))
    send(other, MEMBERS, f"{kim.id}/role", role="owner")
    answer = send(owner, older, "/leave")
    assert answer.status_code == 409
    assert "The member is now owner. Nothing was changed." in answer.text
    assert company.query("SELECT role FROM memberships WHERE user_id = %s", kim.id) == [("owner",)]


def test_all_of_it_is_listed_however_much_it_is(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    kim = join(client, company, "Kim")
    problems = [f"The phone in room {number} is dead" for number in range(7)]
    for problem in problems:
        session_of(client, kim, problem)
    page = signed_in(Role.TEAM_ADMIN).get(_path(kim)).text
    assert "<summary>2 more</summary>" in page
    assert all(problem in page for problem in problems)
