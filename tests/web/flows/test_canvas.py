"""The canvas page: who may open it, and what its scripts begin with. `tests/browser` has what they do."""

import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.flows.samples import BROKEN, TREE, body, create, get, publish, save
from tests.sessions.flows import start, take
from tests.web.conftest import SignedIn
from tests.web.test_costs import heard


def given(page: str) -> dict[str, Any]:
    """What the page gives to its scripts."""
    found = re.search(r'<script type="application/json" data-given>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    read: dict[str, Any] = json.loads(found[1])
    return read


@pytest.mark.parametrize(("role", "status"), [(Role.ENGINEER, 403), (Role.TEAM_ADMIN, 200)])
def test_the_canvas_is_for_those_who_may_change_flows(
    client: TestClient, company: Company, signed_in: SignedIn, role: Role, status: int
) -> None:
    assert signed_in(role).get(f"/flows/{publish(client, company)}/canvas").status_code == status


def test_a_neighbours_canvas_is_not_there(
    client: TestClient, company: Company, neighbour: Company, signed_in: SignedIn
) -> None:
    assert signed_in(Role.OWNER).get(f"/flows/{publish(client, neighbour)}/canvas").status_code == 404


def test_the_canvas_begins_with_the_draft_its_author_and_its_problems(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id = create(client, company)["id"]
    draft = save(client, company, flow_id, tree=BROKEN).json()
    begins = given(signed_in(Role.TEAM_ADMIN).get(f"/flows/{flow_id}/canvas?node=done").text)
    assert begins["tree"] == BROKEN
    assert begins["selected"] == "done"
    assert begins["edition"] == {
        "id": draft["id"],
        "at": draft["created_at"].replace("Z", "+00:00"),
        "by": "team_admin",
        "isDraft": True,
    }
    assert begins["facts"] == {name: body()[name] for name in begins["facts"] if name != "type"} | {
        "type": "troubleshooting"
    }
    assert [problem["node"] for problem in begins["problems"]] == ["power"]
    assert begins["traffic"] is None


def test_the_canvas_shows_the_traffic_of_the_last_30_days(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id = publish(client, company)
    take(client, company, start(client, company, flow_id=flow_id)["id"], choice="No")
    begins = given(signed_in(Role.TEAM_ADMIN).get(f"/flows/{flow_id}/canvas").text)
    assert begins["traffic"]["edges"] == [{"node": "power", "label": "No", "next": "switch_on", "n": 1}]


def test_the_canvas_knows_the_names_of_the_flows_that_it_leads_into(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    other = publish(client, company, name="Scanner is dirty")
    publish(client, company, name="Not led into")
    clean = {
        "kind": "subflow",
        "text": "Clean it.",
        "flow": other,
        "outcomes": [{"label": "Clean", "next": "done"}],
    }
    tree = {"root": "clean", "nodes": {"clean": clean, "done": {"kind": "resolution", "text": "Solved."}}}
    flow_id = create(client, company, tree=tree)["id"]
    page = signed_in(Role.TEAM_ADMIN).get(f"/flows/{flow_id}/canvas").text
    assert given(page)["flows"] == {other: "Scanner is dirty"}


def test_the_canvas_costs_the_same_however_many_sessions_there_are(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id, browser = publish(client, company), signed_in(Role.TEAM_ADMIN)
    costs = []
    for _ in range(2):
        take(client, company, start(client, company, flow_id=flow_id)["id"], choice="No")
        with heard(client) as sent:
            assert browser.get(f"/flows/{flow_id}/canvas").status_code == 200
        costs.append(len(sent))
    assert costs[0] == costs[1] <= 18


def test_without_scripts_the_canvas_leads_to_the_list(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    path = f"/flows/{publish(client, company)}"
    page = signed_in(Role.TEAM_ADMIN).get(f"{path}/canvas").text
    said = page.partition("<main")[2].split("<noscript>")[1]
    assert f'<a href="{path}/edit">Edit the flow as a list</a>' in said


def test_a_text_that_ends_the_script_stays_a_text(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    text = "</script><script>alert(1)</script>"
    tree = {"root": "a", "nodes": {"a": {"kind": "resolution", "text": text}}}
    flow_id = create(client, company, tree=tree)["id"]
    page = signed_in(Role.TEAM_ADMIN).get(f"/flows/{flow_id}/canvas").text
    assert given(page)["tree"] == tree
    assert "<script>alert" not in page


def test_a_saved_draft_says_what_is_wrong_with_it_and_has_a_new_id(client: TestClient, company: Company) -> None:
    flow = create(client, company)
    first = save(client, company, flow["id"], tree=TREE).json()
    second = save(client, company, flow["id"], tree=BROKEN, based_on=first["id"]).json()
    assert first["problems"] == []
    assert [problem["node"] for problem in second["problems"]] == ["power"]
    assert second["id"] != first["id"]


def test_a_draft_that_somebody_else_saved_is_not_overwritten(client: TestClient, company: Company) -> None:
    flow = create(client, company)
    save(client, company, flow["id"], tree=BROKEN)
    late = save(client, company, flow["id"], based_on=flow["draft"]["id"])
    assert late.status_code == 409
    assert late.json()["type"].endswith("flow-changed")
    assert get(client, company, f"/{flow['id']}")["draft"]["tree"]["nodes"]["power"]["text"] == "Is it on?"
