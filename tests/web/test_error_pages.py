"""What a person sees when a link or form leads nowhere: a page like the others, with a way on."""

import json
import re

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.sessions import hooks
from tests.company import Company, fresh_email
from tests.web.conftest import SignedIn, new_browser
from tests.web.forms import forms_of

# The same at every collection: workers that run side by side must agree on what there is to run.
_NOBODYS = "01a22200-0000-7000-8000-000000000000"
FRAME = '<nav aria-label="Main">'


@pytest.mark.parametrize(
    ("path", "way_on"),
    [
        ("/sessions/x", "/sessions"),
        (f"/sessions/{_NOBODYS}", "/sessions"),
        ("/handoffs/01a2", "/handoffs"),
        ("/flows/printer/edit", "/flows"),
        ("/settings/notifications/channels/x", "/settings"),
        ("/nowhere", "/"),
    ],
)
def test_a_bad_link_says_so_within_the_frame_and_leads_on(signed_in: SignedIn, path: str, way_on: str) -> None:
    answer = signed_in(Role.OWNER).get(path)
    assert answer.status_code == 404
    assert "Not found" in answer.text
    assert FRAME in answer.text
    assert f'class="btn btn-primary" href="{way_on}"' in answer.text


@pytest.mark.parametrize("path", ["/nowhere", "/analytics/rows/nonsense"])
def test_an_unknown_address_is_called_one(signed_in: SignedIn, path: str) -> None:
    answer = signed_in(Role.OWNER).get(path)
    assert "The address is incomplete, or does not belong to FlowPilot." in answer.text
    assert "Not Found" not in answer.text


def test_a_conflict_where_nothing_has_changed_is_only_not_possible(company: Company, signed_in: SignedIn) -> None:
    company.add_person(email := fresh_email(), Role.ENGINEER)
    invitation = {"email": email, "role": "engineer"}
    answer = signed_in(Role.OWNER).post("/settings/members", data=invitation, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "<strong>Not possible.</strong>" in answer.text


def test_an_invalid_filter_is_named_within_the_frame(signed_in: SignedIn) -> None:
    answer = signed_in().get("/handoffs", params={"priority": 'high"&state=all'})
    assert answer.status_code == 422
    assert "Check the form" in answer.text
    assert "Priority: " in answer.text
    assert FRAME in answer.text


def test_a_page_for_another_role_is_refused_within_the_frame(signed_in: SignedIn) -> None:
    answer = signed_in(Role.VIEWER).get("/settings/audit-log")
    assert answer.status_code == 403
    assert "<h1>Not allowed</h1>" in answer.text
    assert "Your role (viewer) does not include this. A team admin or an owner can help." in answer.text
    assert FRAME in answer.text


def test_a_stranger_with_a_bad_link_signs_in(client: TestClient) -> None:
    assert new_browser(client).get("/sessions/new").url.path == "/sign-in"


def test_a_bad_link_of_the_api_names_the_field(client: TestClient, company: Company) -> None:
    answer = client.get("/api/v1/ai-sessions/new", headers=company.headers())
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["path.session_id"]


@pytest.mark.parametrize(
    ("path", "form", "field", "said"),
    [
        ("posting-rules", {"goes": "after"}, "hold_minutes", "Enter how many minutes a posting waits."),
        (
            "posting-rules",
            {"goes": "at_once", "client_greeting": "x" * 2_001},
            "client_greeting",
            "Enter at most 2000",
        ),
        ("ticket-system/links/template", {"template": "desk"}, "template", "Enter a full address with {ticket}"),
        (
            "ticket-system",
            {"provider": "redmine", "name": "Desk", "base_url": "https://10.0.0.1", "credentials.token": "x"},
            "base_url",
            "The address is private",
        ),
        ("ticket-system", {"provider": "redmine", "name": " ", "base_url": "x"}, "name", "Fill in this field."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_needs_no_operator(
    signed_in: SignedIn, path: str, form: dict[str, str], field: str, said: str
) -> None:
    answer = signed_in(Role.OWNER).post(f"/settings/{path}", data=form, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    note = re.search("data-wrong='([^']*)'", answer.text)
    assert note is not None
    assert json.loads(note[1])[field].startswith(said)
    assert "Request" not in answer.text


def test_without_scripts_a_refused_form_is_on_its_page_again(company: Company, signed_in: SignedIn) -> None:
    company.add_person(email := fresh_email(), Role.ENGINEER)
    came_from = {"Referer": "http://testserver/settings/members"}
    invitation = {"email": email, "role": "engineer"}
    answer = signed_in(Role.OWNER).post("/settings/members", data=invitation, headers=came_from)
    assert answer.status_code == 409
    assert "<strong>Not possible.</strong>" in answer.text
    assert any(form.holds.get("email") == [email] for form in forms_of(answer.text))


def test_a_password_in_a_refused_form_is_never_shown(signed_in: SignedIn) -> None:
    answer = signed_in(Role.OWNER).post("/settings/profile/password", data={"password": "hunter2-secret"})
    assert answer.status_code >= 400
    assert "hunter2" not in answer.text


async def _fail(*_: object) -> None:
    raise RuntimeError("something that nobody expected")


@pytest.mark.parametrize("is_multipart", [False, True])
def test_our_own_failure_shows_what_was_written_to_copy(
    monkeypatch: pytest.MonkeyPatch, signed_in: SignedIn, is_multipart: bool
) -> None:
    browser = signed_in()
    path = browser.post("/sessions", data={"problem_summary": "Something odd happens with my chair"}).url.path
    monkeypatch.setattr(hooks, "on_step", [_fail])
    said = {"free_text": "The fuse <b>is</b> warm.\nAnd it smells.", "node": "", "after_step": "0"}
    files = {"files": ("smell.txt", b"awful", "text/plain")} if is_multipart else None
    came_from = {"Referer": f"http://testserver{path}"}
    failed = browser.post(f"{path}/steps", data=said, files=files, headers=came_from)
    assert failed.status_code == 500
    assert "What you wrote is here, to copy:" in failed.text
    assert "The fuse &lt;b&gt;is&lt;/b&gt; warm.\nAnd it smells." in failed.text
    assert re.search(r"Request [-0-9a-f]{36}\. With this id, the operator", failed.text)
    assert f'href="{path}"' in failed.text
    # With scripts, they are still in the form.
    noted = browser.post(f"{path}/steps", data=said, headers={**came_from, "HX-Request": "true"})
    assert (noted.status_code, "to copy" in noted.text) == (500, False)


def test_what_a_program_sent_is_not_shown_to_it(
    monkeypatch: pytest.MonkeyPatch, client: TestClient, company: Company
) -> None:
    monkeypatch.setattr(hooks, "on_step", [_fail])
    headers = company.headers(Role.ENGINEER)
    started = client.post("/api/v1/ai-sessions", headers=headers, json={"problem_summary": "Odd."}).json()
    failed = client.post(
        f"/api/v1/ai-sessions/{started['id']}/steps", headers=headers, json={"free_text": "The fuse."}
    )
    assert failed.headers["content-type"] == "application/problem+json"
    assert "The fuse." not in failed.text
