"""The library, and one flow to read."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.flows.shipped import shipped_flows
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.flows.samples import BROKEN, YAML, create, get, publish, save
from tests.web.conftest import SignedIn
from tests.web.forms import send


def test_an_empty_library_offers_the_shipped_flows_if_one_may_install_them(signed_in: SignedIn) -> None:
    assert 'action="/flows/library"' in signed_in(Role.TEAM_ADMIN).get("/flows").text
    page = signed_in(Role.ENGINEER).get("/flows").text
    assert "No flows yet" in page
    assert 'action="/flows/library"' not in page


def test_the_shipped_flows_are_installed_and_the_second_time_are_there(signed_in: SignedIn) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    page = browser.post("/flows/library")
    assert f"Flows installed and published: {len(shipped_flows())}." in page.text
    assert "Account is locked out" in page.text
    assert "All shipped flows are already installed." in browser.post("/flows/library").text


def test_the_library_is_searched_by_words_category_and_state(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    publish(client, company)
    create(client, company, name="Scanner is dirty", category="Scanning")
    browser = signed_in(Role.VIEWER)
    for query, shown in (
        ("", [True, True]),
        ("?q=scan", [False, True]),
        ("?category=Printing", [True, False]),
        ("?state=draft", [False, True]),
        ("?q=nothing", [False, False]),
    ):
        page = browser.get(f"/flows{query}").text
        assert [f">{name}</a>" in page for name in ("Printer is offline", "Scanner is dirty")] == shown, query


def test_a_library_that_does_not_fit_goes_on_at_a_cursor(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    for number in range(51):
        create(client, company, name=f"Flow number {number}.")
    browser = signed_in(Role.VIEWER)
    page = browser.get("/flows?category=Printing").text
    assert "Flow number 49." in page
    assert "Flow number 50." not in page
    cursor = get(client, company, "?limit=50")["next_cursor"]
    assert f"/flows?q=&amp;category=Printing&amp;state=&amp;confirm=&amp;cursor={cursor}" in page
    assert "Flow number 50." in browser.get(f"/flows?category=Printing&cursor={cursor}").text


def _session(company: Company, flow_id: str, status: str) -> None:
    began = now() - timedelta(hours=1)
    company.add("ai_sessions", matched_flow_id=flow_id, confidence_tier="guided", status=status, created_at=began)


def test_quality_is_beside_the_flows_if_one_may_see_the_report(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id = publish(client, company)
    for number in range(20):
        _session(company, flow_id, "resolved" if number < 15 else "active")
    page = signed_in(Role.TEAM_ADMIN).get("/flows").text
    # 0.5 * 0.75 + 0.3 + nearly 0.2, and the Wilson interval of 15 in 20.
    assert 'data-label="Sessions" class="text-end">20</td>' in page
    assert "<strong>75\u00a0%</strong>" in page
    assert "53\u00a0% to 89\u00a0%" in page
    assert 'data-label="Quality" class="text-end">87</td>' in page
    page = signed_in(Role.ENGINEER).get("/flows").text
    assert "Quality" not in page
    assert "75\u00a0%" not in page


def test_too_few_sessions_have_no_rate(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    _session(company, publish(client, company), "resolved")
    page = signed_in(Role.TEAM_ADMIN).get("/flows").text
    assert "Too few to judge" in page
    assert "100\u00a0%" not in page


def test_a_flow_is_drawn_and_written_out(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    flow_id = publish(client, company)
    page = signed_in(Role.VIEWER).get(f"/flows/{flow_id}").text
    drawn, written = page.split('class="flow-outline"')
    assert "<svg" in drawn
    for text in ("Is the printer on?", "Switch it on.", "It prints again.", "Hand over the model."):
        assert text in drawn
        assert text in written
    assert "The switch is at the back." in written
    assert "It prints</span>" in written
    for word in ("printer offline", "Printing", "Version 1"):
        assert word in page


def test_without_anything_published_the_draft_is_read_with_its_problems(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id = create(client, company, tree=BROKEN)["id"]
    page = signed_in(Role.VIEWER).get(f"/flows/{flow_id}").text
    assert "Leads nowhere" in page
    assert "Add it, or choose another node." in page
    assert "Start a session with this flow" not in page


@pytest.mark.parametrize(("role", "starts"), [(Role.VIEWER, False), (Role.ENGINEER, True)])
def test_a_role_sees_what_it_may_do(
    client: TestClient, company: Company, signed_in: SignedIn, role: Role, starts: bool
) -> None:
    flow_id = publish(client, company)
    browser = signed_in(role)
    page = browser.get(f"/flows/{flow_id}").text
    assert ('action="/sessions"' in page) is starts
    assert f'action="/flows/{flow_id}/retire"' not in page
    for path in ("/flows/new", "/flows/import", f"/flows/{flow_id}/edit"):
        assert browser.get(path).status_code == 403
    for path in ("/flows/library", *(f"/flows/{flow_id}/{action}" for action in ("publish", "retire", "delete"))):
        assert browser.post(path).status_code == 403
    assert get(client, company, f"/{flow_id}")["state"] == "published"


def test_a_session_is_started_on_the_flow(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    flow_id = publish(client, company)
    page = signed_in(Role.ENGINEER).post("/sessions", data={"flow_id": flow_id, "problem_summary": "Beeps."})
    assert "/sessions/" in str(page.url)
    assert "Is the printer on?" in page.text


def test_a_flow_goes_from_draft_to_deleted_by_its_buttons(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id = create(client, company)["id"]
    browser = signed_in(Role.TEAM_ADMIN)
    for action, notice, state in (
        ("publish", "Version 1 is published", "published"),
        ("retire", "Retired.", "retired"),
        ("restore", "Restored.", "published"),
    ):
        assert notice in send(browser, f"/flows/{flow_id}", f"/{action}").text
        assert get(client, company, f"/{flow_id}")["state"] == state
    save(client, company, flow_id)
    assert "The draft is discarded." in send(browser, f"/flows/{flow_id}", "/discard").text
    assert "The flow is deleted." in browser.post(f"/flows/{flow_id}/delete").text
    assert browser.get(f"/flows/{flow_id}").status_code == 404


def test_a_draft_with_problems_is_not_published(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    flow_id, browser = create(client, company, tree=BROKEN)["id"], signed_in(Role.TEAM_ADMIN)
    assert f'action="/flows/{flow_id}/publish"' not in browser.get(f"/flows/{flow_id}").text
    draft = get(client, company, f"/{flow_id}")["draft"]["id"]
    page = browser.post(f"/flows/{flow_id}/publish", data={"based_on": draft})
    assert page.status_code == 409
    assert "leads to a node that does not exist" in page.text
    assert f'<a href="/flows/{flow_id}/edit?node=power"' in page.text


def test_a_flow_is_imported_from_pasted_text_or_a_file(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    page = browser.post("/flows/import", data={"yaml": YAML})
    assert "Imported “Printer is offline”. Version 1 is a draft." in page.text
    file = ("flow.yaml", YAML.replace("It was on.", "It was on all the time.").encode())
    page = browser.post("/flows/import", data={"publish": "true"}, files={"file": file})
    assert "Updated “Printer is offline”. Version 1 is published." in page.text
    assert "It was on all the time." in page.text
    assert "nothing has changed in it" in browser.post("/flows/import", files={"file": file}).text


@pytest.mark.parametrize(
    ("sent", "notice"),
    [
        ({"data": {"yaml": " "}}, "Choose a file, or paste"),
        ({"files": {"file": ("flow.yaml", b"\xff\xfe")}}, "The file is not UTF-8 text."),
        ({"data": {"yaml": "name: Only"}}, "The flow has no &#34;root&#34;"),
    ],
)
def test_an_import_that_is_no_flow_says_why(signed_in: SignedIn, sent: dict[str, Any], notice: str) -> None:
    page = signed_in(Role.TEAM_ADMIN).post("/flows/import", **sent)
    assert page.status_code == 422
    assert notice in page.text


def test_a_neighbours_flow_is_not_there(
    client: TestClient, company: Company, neighbour: Company, signed_in: SignedIn
) -> None:
    flow_id = publish(client, neighbour)
    browser = signed_in(Role.TEAM_ADMIN)
    for path in ("", "/edit", "/versions", "/versions/1", "/preview"):
        assert browser.get(f"/flows/{flow_id}{path}").status_code == 404
    assert "Printer is offline" not in browser.get("/flows").text


def test_versions_are_listed_with_who_wrote_them_and_compared(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id = publish(client, company)
    browser = signed_in(Role.VIEWER)
    assert "There is one version so far." in browser.get(f"/flows/{flow_id}/versions").text
    save(client, company, flow_id, tree=BROKEN)
    listed = browser.get(f"/flows/{flow_id}/versions").text
    assert "Draft 2" in listed
    assert get(client, company, f"/{flow_id}/versions")["items"][0]["created_by_name"] == "team_admin"
    assert ">team_admin</td>" in listed
    page = browser.get(f"/flows/{flow_id}/compare?from=1&to=2")
    assert str(page.url).endswith(f"/flows/{flow_id}/versions/1?to=2")
    changed, removed = page.text.split('id="removed"')
    assert '<del class="prose flow-was">Is the printer on?</del>' in changed
    assert '<ins class="prose flow-is">Is it on?</ins>' in changed
    assert "Switch it on." in removed
    assert "Hand over the model." in removed
    assert 'id="added"' not in page.text


def test_a_version_compared_with_itself_says_that_nothing_differs(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id = publish(client, company)
    assert "No differences" in signed_in(Role.VIEWER).get(f"/flows/{flow_id}/versions/1?to=1").text


def test_a_version_of_another_type_differs(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, type="procedural")
    page = signed_in(Role.VIEWER).get(f"/flows/{flow_id}/versions/1?to=2").text
    assert "The type is procedural instead of troubleshooting." in page
    assert "No differences" not in page


def test_an_old_version_can_be_read(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, tree=BROKEN)
    page = signed_in(Role.VIEWER).get(f"/flows/{flow_id}/versions/2").text
    assert "This is a draft." in page
    assert "Is it on?" in page
