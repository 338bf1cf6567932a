"""Pages of proposals, without scripts."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.knowledge.proposals.loop import TIMES, decide, proposals, resolve, solve, solve_all
from tests.sessions.flows import PRINTER, publish_printer_flow, start, take
from tests.web.conftest import SignedIn
from tests.web.forms import send

pytestmark = pytest.mark.anyio


@pytest.fixture
async def proposal(client: TestClient, company: Company, database: Database) -> dict[str, Any]:
    """A new flow, proposed by three sessions."""
    await solve_all(client, company, database)
    return proposals(client, company)[0]


@pytest.fixture
async def change(client: TestClient, company: Company, database: Database) -> dict[str, Any]:
    """A change to the printer flow, proposed by one session."""
    publish_printer_flow(client, company)
    session_id = start(client, company)["id"]
    take(client, company, session_id, free_text="It is in power saving mode")
    await resolve(client, company, database, session_id, "Turned power saving off")
    return proposals(client, company)[0]


async def test_the_menu_counts_what_is_to_review(signed_in: SignedIn, proposal: dict[str, Any]) -> None:
    home = signed_in(Role.TEAM_ADMIN).get("/").text
    assert '1<span class="visually-hidden"> to review</span>' in home
    assert "/proposals" not in signed_in(Role.ENGINEER).get("/").text


async def test_the_list_leads_to_the_draft_and_its_evidence(signed_in: SignedIn, proposal: dict[str, Any]) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    assert f'href="/proposals/{proposal["id"]}"' in browser.get("/proposals").text
    page = browser.get(f"/proposals/{proposal['id']}").text
    assert "flow-mark" not in page
    for part in ("The sessions behind it", "3 sessions", "Cleaned label sensor", "Left out", "Publish as it is"):
        assert part in page, part


async def test_an_empty_queue_says_what_fills_it(signed_in: SignedIn) -> None:
    assert "Sessions that are alike make one." in signed_in(Role.TEAM_ADMIN).get("/proposals").text


async def test_publishing_as_it_is(signed_in: SignedIn, proposal: dict[str, Any]) -> None:
    browser, at = signed_in(Role.TEAM_ADMIN), f"/proposals/{proposal['id']}"
    page = send(browser, at, "/approve").text
    assert "New sessions follow it." in page
    assert "Too early to tell: no session since has been watched for 7 days yet." in page
    assert "Publish as it is" not in page
    assert "days before and after" not in page


async def test_editing_opens_the_editor_and_publishing_there_approves(
    signed_in: SignedIn, proposal: dict[str, Any]
) -> None:
    browser, at = signed_in(Role.TEAM_ADMIN), f"/proposals/{proposal['id']}"
    editor = send(browser, at, "/edit")
    assert editor.url.path.endswith("/canvas")
    assert "Publishing it approves the proposal." in editor.text
    assert f'href="{at}"' in editor.text
    assert f'href="{at}"' in browser.get(editor.url.path.replace("/canvas", "/edit")).text
    assert "Go on editing" in browser.get(at).text
    send(browser, editor.url.path.removesuffix("/canvas"), "/publish")
    assert "Approved" in browser.get(at).text


async def test_the_name_that_was_typed_is_edited_and_published(
    client: TestClient, company: Company, signed_in: SignedIn, proposal: dict[str, Any]
) -> None:
    browser, at = signed_in(Role.TEAM_ADMIN), f"/proposals/{proposal['id']}"
    editor = send(browser, at, "/edit", name="Label printer prints blank labels")
    send(browser, editor.url.path.removesuffix("/canvas"), "/publish")
    published = client.get(f"/api/v1{at}", headers=company.headers(Role.TEAM_ADMIN)).json()
    assert (published["status"], published["flow_name"]) == ("modified", "Label printer prints blank labels")


async def test_editing_opens_the_canvas_at_what_is_still_to_be_worded(
    client: TestClient, company: Company, database: Database, signed_in: SignedIn
) -> None:
    for notes, solved in (
        (["Changed the roll"], "New roll of labels"),
        (["Opened the lid"], "Closed the lid firmly"),
    ):
        await solve(client, company, database, TIMES[0][0], notes, solved)
    [found] = proposals(client, company)
    browser, at = signed_in(Role.TEAM_ADMIN), f"/proposals/{found['id']}"
    shown = browser.get(at).text
    [problem] = client.get(f"/api/v1{at}", headers=company.headers(Role.TEAM_ADMIN)).json()["problems"]
    assert f'<a href="#d-{problem["node"]}" hx-boost="false">The question at node 1 is not worded yet.' in shown
    editor = send(browser, at, "/edit")
    assert (editor.url.path.rpartition("/")[2], editor.url.query.decode()) == ("canvas", f"node={problem['node']}")
    assert f'/edit?node={problem["node"]}">Edit the flow as a list</a>' in editor.text


async def test_rejecting_takes_a_reason(signed_in: SignedIn, proposal: dict[str, Any]) -> None:
    browser, at = signed_in(Role.TEAM_ADMIN), f"/proposals/{proposal['id']}"
    assert send(browser, at, "/reject", reason="A new printer comes").url.path == "/proposals"
    assert "A new printer comes" in browser.get(at).text
    assert at in browser.get("/proposals?show=rejected").text


async def test_putting_off_and_back(signed_in: SignedIn, proposal: dict[str, Any]) -> None:
    browser, at = signed_in(Role.TEAM_ADMIN), f"/proposals/{proposal['id']}"
    assert "Nothing to review" in send(browser, at, "/put-off", until="2099-01-31").text
    assert at in browser.get("/proposals?show=pending").text
    assert "It is back in the queue." in browser.post(f"{at}/put-off", data={"until": ""}).text


async def test_a_day_that_has_passed_is_refused_at_its_field(
    signed_in: SignedIn, proposal: dict[str, Any]
) -> None:
    browser, at = signed_in(Role.TEAM_ADMIN), f"/proposals/{proposal['id']}"
    refused = browser.post(f"{at}/put-off", data={"until": "2020-01-01"}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert '"until": "Choose a day that is still to come."' in refused.text
    assert "Nothing to review" not in browser.get("/proposals").text


async def test_a_change_shows_what_it_changes(
    client: TestClient, company: Company, signed_in: SignedIn, change: dict[str, Any]
) -> None:
    page = signed_in(Role.TEAM_ADMIN).get(f"/proposals/{change['id']}").text
    assert "It is in power saving mode → &#34;Turned power saving off&#34;" in page
    assert page.index("The flow with the change") < page.index("What it changes")
    url = f"/api/v1/proposals/{change['id']}"
    found = client.get(url, headers=company.headers(Role.TEAM_ADMIN)).json()["differences"]
    added, changed = len(found["added"]), len(found["changed"])
    assert (added, changed) == (3, 1)
    assert (page.count(" is-new"), page.count(" is-changed")) == (added, changed)
    assert f"{added} nodes new, {changed} changed: marked here and in the list below." in page
    assert page.count('<span class="badge tone-green">New</span>') == added


async def test_a_stale_page_shows_the_difference_again(
    client: TestClient, company: Company, signed_in: SignedIn, change: dict[str, Any]
) -> None:
    browser, at = signed_in(Role.TEAM_ADMIN), f"/proposals/{change['id']}"
    shown = browser.get(at).text
    nodes = PRINTER["nodes"] | {"done": {"kind": "resolution", "text": "It prints, and the user knows."}}
    body = {"name": "Printer prints nothing", "tree": PRINTER | {"nodes": nodes}}
    url = f"/api/v1/flows/{change['flow_id']}"
    client.put(f"{url}/draft", headers=company.headers(), json=body)
    client.post(f"{url}/publish", headers=company.headers())
    assert change["based_on_id"] in shown
    refused = browser.post(f"{at}/approve", data={"based_on": change["based_on_id"]})
    assert refused.status_code == 409
    assert "This page was out of date." in refused.text
    assert "Read the difference again, then decide." in refused.text
    assert "What it changes" in refused.text


async def test_a_decision_twice_is_said(
    client: TestClient, company: Company, signed_in: SignedIn, proposal: dict[str, Any]
) -> None:
    browser, at = signed_in(Role.TEAM_ADMIN), f"/proposals/{proposal['id']}"
    decide(client, company, proposal["id"], "reject", reason="No")
    refused = browser.post(f"{at}/approve", data={"based_on": ""})
    assert refused.status_code == 409
    assert "was rejected already" in refused.text


async def test_one_from_before_drafts_were_kept_can_only_be_rejected(
    company: Company, signed_in: SignedIn
) -> None:
    proposal_id = company.add("flow_proposals", status="pending")
    page = signed_in(Role.TEAM_ADMIN).get(f"/proposals/{proposal_id}").text
    assert "This proposal is from before drafts were kept." in page
    assert "Sessions not known" in page
    assert "Publish as it is" not in page
    assert "Reject" in page


async def test_publishing_under_another_name(
    client: TestClient, company: Company, signed_in: SignedIn, proposal: dict[str, Any]
) -> None:
    browser, at = signed_in(Role.TEAM_ADMIN), f"/proposals/{proposal['id']}"
    page = send(browser, at, "/approve", name="Label printer feeds blank labels").text
    assert "Published: Label printer feeds blank labels." in page
    [flow] = client.get("/api/v1/flows", headers=company.headers()).json()["items"]
    assert (flow["name"], flow["published_version"]) == ("Label printer feeds blank labels", 1)


async def test_flows_that_exist_already_are_named(
    client: TestClient, company: Company, signed_in: SignedIn, proposal: dict[str, Any]
) -> None:
    at = f"/proposals/{proposal['id']}"
    assert "like this exist" not in signed_in(Role.TEAM_ADMIN).get(at).text
    named = {"name": "Label printer feeds blank labels", "keywords": ["blank labels"], "tree": PRINTER}
    flow_id = client.post("/api/v1/flows", headers=company.headers(), json=named).json()["id"]
    assert client.post(f"/api/v1/flows/{flow_id}/publish", headers=company.headers()).status_code < 300
    page = signed_in(Role.TEAM_ADMIN).get(at).text
    assert f'A flow like this exists: <a href="/flows/{flow_id}">{named["name"]}</a>.' in page


async def test_what_solved_it_is_shown_with_its_sessions_once(
    signed_in: SignedIn, proposal: dict[str, Any]
) -> None:
    page = signed_in(Role.TEAM_ADMIN).get(f"/proposals/{proposal['id']}").text
    sources = page[page.index("Where each step comes from") :]
    assert sources.count("Ran the media calibration from the printer menu") == 1
