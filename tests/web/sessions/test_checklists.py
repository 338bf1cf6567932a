"""A checklist on a session's page, as a browser without scripts uses it."""

import copy
import re

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import send_escalation
from tests.sessions.flows import post
from tests.sessions.runs.procedure import NEW_PC, do_all, mark, publish_procedure, start_run
from tests.web.conftest import SignedIn
from tests.web.forms import send


@pytest.fixture
def run(client: TestClient, company: Company, signed_in: SignedIn) -> tuple[TestClient, str]:
    """An engineer's browser, and the page of a run at its checklist."""
    about = {"problem_summary": "A new PC for Anna", "flow_id": publish_procedure(client, company)}
    browser = signed_in()
    return browser, browser.post("/sessions", data=about).url.path


def outcomes(html: str) -> list[str]:
    return re.findall(r'name="outcome" value="([^"]+)"', html)


def ticked(html: str) -> dict[str, str]:
    found = re.findall(r'aria-checked="(true|false)" id="tick-([a-z]+)"', html)
    return {item: state for state, item in found}


def test_it_is_ticked_filled_in_and_waived_with_forms_and_then_ends(run: tuple[TestClient, str]) -> None:
    browser, path = run
    html = browser.get(path).text
    assert ticked(html) == {"unpack": "false", "join": "false", "label": "false"}
    assert outcomes(html) == ["It is broken"]
    assert '<li class="wrap">Join [Name of the PC].</li><li class="wrap">Label it.</li>' in html
    send(browser, path, "/marks", field="name", do="fill", value="PC-12")
    send(browser, path, "/marks", item="join", do="tick")
    page = send(browser, path, "/marks", item="label", do="waive", reason="No labels left")
    assert ticked(page.text) == {"unpack": "false", "join": "true", "label": "false"}
    assert "No labels left" in page.text
    assert "3 of 5 done" in page.text
    assert outcomes(page.text) == ["Done", "It is broken"]
    done = send(browser, page, "/steps", outcome="Done")
    assert "PC-12 is ready." in done.text
    assert send(browser, done, "/resolve", summary="PC-12 is ready.").url.path == f"{path}/note"


def test_a_value_can_be_corrected_at_a_later_step(
    client: TestClient, company: Company, run: tuple[TestClient, str]
) -> None:
    browser, path = run
    do_all(client, company, path.rpartition("/")[2], Role.OWNER)
    page = send(browser, path, "/steps", outcome="Done")
    assert "PC-12 is ready." in page.text
    assert "PC-13 is ready." in send(browser, page, "/marks", field="name", do="fill", value="PC-13").text


def test_a_value_is_taken_back_and_what_was_not_filled_in_is_not_listed(run: tuple[TestClient, str]) -> None:
    browser, path = run
    assert 'id="undo-field-name"' not in browser.get(path).text
    assert 'id="undo-field-name"' in send(browser, path, "/marks", field="name", do="fill", value="PC-12").text
    page = send(browser, path, "/marks", field="name", do="undo")
    assert "Set up [Name of the PC]." in page.text
    left = send(browser, page, "/steps", outcome="It is broken")
    assert "Name of the PC" in left.text
    assert "Bought on" not in left.text


def test_what_was_left_open_is_waived_at_the_escalation(run: tuple[TestClient, str]) -> None:
    browser, path = run
    page = send(browser, path, "/steps", outcome="It is broken")
    assert "Left open before" in page.text
    page = send(browser, path, "/marks", item="join", place="set_up", do="waive", reason="It went back")
    assert "It went back" in page.text
    assert 'id="undo-item-join-set_up"' in page.text


def test_a_handoff_is_not_offered_to_be_closed_as_resolved(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    run_id = start_run(client, company)
    do_all(client, company, run_id)
    handoff = send_escalation(client, company, run_id).json()["id"]
    senior = company.headers(Role.TEAM_ADMIN)
    assert client.post(f"/api/v1/handoffs/{handoff}/claim", headers=senior).status_code == 200
    browser = signed_in(Role.TEAM_ADMIN)
    assert 'value="resolved"' not in browser.get(f"/handoffs/{handoff}").text
    assert post(client, company, f"{run_id}/steps", Role.TEAM_ADMIN, outcome="Done").status_code < 300
    assert 'value="resolved"' in browser.get(f"/handoffs/{handoff}").text


def test_the_path_keeps_an_earlier_value_and_says_that_it_was_changed(run: tuple[TestClient, str]) -> None:
    browser, path = run
    send(browser, path, "/marks", field="name", do="fill", value="PC-12")
    page = send(browser, path, "/marks", field="name", do="fill", value="PC-13").text
    shown = page[page.index('id="steps-so-far"') :]
    assert shown.index("PC-12") < shown.index("Changed later") < shown.index("PC-13")
    assert page.count("Changed later") == 1


def test_a_tick_is_taken_back_by_its_own_button(run: tuple[TestClient, str]) -> None:
    browser, path = run
    page = send(browser, path, "/marks", item="unpack", do="tick")
    assert ticked(send(browser, page, "/marks", item="unpack", do="undo").text)["unpack"] == "false"


def test_a_wrong_value_is_said_with_its_field(run: tuple[TestClient, str]) -> None:
    browser, path = run
    sent = {"do": "fill", "field": "bought", "value": "soon", "node": "set_up"}
    answer = browser.post(f"{path}/marks", data=sent, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-retarget"]) == (422, "#notes")
    assert '"value": "Bought on must be a date as YYYY-MM-DD' in answer.text


def test_a_waiver_without_a_reason_is_refused_beside_the_form(run: tuple[TestClient, str]) -> None:
    browser, path = run
    sent = {"do": "waive", "item": "label", "reason": "  ", "node": "set_up"}
    answer = browser.post(f"{path}/marks", data=sent, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-reselect"]) == (422, "unset")
    assert '"reason": "Say why it is not needed."' in answer.text


def test_somebody_else_ticks_in_a_run_and_is_offered_nothing_more(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    path = f"/sessions/{start_run(client, company, Role.OWNER)}"
    page = send(signed_in(Role.ENGINEER), path, "/marks", item="join", do="tick")
    assert ticked(page.text)["join"] == "true"
    assert f'action="{path}/steps"' not in page.text
    assert "Edit details" not in page.text


def test_lists_and_home_show_the_progress(
    client: TestClient, company: Company, run: tuple[TestClient, str]
) -> None:
    browser, path = run
    mark(client, company, path.rpartition("/")[2], do="tick", item="join")
    assert "1 of 5 done" in browser.get("/sessions").text
    assert "1 of 5 done" in browser.get("/").text


def test_the_brief_of_a_handoff_shows_what_is_done_and_open(
    client: TestClient, company: Company, run: tuple[TestClient, str]
) -> None:
    browser, path = run
    run_id = path.rpartition("/")[2]
    mark(client, company, run_id, do="fill", field="name", value="PC-12")
    handoff = send_escalation(client, company, run_id, Role.OWNER).json()["id"]
    html = browser.get(f"/handoffs/{handoff}").text
    assert "0 of 3 done" in html
    assert '<strong class="wrap">PC-12</strong>' in html
    assert "Label it." in html


def test_a_command_of_an_item_says_which_field_it_lacks(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    tree = copy.deepcopy(NEW_PC)
    tree["nodes"]["set_up"]["sections"][0]["items"][0]["help"] = "Run `ping {{name}}` first."
    path = f"/sessions/{start_run(client, company, tree=tree)}"
    html = signed_in().get(path).text
    assert 'data-text="ping [Name of the PC]" data-copied="Copied, without the Name of the PC"' in html
