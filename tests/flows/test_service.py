"""Writing, publishing and retiring flows."""

import asyncio
import copy
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.flows import service
from flowpilot.flows.author import Operator
from flowpilot.flows.drafts.service import FlowNameTakenError, create_flow
from flowpilot.flows.queries import NoDraftError
from tests.company import Company
from tests.flows.samples import BROKEN, FLOWS, TREE, actor, body, create, flow_text, get, post, publish, save

pytestmark = pytest.mark.anyio


def _actions(company: Company) -> list[tuple[Any, ...]]:
    query = "SELECT action, actor_id, after FROM audit_log WHERE action LIKE 'flow.%%' ORDER BY id"
    return company.query(query)


def test_a_new_flow_is_a_draft_and_guides_nobody(client: TestClient, company: Company) -> None:
    flow = create(client, company)
    assert (flow["state"], flow["published_version"], flow["draft_version"]) == ("draft", None, 1)
    assert flow["published"] is None
    assert company.query("SELECT is_active, published_version_id, search_text FROM trees") == [(False, None, "")]


def test_an_unfinished_flow_can_be_saved(client: TestClient, company: Company) -> None:
    assert create(client, company, tree=BROKEN)["draft"]["tree"]["nodes"]["power"]["choices"][1] == {
        "label": "No",
        "next": "nowhere",
    }


def test_publishing_makes_the_draft_what_sessions_follow(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    [(number, published_at, version_id)] = company.query("SELECT number, published_at, id FROM tree_versions")
    assert number == 1
    assert company.query("SELECT is_active, published_version_id FROM trees") == [(True, version_id)]
    flow = get(client, company, f"/{flow_id}")
    assert (flow["state"], flow["published_version"], flow["draft"]) == ("published", 1, None)
    assert flow["published_at"] == published_at.isoformat().replace("+00:00", "Z")


def test_an_unpublishable_draft_says_which_nodes_are_wrong(client: TestClient, company: Company) -> None:
    flow_id = create(client, company, tree=BROKEN)["id"]
    answer = post(client, company, f"/{flow_id}/publish")
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["type"] == "urn:flowpilot:problem:flow-problems"
    assert [found["node"] for found in problem["problems"]] == ["power"]
    assert 'The choice "No" of "Is it on?" leads to a node that does not exist' in problem["detail"]
    assert [found["missing"] for found in problem["problems"]] == ["nowhere"]
    assert company.query("SELECT published_at FROM tree_versions") == [(None,)]


def _changed(node: str, **changes: Any) -> dict[str, Any]:
    tree = copy.deepcopy(TREE)
    tree["nodes"][node] = {**tree["nodes"].get(node, {}), **changes}
    return tree


@pytest.mark.parametrize(
    ("tree", "node"),
    [
        ({**TREE, "root": "start"}, None),
        (_changed("island", kind="resolution", text="Nobody comes here."), "island"),
        (_changed("switch_on", outcomes=[{"label": "Still off", "next": "power"}]), "power"),
        (_changed("power", choices=TREE["nodes"]["power"]["choices"][:1]), "power"),
        (_changed("power", choices=[{"label": "Yes", "next": "switch_on"}] * 2), "power"),
        (_changed("switch_on", outcomes=[]), "switch_on"),
        (_changed("done", choices=TREE["nodes"]["power"]["choices"]), "done"),
    ],
    ids=["no root", "unreachable", "never ends", "one choice", "label twice", "no outcome", "goes on"],
)
def test_each_reason_names_its_node(
    client: TestClient, company: Company, tree: dict[str, Any], node: str | None
) -> None:
    flow_id = create(client, company, tree=tree)["id"]
    found = post(client, company, f"/{flow_id}/validate").json()["problems"]
    assert node in [problem["node"] for problem in found]
    assert post(client, company, f"/{flow_id}/publish").json()["problems"] == found


def test_a_sound_draft_has_no_problems(client: TestClient, company: Company) -> None:
    flow_id = create(client, company)["id"]
    assert post(client, company, f"/{flow_id}/validate").json() == {"problems": []}


def test_there_is_one_draft_and_it_is_written_over(client: TestClient, company: Company) -> None:
    flow_id = create(client, company)["id"]
    for tree in (BROKEN, TREE):
        saved = save(client, company, flow_id, tree=tree)
        assert (saved.status_code, saved.json()["number"]) == (200, 1)
    assert company.query("SELECT number, structure FROM tree_versions") == [(1, TREE)]


def test_after_publishing_a_draft_is_the_next_version(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    assert save(client, company, flow_id, tree=BROKEN).json()["number"] == 2
    flow = get(client, company, f"/{flow_id}")
    assert (flow["published_version"], flow["draft_version"], flow["state"]) == (1, 2, "published")


def test_details_outside_the_tree_change_at_once(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, name="Printers", category="Office", keywords=[])
    flow = get(client, company, f"/{flow_id}")
    assert (flow["name"], flow["category"], flow["keywords"]) == ("Printers", "Office", [])
    # What problems are matched to changes when it is published.
    query = "SELECT search_text FROM trees"
    assert company.query(query) == [("Printer is offline\nprinter offline\nprint queue",)]
    post(client, company, f"/{flow_id}/publish")
    assert company.query(query) == [("Printers",)]


def test_saving_over_somebody_elses_work_is_refused(client: TestClient, company: Company) -> None:
    opened = create(client, company)
    mine = save(client, company, opened["id"], based_on=opened["draft"]["id"])
    theirs = save(client, company, opened["id"], based_on=opened["draft"]["id"], tree=BROKEN)
    assert (mine.status_code, theirs.status_code) == (200, 409)
    assert theirs.json()["type"] == "urn:flowpilot:problem:flow-changed"
    again = save(client, company, opened["id"], based_on=mine.json()["id"], tree=BROKEN)
    assert again.status_code == 200


def test_an_edit_that_began_before_publishing_goes_on(client: TestClient, company: Company) -> None:
    opened = create(client, company)
    post(client, company, f"/{opened['id']}/publish")
    assert save(client, company, opened["id"], based_on=opened["draft"]["id"]).json()["number"] == 2


def test_a_draft_can_be_thrown_away(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, tree=BROKEN)
    url = f"{FLOWS}/{flow_id}/draft"
    assert client.delete(url, headers=company.headers()).status_code == 204
    assert company.query("SELECT number, structure FROM tree_versions") == [(1, TREE)]
    assert client.delete(url, headers=company.headers()).json()["type"] == "urn:flowpilot:problem:no-draft"


def test_the_only_draft_stays(client: TestClient, company: Company) -> None:
    flow_id = create(client, company)["id"]
    answer = client.delete(f"{FLOWS}/{flow_id}/draft", headers=company.headers())
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:flowpilot:problem:only-draft")


def test_retiring_and_restoring(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    for action, state in (("retire", "retired"), ("retire", "retired"), ("restore", "published")):
        answer = post(client, company, f"/{flow_id}/{action}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert [action for action, _, _ in _actions(company)] == [
        "flow.created",
        "flow.published",
        "flow.retired",
        "flow.restored",
    ]


def test_publishing_a_new_draft_brings_a_retired_flow_back(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    post(client, company, f"/{flow_id}/retire")
    save(client, company, flow_id)
    assert post(client, company, f"/{flow_id}/publish").json()["state"] == "published"


@pytest.mark.parametrize("action", ["retire", "restore"])
def test_a_flow_never_published_cannot_be_retired(client: TestClient, company: Company, action: str) -> None:
    flow_id = create(client, company)["id"]
    answer = post(client, company, f"/{flow_id}/{action}")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:flowpilot:problem:never-published")


def test_a_deleted_flow_is_gone_but_its_rows_stay(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    url = f"{FLOWS}/{flow_id}"
    assert client.delete(url, headers=company.headers()).status_code == 204
    assert client.get(url, headers=company.headers()).status_code == 404
    assert client.delete(url, headers=company.headers()).status_code == 404
    assert get(client, company)["items"] == []
    assert company.query("SELECT number, structure FROM tree_versions") == [(1, TREE)]


def test_every_change_is_on_record(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    client.delete(f"{FLOWS}/{flow_id}", headers=company.headers())
    target = company.query("SELECT DISTINCT target_type, target_id::text FROM audit_log WHERE action ~ '^flow'")
    assert target == [("flow", flow_id)]
    assert [(action, after) for action, _, after in _actions(company)] == [
        ("flow.created", {"name": "Printer is offline"}),
        ("flow.published", {"name": "Printer is offline", "version": 1}),
        ("flow.deleted", {"name": "Printer is offline"}),
    ]


def test_two_flows_cannot_share_a_name(client: TestClient, company: Company) -> None:
    first = create(client, company)["id"]
    taken = post(client, company, **body(name="PRINTER IS OFFLINE"))
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:flowpilot:problem:flow-name-taken")
    other = create(client, company, name="Scanner")["id"]
    assert save(client, company, other).status_code == 409
    client.delete(f"{FLOWS}/{first}", headers=company.headers())
    assert save(client, company, other).status_code == 200


def test_a_category_is_found_ignoring_case_and_made_when_it_is_new(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    create(client, neighbour)
    create(client, company)
    create(client, company, name="Scanner", category="printing")
    create(client, company, name="Anything", category=None)
    assert company.query("SELECT name FROM tree_categories") == [("Printing",)]


async def test_two_publish_at_once_and_one_succeeds(database: Database, company: Company) -> None:
    author = actor(company)
    async with database.write(company.id) as db:
        flow_id = (await create_flow(db, author, flow_text(), now())).id

    async def publish_it() -> None:
        async with database.write(company.id) as db:
            await service.publish(db, author, flow_id, now())

    done = await asyncio.gather(*(publish_it() for _ in range(5)), return_exceptions=True)
    assert [type(failure) for failure in done if failure is not None] == [NoDraftError] * 4
    assert [action for action, _, _ in _actions(company)] == ["flow.created", "flow.published"]


async def test_two_take_a_name_at_once_and_one_gets_it(database: Database, company: Company) -> None:
    async def create_it() -> None:
        async with database.write(company.id) as db:
            await create_flow(db, Operator(company.id), flow_text(), now())

    done = await asyncio.gather(*(create_it() for _ in range(5)), return_exceptions=True)
    assert [type(failure) for failure in done if failure is not None] == [FlowNameTakenError] * 4
    assert company.query("SELECT count(*) FROM trees") == [(1,)]
    assert company.query("SELECT count(*) FROM tree_categories") == [(1,)]


async def test_a_flow_as_long_as_can_be_is_published(database: Database, company: Company) -> None:
    nodes = {
        f"node-{number}": {
            "kind": "instruction",
            "text": " ".join(f"t{number}x{word}" for word in range(200)),
            "help": " ".join(f"h{number}x{word}" for word in range(500)),
            "outcomes": [{"label": "Go on", "next": f"node-{number + 1}" if number < 298 else "end"}],
        }
        for number in range(299)
    }
    tree = {"root": "node-0", "nodes": {**nodes, "end": {"kind": "resolution", "text": "Done."}}}
    async with database.write(company.id) as db:
        flow = await create_flow(db, actor(company), flow_text(tree=tree), now())
        await service.publish(db, actor(company), flow.id, now())
    assert company.query("SELECT length(search) > 10000 FROM trees") == [(True,)]


def test_only_the_draft_that_was_read_is_published_or_thrown_away(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    read = save(client, company, flow_id, description="Read.").json()["id"]
    present = save(client, company, flow_id, description="Not read.").json()["id"]
    headers, path = company.headers(), f"{FLOWS}/{flow_id}"
    refused = [
        client.post(f"{path}/publish?based_on={read}", headers=headers),
        client.delete(f"{path}/draft?based_on={read}", headers=headers),
    ]
    assert [(answer.status_code, answer.json()["type"]) for answer in refused] == [
        (409, "urn:flowpilot:problem:flow-changed")
    ] * 2
    published = client.post(f"{path}/publish?based_on={present}", headers=headers)
    assert published.json()["published_version"] == 2
