"""The routes of flows: who may call, what is listed, and whose flows they are."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.flows.samples import FLOWS, TREE, YAML, body, create, get, post, publish, save

CHANGES: list[tuple[str, str, Any]] = [
    ("POST", "", body(name="Another")),
    ("POST", "/import", {"yaml": YAML}),
    ("POST", "/library", None),
    ("POST", "/from-article", None),
    ("PUT", "/{flow}/draft", body()),
    ("DELETE", "/{flow}/draft", None),
    ("POST", "/{flow}/publish", None),
    ("POST", "/{flow}/retire", None),
    ("POST", "/{flow}/restore", None),
    ("DELETE", "/{flow}", None),
]
READS: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("GET", "/categories", None),
    ("GET", "/{flow}", None),
    ("GET", "/{flow}/versions", None),
    ("GET", "/{flow}/versions/1", None),
    ("GET", "/{flow}/versions/1/diff?to=1", None),
    ("GET", "/{flow}/export", None),
    ("POST", "/{flow}/validate", None),
    ("POST", "/match", {"text": "printer offline"}),
]


def _ask(client: TestClient, headers: dict[str, str], call: tuple[str, str, Any], flow: object) -> Any:
    method, path, sent = call
    return client.request(method, f"{FLOWS}{path.format(flow=flow)}", headers=headers, json=sent)


@pytest.mark.parametrize("call", CHANGES, ids=lambda call: " ".join(call[:2]))
@pytest.mark.parametrize("role", [Role.VIEWER, Role.ENGINEER])
def test_only_admins_change_flows(
    client: TestClient, company: Company, role: Role, call: tuple[str, str, Any]
) -> None:
    flow_id = create(client, company)["id"]
    assert _ask(client, company.headers(role), call, flow_id).status_code == 403
    assert company.query("SELECT name, is_active, deleted_at FROM trees") == [("Printer is offline", False, None)]


@pytest.mark.parametrize("call", READS, ids=lambda call: " ".join(call[:2]))
def test_a_viewer_may_read_everything(client: TestClient, company: Company, call: tuple[str, str, Any]) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id)
    assert _ask(client, company.headers(Role.VIEWER), call, flow_id).status_code == 200


@pytest.mark.parametrize("call", CHANGES + READS, ids=lambda call: " ".join(call[:2]))
def test_nobody_is_refused(client: TestClient, call: tuple[str, str, Any]) -> None:
    assert _ask(client, {}, call, new_id()).status_code == 401


@pytest.mark.parametrize(
    "call", [call for call in CHANGES + READS if "{flow}" in call[1]], ids=lambda call: " ".join(call[:2])
)
def test_a_flow_of_others_and_nobodys_are_the_same_404(
    client: TestClient, company: Company, neighbour: Company, call: tuple[str, str, Any]
) -> None:
    theirs = publish(client, neighbour)
    save(client, neighbour, theirs)
    before = neighbour.query("SELECT name, is_active, deleted_at, published_version_id FROM trees")
    answers = [_ask(client, company.headers(), call, flow) for flow in (theirs, new_id())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert neighbour.query("SELECT name, is_active, deleted_at, published_version_id FROM trees") == before
    assert neighbour.query("SELECT count(*) FROM tree_versions") == [(2,)]


def test_a_neighbours_flows_are_not_listed_and_their_names_are_free(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    publish(client, neighbour)
    assert get(client, company) == {"items": [], "next_cursor": None}
    assert get(client, company, "/categories") == {"items": [], "next_cursor": None}
    assert create(client, company)["name"] == "Printer is offline"


def test_a_flow_is_read_with_both_its_versions(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, tree={**TREE, "root": "switch_on"})
    flow = get(client, company, f"/{flow_id}")
    assert (flow["published"]["number"], flow["published"]["tree"]["root"]) == (1, "power")
    assert (flow["draft"]["number"], flow["draft"]["tree"]["root"]) == (2, "switch_on")
    assert flow["published"]["created_by"] == str(company.users[Role.TEAM_ADMIN])


def test_flows_are_listed_page_by_page(client: TestClient, company: Company) -> None:
    names = [f"Flow {number}" for number in range(5)]
    for name in names:
        create(client, company, name=name)
    first = get(client, company, "?limit=3")
    rest = get(client, company, f"?limit=3&cursor={first['next_cursor']}")
    assert [flow["name"] for flow in first["items"] + rest["items"]] == names
    assert (len(first["items"]), rest["next_cursor"]) == (3, None)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("?q=PRINT", ["Scanner", "Printers"]),
        ("?q=100%25", ["Disk 100% full"]),
        ("?q=_", []),
        ("?category=hardware", ["Disk 100% full"]),
        ("?category=hard", []),
        ("?state=draft", ["Scanner"]),
        ("?state=published", ["Printers", "No category"]),
        ("?state=retired", ["Disk 100% full"]),
        ("?q=print&state=draft", ["Scanner"]),
    ],
)
def test_a_list_can_be_narrowed(client: TestClient, company: Company, asked: str, found: list[str]) -> None:
    create(client, company, name="Scanner", category="Printing")
    publish(client, company, name="Printers", category="Office")
    publish(client, company, name="No category", category=None)
    retired = publish(client, company, name="Disk 100% full", category="Hardware")
    post(client, company, f"/{retired}/retire")
    assert [flow["name"] for flow in get(client, company, asked)["items"]] == found


def test_categories_are_listed(client: TestClient, company: Company) -> None:
    for name, category in (("One", "Printing"), ("Two", "Email"), ("Three", "Printing")):
        create(client, company, name=name, category=category)
    listed = get(client, company, "/categories")
    assert [category["name"] for category in listed["items"]] == ["Printing", "Email"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        body(name=""),
        body(name="\x00"),
        body(name="\ud800"),
        body(name="x" * 201),
        body(type="magic"),
        body(colour="red"),
        body(tree={"root": "a"}),
        body(tree={"root": "a", "nodes": {"A B": {"kind": "resolution", "text": "x"}}}),
        body(tree={"root": "a", "nodes": {"a": {"kind": "poem", "text": "x"}}}),
    ],
)
def test_an_invalid_flow_is_a_422(client: TestClient, company: Company, sent: dict[str, Any]) -> None:
    answer = client.post(FLOWS, headers=company.headers(), content=json.dumps(sent))
    assert answer.status_code == 422
    assert company.query("SELECT name FROM trees") == []


def test_the_same_creation_sent_twice_creates_once(client: TestClient, company: Company) -> None:
    headers = company.headers() | {"Idempotency-Key": "flow-1"}
    answers = [client.post(FLOWS, headers=headers, json=body()) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert company.query("SELECT count(*) FROM trees") == [(1,)]
