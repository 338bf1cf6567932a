"""The editor of drafts, and the walk through a draft, as a browser without scripts uses them."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.flows.samples import BROKEN, create, get, publish, save
from tests.web.conftest import SignedIn
from tests.web.flows.samples import based_on, draft
from tests.web.forms import send

POWER: dict[str, Any] = {
    "node": "power",
    "kind": "question",
    "text": "Is the printer on?",
    "label": ["Yes", "No"],
    "next": ["hand_over", "switch_on"],
}


@pytest.fixture
def editor(client: TestClient, company: Company, signed_in: SignedIn) -> tuple[TestClient, str]:
    """A manager's browser, and a draft."""
    return signed_in(Role.TEAM_ADMIN), create(client, company)["id"]


def _edit(browser: TestClient, flow_id: str, what: str, **sent: Any) -> Any:
    return browser.post(f"/flows/{flow_id}/edit/{what}", data={"based_on": based_on(browser, flow_id), **sent})


def test_a_new_flow_begins_as_a_draft_that_can_be_published(client: TestClient, signed_in: SignedIn) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    page = browser.post("/flows", data={"name": "Scanner is dirty", "category": "Scanning"})
    assert page.url.path.endswith("/edit")
    assert "can be published" in page.text
    published = send(browser, page, "/publish")
    assert "Version 1 is published" in published.text


def test_a_name_that_is_taken_is_refused(editor: tuple[TestClient, str]) -> None:
    page = editor[0].post("/flows", data={"name": "Printer is offline"})
    assert page.status_code == 409
    assert "Edit that one, or choose another name." in page.text


def test_a_node_is_written_over(client: TestClient, company: Company, editor: tuple[TestClient, str]) -> None:
    browser, flow_id = editor
    page = _edit(browser, flow_id, "node", **POWER | {"text": "Does it hum?", "help": "Listen.\r\nClosely."})
    assert "Saved." in page.text
    node = draft(client, company, flow_id)["nodes"]["power"]
    assert (node["text"], node["help"]) == ("Does it hum?", "Listen.\nClosely.")
    assert [choice["label"] for choice in node["choices"]] == ["Yes", "No"]


def test_a_choice_can_lead_to_a_node_that_is_made_with_it(
    client: TestClient, company: Company, editor: tuple[TestClient, str]
) -> None:
    browser, flow_id = editor
    rows = {"label": ["Yes", "No", "It is gone!"], "next": ["hand_over", "switch_on", "new:resolution"]}
    page = _edit(browser, flow_id, "node", **POWER | rows)
    assert page.url.query == b"node=it-is-gone"
    tree = draft(client, company, flow_id)
    node = tree["nodes"]["it-is-gone"]
    assert {name: value for name, value in node.items() if value} == {"kind": "resolution", "text": "It is gone!"}
    assert tree["nodes"]["power"]["choices"][2] == {"label": "It is gone!", "next": "it-is-gone"}


def test_a_row_without_a_label_is_left_out_and_another_moves_up(
    client: TestClient, company: Company, editor: tuple[TestClient, str]
) -> None:
    browser, flow_id = editor
    rows = {"label": ["Yes", "", "No"], "next": ["hand_over", "done", "switch_on"], "up": "2"}
    _edit(browser, flow_id, "node", **POWER | rows)
    _edit(browser, flow_id, "node", **POWER | {"up": "1"})
    choices = draft(client, company, flow_id)["nodes"]["power"]["choices"]
    assert [choice["label"] for choice in choices] == ["No", "Yes"]


def test_an_instruction_has_outcomes(client: TestClient, company: Company, editor: tuple[TestClient, str]) -> None:
    browser, flow_id = editor
    _edit(browser, flow_id, "node", **POWER | {"kind": "instruction"})
    node = draft(client, company, flow_id)["nodes"]["power"]
    assert (node["choices"], [one["label"] for one in node["outcomes"]]) == ([], ["Yes", "No"])


def test_each_save_says_what_is_wrong_and_prevents_publishing(editor: tuple[TestClient, str]) -> None:
    browser, flow_id = editor
    publish_form = f'action="/flows/{flow_id}/publish"'
    assert publish_form in browser.get(f"/flows/{flow_id}/edit").text
    page = _edit(browser, flow_id, "node", **POWER | {"label": ["Yes"], "next": ["hand_over"]}).text
    assert publish_form not in page
    link = f'<a href="/flows/{flow_id}/edit?node=power">'
    assert f"{link}The question &#34;Is the printer on?&#34; needs at least two" in page
    assert "No path leads to &#34;It prints again.&#34;" in page


def test_a_published_flow_is_edited_as_a_new_draft(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id = publish(client, company)
    browser = signed_in(Role.TEAM_ADMIN)
    page = browser.get(f"/flows/{flow_id}/edit").text
    assert "No draft yet" in page
    assert f'action="/flows/{flow_id}/publish"' not in page
    _edit(browser, flow_id, "node", **POWER | {"text": "Does it hum?"})
    flow = get(client, company, f"/{flow_id}")
    assert (flow["published_version"], flow["draft_version"]) == (1, 2)
    assert flow["published"]["tree"]["nodes"]["power"]["text"] == "Is the printer on?"


def test_an_editor_does_not_undo_what_another_saved_meanwhile(
    client: TestClient, company: Company, editor: tuple[TestClient, str]
) -> None:
    browser, flow_id = editor
    before = based_on(browser, flow_id)
    save(client, company, flow_id, description="By somebody else.")
    for what, sent in (("node", POWER), ("about", {"name": "Mine"}), ("remove", {"node": "done"})):
        page = browser.post(f"/flows/{flow_id}/edit/{what}", data={"based_on": before, **sent})
        assert page.status_code == 409
        assert "Somebody has saved this flow since you opened it." in page.text
    assert get(client, company, f"/{flow_id}")["description"] == "By somebody else."


def test_details_outside_the_tree_are_saved(
    client: TestClient, company: Company, editor: tuple[TestClient, str]
) -> None:
    browser, flow_id = editor
    about = {"name": "Plotter", "category": "", "type": "procedural", "keywords": "paper\r\n\r\n ink \r\n"}
    _edit(browser, flow_id, "about", **about)
    flow = get(client, company, f"/{flow_id}")
    assert (flow["name"], flow["category"], flow["draft"]["type"]) == ("Plotter", None, "procedural")
    assert (flow["description"], flow["keywords"]) == ("", ["paper", "ink"])
    assert set(flow["draft"]["tree"]["nodes"]) == {"power", "switch_on", "done", "hand_over"}


def test_nodes_are_added_removed_and_made_the_root(
    client: TestClient, company: Company, editor: tuple[TestClient, str]
) -> None:
    browser, flow_id = editor
    for _ in range(2):
        _edit(browser, flow_id, "add", kind="instruction", text="Étape zero")
    page = _edit(browser, flow_id, "root", node="etape-zero")
    assert "The flow begins here now." in page.text
    page = _edit(browser, flow_id, "remove", node="done")
    assert page.url.query == b"node=switch_on"
    assert ">A node that does not exist</option>" in page.text
    tree = draft(client, company, flow_id)
    assert (tree["root"], sorted(tree["nodes"])) == (
        "etape-zero",
        ["etape-zero", "etape-zero-2", "hand_over", "power", "switch_on"],
    )


def test_the_last_node_can_be_removed_and_another_one_added(
    client: TestClient, company: Company, editor: tuple[TestClient, str]
) -> None:
    browser, flow_id = editor
    for node in ("power", "switch_on", "done", "hand_over"):
        page = _edit(browser, flow_id, "remove", node=node)
    assert "No nodes yet" in page.text
    assert browser.get(f"/flows/{flow_id}").status_code == 200
    assert "Added." in _edit(browser, flow_id, "add", kind="resolution", text="Done").text


@pytest.mark.parametrize(
    ("what", "sent", "status", "error"),
    [
        ("node", POWER | {"node": "gone"}, 404, "The draft does not have this node any more."),
        ("node", POWER | {"text": " "}, 422, "This must not be empty: power text."),
        ("node", POWER | {"label": ["x" * 201], "next": ["done"]}, 422, "power choices 0 label"),
        ("node", POWER | {"label": ["x"], "next": ["new:thing"]}, 200, "leads to a node that does not exist"),
        ("add", {"kind": "question", "text": "bell \x07"}, 422, "it contains a control character"),
        ("about", {"name": ""}, 422, "name"),
        ("about", {"name": "x", "keywords": "\n".join(map(str, range(51)))}, 422, "keywords"),
    ],
)
def test_what_cannot_be_stored_is_refused(
    editor: tuple[TestClient, str], what: str, sent: dict[str, Any], status: int, error: str
) -> None:
    browser, flow_id = editor
    page = _edit(browser, flow_id, what, **sent)
    assert page.status_code == status
    assert error in page.text


def test_only_managers_edit(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    made = create(client, company)
    browser = signed_in(Role.ENGINEER)
    for what, sent in (("node", POWER), ("about", {"name": "Mine"}), ("remove", {"node": "done"})):
        data = {"based_on": made["draft"]["id"], **sent}
        assert browser.post(f"/flows/{made['id']}/edit/{what}", data=data).status_code == 403


def test_a_draft_is_walked_click_by_click_without_a_session(
    company: Company, editor: tuple[TestClient, str]
) -> None:
    browser, flow_id = editor
    here = f"/flows/{flow_id}/preview?version=1"
    page = browser.get(here).text
    assert f'href="{here.replace("&", "&amp;")}&path=1"' in page
    page = browser.get(f"{here}&path=1").text
    assert "The switch is at the back." in page
    page = browser.get(f"{here}&path=1.0").text
    assert '<h2 id="now" class="now">It prints again.</h2>' in page
    assert "The session ends here: resolved." in page
    assert company.query("SELECT count(*) FROM ai_sessions") == [(0,)]


def test_a_walk_that_leads_nowhere_or_on_from_no_choice_says_so(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id = create(client, company, tree=BROKEN)["id"]
    browser = signed_in(Role.VIEWER)
    assert (
        "This answer leads to a node that does not exist." in browser.get(f"/flows/{flow_id}/preview?path=1").text
    )
    assert '<h2 id="now" class="now">Is it on?</h2>' in browser.get(f"/flows/{flow_id}/preview?path=7.1").text
    assert browser.get(f"/flows/{flow_id}/preview?path=x").status_code == 422


def test_an_open_node_stays_open_until_its_mark_is_cleared(
    client: TestClient, company: Company, editor: tuple[TestClient, str]
) -> None:
    browser, flow_id = editor
    rows = {"label": ["Yes", "No"], "next": ["hand_over", "switch_on"]}
    _edit(browser, flow_id, "node", **POWER | rows | {"open": "true"})
    assert "Still to be worded" in browser.get(f"/flows/{flow_id}/edit?node=power").text
    _edit(browser, flow_id, "node", **POWER | rows)
    assert "Still to be worded" not in browser.get(f"/flows/{flow_id}/edit?node=power").text
    assert draft(client, company, flow_id)["nodes"]["power"]["open"] is False


def test_a_client_that_is_not_known_is_said_at_its_field(editor: tuple[TestClient, str]) -> None:
    browser, flow_id = editor
    sent = {"node": "power", "client_name": "Nobody Ltd", "text": "Ask first."}
    answer = browser.post(f"/flows/{flow_id}/edit/client-note", data=sent, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert '"client_name": "No client is called' in answer.text
