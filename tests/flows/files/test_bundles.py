"""A flow with its files as an archive: exported, and imported into another account or the same one."""

import io
import zipfile
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.attachments.files import photo, picture, uploaded
from tests.company import Company
from tests.flows.files.test_drafts import ADMIN, shown, tree_with
from tests.flows.samples import FLOWS, YAML, create, get

NAMED = YAML.replace("    choices:\n", "    files: [panel.png]\n    choices:\n", 1)


def bundle(text: str = NAMED, **files: bytes) -> bytes:
    """An archive with this text and files, whose names have _ instead of the point."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("flow.yaml", text)
        for name, content in files.items():
            archive.writestr(f"files/{name.replace('_', '.')}", content)
    return written.getvalue()


def send(client: TestClient, company: Company, content: bytes, role: Role = ADMIN, **said: Any) -> httpx2.Response:
    sent = {"file": ("flow.zip", content)}
    return client.post(f"{FLOWS}/import/bundle", files=sent, data=said, headers=company.headers(role))


def export(client: TestClient, company: Company, flow_id: str) -> bytes:
    answer = client.get(f"{FLOWS}/{flow_id}/bundle", headers=company.headers(Role.VIEWER))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    return answer.content


def files_of(client: TestClient, company: Company, flow_id: str) -> Any:
    return shown(get(client, company, f"/{flow_id}")["draft"])


def made(client: TestClient, company: Company) -> str:
    """A flow of which a node shows two files of one name, and a text."""
    files = [
        uploaded(client, company, photo(), "shot.jpg", ADMIN),
        uploaded(client, company, picture("JPEG"), "shot.jpg", ADMIN),
        uploaded(client, company, b"event 41\n", "a.log", ADMIN),
    ]
    flow_id: str = create(client, company, tree=tree_with(*({"id": one["id"]} for one in files)))["id"]
    return flow_id


def test_another_account_gets_the_flow_with_its_files(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    flow_id = made(client, company)
    answer = send(client, neighbour, export(client, company, flow_id))
    assert (answer.status_code, answer.json()["action"]) == (201, "created")
    theirs = files_of(client, neighbour, answer.json()["flow_id"])
    assert [(one["name"], one["type"]) for one in theirs] == [
        ("shot.jpg", "image/jpeg"),
        ("shot (2).jpg", "image/jpeg"),
        ("a.log", "text/plain"),
    ]
    log = client.get(f"/api/v1/attachments/{theirs[2]['id']}", headers=neighbour.headers())
    assert log.content == b"event 41\n"


def test_the_same_archive_changes_nothing_and_keeps_nothing_twice(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    flow_id = made(client, company)
    archive = export(client, company, flow_id)
    for one in (company, neighbour, neighbour):
        answer = send(client, one, archive)
    assert (answer.status_code, answer.json()["action"]) == (200, "unchanged")
    assert [one.query("SELECT count(*) FROM attachments") for one in (company, neighbour)] == [[(3,)], [(3,)]]


def test_what_a_node_names_and_the_archive_has_not_is_a_problem_of_the_draft(
    client: TestClient, company: Company
) -> None:
    done = send(client, company, bundle()).json()
    assert files_of(client, company, done["flow_id"]) == [
        {"id": None, "name": "panel.png", "type": "", "bytes": 0, "width": None, "height": None}
    ]
    assert send(client, company, bundle(), publish="true").status_code == 409
    assert send(client, company, bundle(panel_png=picture()), publish="true").status_code == 201


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not an archive", "This is not an archive of a flow."),
        (bundle(panel_png=b"MZ\x90\x00"), "panel.png: This kind of file cannot be attached."),
        (bundle(panel_png=bytes(10_000_001)), "panel.png: This file is larger than 10 MB, which is the most."),
        (bundle("name: x"), 'The flow has no "root"'),
    ],
)
def test_an_archive_that_cannot_be_taken_leaves_nothing(
    client: TestClient, company: Company, content: bytes, said: str
) -> None:
    answer = send(client, company, content)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert company.query("SELECT 1 FROM trees UNION SELECT 1 FROM attachments") == []


def test_an_archive_may_be_larger_than_other_requests(client: TestClient, company: Company) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("flow.yaml", NAMED.replace("panel.png", "panel.log"))
        archive.writestr("files/panel.log", b"x" * 1_500_000)
    assert send(client, company, written.getvalue()).status_code == 201


def test_only_admins_import(client: TestClient, company: Company) -> None:
    assert send(client, company, bundle(), Role.ENGINEER).status_code == 403
