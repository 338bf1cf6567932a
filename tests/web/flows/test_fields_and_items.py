"""Sections, items and fields are written in the editor's forms."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.web.flows.rows import FieldRow, ItemRow, fields_of, sections_of
from tests.company import Company
from tests.flows.samples import create, get
from tests.sessions.runs.procedure import NEW_PC
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send


@pytest.fixture
def editor(client: TestClient, company: Company, signed_in: SignedIn) -> tuple[TestClient, str, str]:
    """A team admin's browser, the editor at the checklist, and the flow's id."""
    flow_id = create(client, company, name="New PC", type="procedural", tree=NEW_PC)["id"]
    return signed_in(Role.TEAM_ADMIN), f"/flows/{flow_id}/edit?node=set_up", flow_id


def node_of(client: TestClient, company: Company, flow_id: str) -> dict[str, Any]:
    node: dict[str, Any] = get(client, company, f"/{flow_id}")["draft"]["tree"]["nodes"]["set_up"]
    return node


def held(browser: TestClient, path: str, action: str) -> dict[str, list[str]]:
    [form] = [form for form in forms_of(browser.get(path).text) if form.action.endswith(action)]
    return form.holds


def test_forms_that_are_sent_as_they_are_change_nothing(
    client: TestClient, company: Company, editor: tuple[TestClient, str, str]
) -> None:
    browser, path, flow_id = editor
    before = node_of(client, company, flow_id)
    for action in ("/edit/sections", "/edit/fields", "/edit/node"):
        assert send(browser, path, action).status_code == 200
    assert node_of(client, company, flow_id) == before


def test_an_item_and_a_section_are_added_and_an_item_is_moved_up(
    client: TestClient, company: Company, editor: tuple[TestClient, str, str]
) -> None:
    browser, path, flow_id = editor
    rows = held(browser, path, "/edit/sections")
    titles, texts = rows["title"], rows["text"]
    titles[2] = "Handover"
    texts[2], texts[5] = "Update it.", "Explain it."
    send(browser, path, "/edit/sections", title=titles, text=texts, up="1")
    sections = node_of(client, company, flow_id)["sections"]
    assert [(one["title"], [item["id"] for item in one["items"]]) for one in sections] == [
        ("Before", ["join", "unpack", "update-it"]),
        ("After", ["label"]),
        ("Handover", ["explain-it"]),
    ]


def test_an_item_is_moved_down(client: TestClient, company: Company, editor: tuple[TestClient, str, str]) -> None:
    browser, path, flow_id = editor
    send(browser, path, "/edit/sections", down="0")
    items = node_of(client, company, flow_id)["sections"][0]["items"]
    assert [item["id"] for item in items] == ["join", "unpack"]


def test_a_field_is_added_and_can_be_used_in_texts(
    client: TestClient, company: Company, editor: tuple[TestClient, str, str]
) -> None:
    browser, path, flow_id = editor
    rows = held(browser, path, "/edit/fields")
    rows["label"][2], rows["kind"][2], rows["choices"][2] = "Which system", "choice", "Windows\nmacOS"
    page = send(browser, path, "/edit/fields", label=rows["label"], kind=rows["kind"], choices=rows["choices"])
    field = node_of(client, company, flow_id)["fields"][2]
    assert (field["name"], field["kind"], field["choices"]) == ("which_system", "choice", ["Windows", "macOS"])
    assert "which_system" in page.text


def test_rows_that_are_cleared_are_removed_and_names_are_not_taken_twice() -> None:
    rows = [FieldRow("a", "", "text", "", "", ""), FieldRow("", "A b", "text", "yes", "", "")]
    again = FieldRow("", "A b", "text", "", "", "")
    assert [(field["name"], field["required"]) for field in fields_of([*rows, again])] == [
        ("a_b", True),
        ("a_b_2", False),
    ]
    items = [ItemRow(0, "x", "", "", ""), ItemRow(1, "", "Über uns", "", ""), ItemRow(7, "", "Nowhere", "", "")]
    assert sections_of(["", ""], items) == [
        {"title": "To do", "items": [{"id": "uber-uns", "text": "Über uns", "required": False, "help": ""}]}
    ]
