"""Flows imported from YAML, and the shipped ones."""

import asyncio
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.flows.author import Operator
from flowpilot.flows.importing import ImportAction, import_flow, install_shipped
from flowpilot.flows.shipped import shipped_flows
from tests.company import Company
from tests.flows.samples import FLOWS, YAML, create, get, post, publish, save

pytestmark = pytest.mark.anyio

CHANGED = YAML.replace("Is the printer on?", "Is its lamp lit?")


def _import(client: TestClient, company: Company, yaml: str, **more: Any) -> tuple[int, dict[str, Any]]:
    answer = post(client, company, "/import", yaml=yaml, **more)
    return answer.status_code, answer.json()


def test_a_text_becomes_a_draft(client: TestClient, company: Company) -> None:
    status, done = _import(client, company, YAML)
    assert (status, done["action"], done["version"], done["state"]) == (201, "created", 1, "draft")
    flow = get(client, company, f"/{done['flow_id']}")
    assert (flow["name"], flow["category"], flow["keywords"]) == (
        "Printer is offline",
        "Printing",
        ["printer offline", "print queue"],
    )
    assert set(flow["draft"]["tree"]["nodes"]) == {"power", "done", "hand_over"}


def test_it_can_be_published_at_once(client: TestClient, company: Company) -> None:
    _, done = _import(client, company, YAML, publish=True)
    assert (done["action"], done["version"], done["state"]) == ("created", 1, "published")


def test_the_same_text_again_changes_nothing(client: TestClient, company: Company) -> None:
    _, first = _import(client, company, YAML, publish=True)
    status, again = _import(client, company, YAML, publish=True)
    assert (status, again) == (200, first | {"action": "unchanged"})
    assert company.query("SELECT count(*) FROM tree_versions") == [(1,)]


def test_another_text_of_the_same_name_becomes_the_flows_draft(client: TestClient, company: Company) -> None:
    _, first = _import(client, company, YAML, publish=True)
    status, done = _import(client, company, CHANGED.replace("Printer is", "PRINTER IS"))
    assert (status, done["flow_id"]) == (201, first["flow_id"])
    assert (done["action"], done["version"], done["state"]) == ("saved_draft", 2, "published")
    assert company.query("SELECT name FROM trees") == [("PRINTER IS offline",)]


def test_an_imported_draft_is_published_by_importing_it_again(client: TestClient, company: Company) -> None:
    _import(client, company, YAML)
    status, done = _import(client, company, YAML, publish=True)
    assert (status, done["action"], done["version"], done["state"]) == (200, "unchanged", 1, "published")


def test_importing_brings_a_retired_flow_back_only_to_publish_it(client: TestClient, company: Company) -> None:
    _, first = _import(client, company, YAML, publish=True)
    post(client, company, f"/{first['flow_id']}/retire")
    assert _import(client, company, YAML)[1]["state"] == "retired"
    assert _import(client, company, YAML, publish=True)[1]["state"] == "published"


def test_a_deleted_flow_does_not_come_back(client: TestClient, company: Company) -> None:
    _, first = _import(client, company, YAML)
    client.delete(f"{FLOWS}/{first['flow_id']}", headers=company.headers())
    _, again = _import(client, company, YAML)
    assert (again["action"], again["flow_id"] != first["flow_id"]) == ("created", True)


def test_an_exported_flow_can_be_imported_by_a_neighbour(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    flow_id = publish(client, company)
    yaml = client.get(f"{FLOWS}/{flow_id}/export", headers=company.headers()).text
    _, done = _import(client, neighbour, yaml)
    theirs, ours = get(client, neighbour, f"/{done['flow_id']}"), get(client, company, f"/{flow_id}")
    assert theirs["draft"]["tree"] == ours["published"]["tree"]


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("", "The text is empty."),
        ("name: [", "is not valid YAML"),
        (YAML.replace("question", "riddle"), 'node "power" has no "riddle"'),
        ("x" * 500_001, "at most 500000 characters"),
    ],
    ids=["empty", "no YAML", "no flow", "too long"],
)
def test_an_invalid_flow_says_why(client: TestClient, company: Company, yaml: str, said: str) -> None:
    status, problem = _import(client, company, yaml)
    assert status == 422
    assert said in problem["detail"]
    assert company.query("SELECT name FROM trees") == []


def test_an_unpublishable_flow_is_not_imported_either(client: TestClient, company: Company) -> None:
    status, problem = _import(client, company, YAML.replace("Yes: done", "Yes: nowhere"), publish=True)
    assert (status, problem["type"]) == (409, "urn:flowpilot:problem:flow-problems")
    assert company.query("SELECT name FROM trees") == []


async def test_imported_at_once_it_is_one_flow(database: Database, company: Company) -> None:
    async def bring_in() -> ImportAction:
        async with database.write(company.id) as db:
            return (await import_flow(db, Operator(company.id), YAML, now(), publish=True)).action

    done = await asyncio.gather(*(bring_in() for _ in range(5)))
    assert sorted(done) == [ImportAction.CREATED] + [ImportAction.UNCHANGED] * 4
    assert company.query("SELECT count(*) FROM trees") == [(1,)]


def test_the_library_is_installed_once(client: TestClient, company: Company, neighbour: Company) -> None:
    count = len(shipped_flows())
    assert post(client, company, "/library").json() == {"installed": count}
    assert post(client, company, "/library").json() == {"installed": 0}
    listed = get(client, company, "?state=published&limit=200")["items"]
    assert {flow["name"] for flow in listed} == {flow.name for flow in shipped_flows().values()}
    assert get(client, neighbour)["items"] == []


def test_the_accounts_changes_to_a_shipped_flow_stay(client: TestClient, company: Company) -> None:
    name = shipped_flows()["printer"].name
    flow_id = create(client, company, name=name.upper())["id"]
    save(client, company, flow_id, name=name.upper(), description="Our own.")
    assert post(client, company, "/library").json() == {"installed": len(shipped_flows()) - 1}
    assert get(client, company, f"/{flow_id}")["description"] == "Our own."


async def test_installed_at_once_nothing_is_there_twice(database: Database, company: Company) -> None:
    async def install() -> int:
        async with database.write(company.id) as db:
            return await install_shipped(db, company.id, None, now())

    assert sorted(await asyncio.gather(install(), install())) == [0, len(shipped_flows())]


async def test_the_library_is_on_record_as_the_operators(database: Database, company: Company) -> None:
    async with database.write(company.id) as db:
        await install_shipped(db, company.id, None, now())
    rows = company.query("SELECT DISTINCT action, actor_id FROM audit_log WHERE action ~ '^flow' ORDER BY action")
    assert rows == [("flow.created", None), ("flow.published", None)]
