"""The session pages, as a browser without scripts uses them."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from flowpilot.flows.matching.confidence import SURE
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn
from tests.web.forms import send

PROBLEM = "The printer in the accounting office prints nothing"


@pytest.fixture
def session_path(client: TestClient, company: Company, signed_in: SignedIn) -> tuple[TestClient, str]:
    """Somebody's browser, and the page of the session that they began on the printer flow."""
    publish_printer_flow(client, company)
    browser = signed_in()
    return browser, browser.post("/sessions", data={"problem_summary": PROBLEM}).url.path


def _choices(html: str) -> list[str]:
    return re.findall(r'name="choice" value="([^"]+)"', html)


def test_a_session_begins_at_the_first_question_of_the_flow_that_fits(
    session_path: tuple[TestClient, str],
) -> None:
    browser, path = session_path
    html = browser.get(path).text
    assert PROBLEM in html
    assert _choices(html), html


def test_a_choice_leads_on_and_back_leads_back(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    first = browser.get(path).text
    choice = _choices(first)[0]
    second = send(browser, path, "/steps", choice=choice)
    assert (second.status_code, second.url.path) == (200, path)
    assert f'<strong class="wrap">{choice}</strong>' in second.text
    again = send(browser, second, "/back").text
    assert _choices(again) == _choices(first)
    assert f'<strong class="wrap">{choice}</strong>' not in again


def test_free_text_joins_the_record_and_the_note(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    assert "Toner <b>leaks</b>" not in send(browser, path, "/steps", free_text="Toner <b>leaks</b>").text
    assert "Toner &lt;b&gt;leaks&lt;/b&gt;" in browser.get(f"{path}/note").text


def test_an_answer_that_the_flow_does_not_offer_keeps_the_form(
    session_path: tuple[TestClient, str],
) -> None:
    browser, path = session_path
    sent = {"choice": "Nothing like that", "node": "power", "after_step": "0"}
    answer = browser.post(f"{path}/steps", data=sent, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert (answer.headers["hx-retarget"], answer.headers["hx-reswap"]) == ("#notes", "innerHTML")
    assert "is not offered here" in answer.text
    assert "<html" not in answer.text


def test_pausing_resuming_resolving_and_rating_are_forms(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    assert f'action="{path}/resume"' in browser.post(f"{path}/pause").text
    assert f'action="{path}/pause"' in browser.post(f"{path}/resume").text
    note = send(browser, path, "/resolve", summary="Changed the toner.")
    assert note.url.path == f"{path}/note"
    assert "Changed the toner." in note.text
    rated = send(browser, path, "/rating", rating="5", comment="")
    assert 'value="5" required checked' in rated.text


def test_an_empty_field_of_the_details_clears_it(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    details = {"problem_summary": PROBLEM, "client_name": "Maple Dental", "psa_ticket_id": "4711"}
    html = send(browser, path, "/details", **details).text
    assert "<span>Ticket 4711</span>" in html
    html = send(browser, path, "/details", psa_ticket_id="").text
    assert "<summary>No ticket</summary>" in html
    assert ">Maple Dental</a></span>" in html


def test_a_viewer_reads_and_is_offered_nothing(session_path: tuple[TestClient, str], signed_in: SignedIn) -> None:
    _, path = session_path
    viewer = signed_in(Role.VIEWER)
    html = viewer.get(path).text
    assert PROBLEM in html
    assert not _choices(html)
    refused = viewer.post(f"{path}/pause")
    assert refused.status_code == 403
    assert "Not allowed" in refused.text


def test_another_account_finds_no_such_session(
    session_path: tuple[TestClient, str], signed_in: SignedIn, neighbour: Company
) -> None:
    _, path = session_path
    stranger = signed_in(Role.OWNER, to=neighbour)
    assert stranger.get(path).status_code == 404
    assert PROBLEM not in stranger.get("/sessions").text


def test_the_list_is_filtered_and_says_what_to_do_when_it_is_empty(
    session_path: tuple[TestClient, str],
) -> None:
    browser, _ = session_path
    found = browser.get("/sessions?status=open&q=accounting&mine=true").text
    assert PROBLEM in found.replace("<mark>", "").replace("</mark>", "")
    empty = browser.get("/sessions?status=resolved&q=").text
    assert "No sessions match" in empty


def test_without_a_sure_flow_one_is_chosen(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    publish_printer_flow(client, company)
    browser = signed_in()
    started = browser.post("/sessions", data={"problem_summary": "Something entirely else"})
    path = started.url.path.removesuffix("/flow")
    html = browser.get(f"{path}/flow").text
    flow_id = re.search(r'name="flow_id" value="([^"]+)"', html)
    assert flow_id is not None
    assert _choices(send(browser, f"{path}/flow", "/flow", flow_id=flow_id[1]).text)
    nothing = {"node": "power", "after_step": "1"}
    assert not _choices(browser.post(f"{path}/flow", data=nothing).text)


def test_a_flow_that_may_fit_is_offered_and_does_not_begin_by_itself(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    publish_printer_flow(client, company)
    browser = signed_in()
    offered = browser.post("/sessions", data={"problem_summary": "The queue at the phone desk is long"})
    assert offered.url.path.endswith("/flow")
    assert f"A flow begins by itself only when it is {round(100 * SURE)} % sure or more." in offered.text
    assert 'data-key="1"' in offered.text
    path = offered.url.path.removesuffix("/flow")
    assert f'href="{path}" data-key="0"' in offered.text
    assert "No flow to follow" in browser.get(path).text


def test_a_field_that_is_missing_is_named_as_a_person_does(signed_in: SignedIn) -> None:
    answer = signed_in().post("/sessions", data={"problem_summary": ""})
    assert answer.status_code == 422
    assert "Problem: Fill in this field" in answer.text


def test_a_session_that_nobody_works_on_is_found_and_taken(
    session_path: tuple[TestClient, str], signed_in: SignedIn, company: Company
) -> None:
    _, path = session_path
    company.query("UPDATE ai_sessions SET owner_id = NULL RETURNING id")
    browser = signed_in()
    assert f'action="{path}/take"' in browser.get("/").text
    assert path in browser.get("/sessions?unassigned=true").text
    assert "With nobody" in browser.get(path).text
    assert "The session is yours now." in browser.post(f"{path}/take").text
    assert "Unassigned sessions" not in browser.get("/").text


def test_a_viewer_sees_what_nobody_works_on_and_takes_nothing(
    session_path: tuple[TestClient, str], signed_in: SignedIn, company: Company
) -> None:
    _, path = session_path
    company.query("UPDATE ai_sessions SET owner_id = NULL RETURNING id")
    viewer = signed_in(Role.VIEWER)
    assert "Unassigned sessions" in viewer.get("/").text
    assert f"{path}/take" not in viewer.get("/").text + viewer.get(path).text
    assert viewer.post(f"{path}/take").status_code == 403


@pytest.mark.parametrize("guide", ["work-in-the-browser", "write-flows"])
def test_guides_say_from_which_confidence_on_a_flow_begins(guide: str) -> None:
    assert str(SURE) in (Path(__file__).parents[3] / "docs" / "how-to" / f"{guide}.md").read_text()
