"""Files in nodes: whose may be shown, with which version they stay, and when they go."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.flows.files import keeping
from flowpilot.identity.actor import Role
from tests.attachments.files import picture, uploaded
from tests.company import Company, run
from tests.flows.samples import FLOWS, TREE, body, create, get, post, publish, save
from tests.sessions.flows import start_by_request

ADMIN = Role.TEAM_ADMIN


def tree_with(*files: Any) -> dict[str, Any]:
    """The printer's flow, whose first node shows these files."""
    first = TREE["nodes"]["power"] | {"files": [*files]}
    return TREE | {"nodes": TREE["nodes"] | {"power": first}}


def shot(client: TestClient, company: Company, role: Role = ADMIN, name: str = "panel.png") -> dict[str, Any]:
    """An upload, as a tree names it."""
    made = uploaded(client, company, picture(), name, role)
    return {key: made[key] for key in ("id", "name", "type", "bytes", "width", "height")}


def shown(version: dict[str, Any]) -> Any:
    return version["tree"]["nodes"]["power"]["files"]


def remove(urls: DatabaseUrls, company: Company, *ids: str) -> int:
    """What the job does a day later; how many files it has removed."""

    async def work(database: Database) -> int:
        async with database.write(company.id) as db:
            return await keeping.remove_unnamed(db, company.id, [uuid.UUID(one) for one in ids])

    return run(urls, work)


def files_left(company: Company) -> list[str]:
    return [str(id_) for (id_,) in company.query("SELECT id FROM attachments ORDER BY id")]


def test_a_draft_takes_its_authors_upload_and_says_what_the_server_knows_of_it(
    client: TestClient, company: Company
) -> None:
    file = shot(client, company)
    lie = {"id": file["id"], "name": "run.exe", "type": "text/html", "bytes": 1}
    flow = create(client, company, tree=tree_with(lie))
    assert shown(flow["draft"]) == [file]
    owner = company.query("SELECT flow_id FROM attachments WHERE attached_at IS NOT NULL")
    assert owner == [(uuid.UUID(flow["id"]),)]


def test_viewers_see_it_and_neighbours_do_not(client: TestClient, company: Company, neighbour: Company) -> None:
    file = shot(client, company)
    path = f"/api/v1/attachments/{file['id']}"
    assert client.get(path, headers=company.headers(Role.VIEWER)).status_code == 404
    create(client, company, tree=tree_with({"id": file["id"]}))
    assert client.get(path, headers=company.headers(Role.VIEWER)).status_code == 200
    assert client.get(path, headers=neighbour.headers()).status_code == 404
    theirs = create(client, neighbour, tree=tree_with({"id": file["id"], "name": "panel.png"}))
    assert [(one["name"], one["type"]) for one in shown(theirs["draft"])] == [("panel.png", "")]


def test_a_file_of_a_session_or_a_colleagues_upload_does_not_get_into_a_flow(
    client: TestClient, company: Company
) -> None:
    others = shot(client, company, Role.ENGINEER)
    of_session = shot(client, company)
    session_id = company.add("ai_sessions", user_id=company.users[ADMIN])
    company.query(
        "UPDATE attachments SET attached_at = now(), session_id = %s WHERE id = %s RETURNING 1",
        session_id,
        of_session["id"],
    )
    flow = create(client, company, tree=tree_with({"id": others["id"]}, {"id": of_session["id"]}))
    assert [one["type"] for one in shown(flow["draft"])] == ["", ""]
    refused = post(client, company, f"/{flow['id']}/publish")
    assert refused.status_code == 409
    assert "is not there. Add it again, or remove it." in refused.json()["detail"]


def test_a_version_keeps_its_file_and_the_session_shows_it(
    client: TestClient, company: Company, urls: DatabaseUrls
) -> None:
    file = shot(client, company)
    flow_id = create(client, company, tree=tree_with({"id": file["id"]}))["id"]
    post(client, company, f"/{flow_id}/publish")
    session = start_by_request(client, company, flow_id=flow_id)
    url = f"/api/v1/attachments/{file['id']}"
    assert session["current"]["files"] == [{**file, "url": url, "thumbnail_url": f"{url}/thumbnail"}]
    save(client, company, flow_id)
    post(client, company, f"/{flow_id}/publish")
    client.delete(f"{FLOWS}/{flow_id}", headers=company.headers(ADMIN))
    assert remove(urls, company, file["id"]) == 0
    again = client.get(f"/api/v1/ai-sessions/{session['id']}", headers=company.headers(Role.ENGINEER)).json()
    assert again["current"]["files"] == session["current"]["files"]


def test_a_file_that_only_a_draft_had_goes_a_day_after_it_was_taken_out(
    client: TestClient, company: Company, urls: DatabaseUrls
) -> None:
    kept, dropped = shot(client, company), shot(client, company)
    flow_id = create(client, company, tree=tree_with({"id": kept["id"]}, {"id": dropped["id"]}))["id"]
    save(client, company, flow_id, tree=tree_with({"id": kept["id"]}))
    jobs = company.query(
        "SELECT args ->> 'attachment_ids' FROM procrastinate_jobs WHERE task_name = %s", keeping.REMOVE_JOB
    )
    assert (dropped["id"],) in jobs
    assert remove(urls, company, kept["id"], dropped["id"]) == 1
    assert files_left(company) == [kept["id"]]
    assert company.query("SELECT DISTINCT attachment_id::text FROM attachment_chunks") == [(kept["id"],)]


@pytest.mark.parametrize("is_deleted", [True, False])
def test_the_file_of_a_draft_that_is_gone_goes(
    client: TestClient, company: Company, urls: DatabaseUrls, *, is_deleted: bool
) -> None:
    file = shot(client, company)
    flow_id = publish(client, company)
    save(client, company, flow_id, tree=tree_with({"id": file["id"]}))
    assert remove(urls, company, file["id"]) == 0
    path = f"{FLOWS}/{flow_id}" if is_deleted else f"{FLOWS}/{flow_id}/draft"
    assert client.delete(path, headers=company.headers(ADMIN)).status_code == 204
    assert remove(urls, company, file["id"]) == 1


def test_a_flow_that_is_copied_shares_the_files(client: TestClient, company: Company, urls: DatabaseUrls) -> None:
    file = shot(client, company)
    first = create(client, company, tree=tree_with({"id": file["id"]}))
    copy = post(client, company, **body(name="Copy", tree=first["draft"]["tree"])).json()
    assert shown(copy["draft"]) == [file]
    client.delete(f"{FLOWS}/{first['id']}", headers=company.headers(ADMIN))
    assert remove(urls, company, file["id"]) == 0
    assert shown(get(client, company, f"/{copy['id']}")["draft"]) == [file]
