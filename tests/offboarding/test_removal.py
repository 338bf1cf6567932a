"""An account is removed: nothing of it stays in any table, and nothing of another one goes."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.errors import ConflictError
from flowpilot.identity.actor import Role
from flowpilot.offboarding.export import export_account
from flowpilot.offboarding.removal import close_account, remove_account, reopen_account
from tests.attachments.files import uploaded
from tests.company import PASSWORD, Company, fresh_email, owner_transaction
from tests.offboarding.rows import counts, fill

FILE = b"which cable\n"


def _quietly(_phase: str, _share: float) -> None:
    """Nobody watches."""


def _full(client: TestClient, company: Company, email: str) -> None:
    member = company.add_person(email, Role.ENGINEER)
    uploaded(client, company, FILE, "cable: 1.txt", Role.TEAM_ADMIN)
    fill(company, member)
    with owner_transaction(company.urls) as owner:
        owner.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('none', 'none', %s)",
            [json.dumps({"account_id": str(company.id)})],
        )


def _remove(company: Company, data_dir: Path) -> dict[str, int]:
    return remove_account(company.urls.owner, data_dir, company.id, now=now(), on_progress=_quietly)


def test_nothing_of_it_stays_and_nothing_of_another_goes(
    client: TestClient, company: Company, neighbour: Company, urls: DatabaseUrls, tmp_path: Path
) -> None:
    shared, own = fresh_email(), fresh_email()
    _full(client, company, shared)
    _full(client, neighbour, shared)
    company.add_person(own, Role.OWNER)
    folders = [tmp_path / "ticket-systems" / str(one.id) for one in (company, neighbour)]
    for folder in folders:
        folder.mkdir(parents=True)
    before, beside = counts(urls, company.id), counts(urls, neighbour.id)
    # Every table names the account, except for the one of people, whom memberships bring to it.
    assert [table for table, count in before.items() if not count] == ["users"]

    close_account(urls.owner, company.id, now())
    removed = _remove(company, tmp_path)

    assert not any(counts(urls, company.id).values())
    assert counts(urls, neighbour.id) == beside
    jobs = {"procrastinate_jobs": before["procrastinate_jobs"]}
    # Its own person, and the users of its keys; the other person is in another account, too.
    assert removed | jobs == {**before, "users": 1 + len(Role)}
    assert [folder.exists() for folder in folders] == [False, True]
    found = {address: _sign_in(client, address) for address in (shared, own)}
    assert found[own][0] == 401
    assert [one["id"] for one in found[shared][1]["accounts"]] == [str(neighbour.id)]


def _sign_in(client: TestClient, email: str) -> tuple[int, Any]:
    answer = client.post("/api/v1/auth/token", data={"username": email, "password": PASSWORD})
    return answer.status_code, answer.json()


def test_its_members_are_refused_from_the_beginning_on(client: TestClient, company: Company) -> None:
    email = fresh_email()
    company.add_person(email, Role.OWNER)
    headers = {"Authorization": f"Bearer {_sign_in(client, email)[1]['access_token']}"}
    close_account(company.urls.owner, company.id, now())
    for used in (headers, company.headers()):
        answer = client.get("/api/v1/ai-sessions", headers=used)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:flowpilot:problem:account-closed")
        assert "This account is closed" in answer.json()["detail"]
    assert _sign_in(client, email)[1]["accounts"] == []
    reopen_account(company.urls.owner, company.id)
    assert client.get("/api/v1/ai-sessions", headers=headers).status_code == 200


def test_a_removal_that_began_is_finished_and_not_taken_back(company: Company, tmp_path: Path) -> None:
    assert not close_account(company.urls.owner, company.id, now())
    with owner_transaction(company.urls) as owner:
        owner.execute("UPDATE accounts SET removal_began_at = now() WHERE id = %s", [company.id])
    with pytest.raises(ConflictError, match="removal has begun"):
        reopen_account(company.urls.owner, company.id)
    assert close_account(company.urls.owner, company.id, now())
    _remove(company, tmp_path)
    assert company.query("SELECT count(*) FROM accounts") == [(0,)]


def test_the_export_has_every_row_and_file_and_no_secret(
    client: TestClient, company: Company, urls: DatabaseUrls, tmp_path: Path
) -> None:
    _full(client, company, fresh_email())
    target = tmp_path / "acme.zip"
    export_account(urls.runtime, company.id, target, now=now(), on_progress=_quietly)
    assert [path.name for path in tmp_path.iterdir()] == ["acme.zip"]
    assert target.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(target) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        lines = {
            name.removeprefix("tables/").removesuffix(".jsonl"): [
                *map(json.loads, archive.read(name).splitlines())
            ]
            for name in archive.namelist()
            if name.startswith("tables/")
        }
        files = [archive.read(name) for name in archive.namelist() if name.startswith("files/")]
        names = [name.rpartition("/")[2] for name in archive.namelist() if name.startswith("files/")]
    expected = {table: count for table, count in counts(urls, company.id).items() if count}
    del expected["procrastinate_jobs"]
    expected["users"] = 1 + len(Role)
    assert {one["name"]: one["rows"] for one in manifest["tables"]} == expected
    del expected["attachment_chunks"]
    assert {table: len(rows) for table, rows in lines.items()} == expected
    assert (files, names) == ([FILE], ["cable_ 1.txt"])
    left_out = {(one["table"], one["column"]) for one in manifest["left_out"]}
    said = {(table, column) for table, rows in lines.items() for row in rows for column in row}
    assert not left_out & said
    assert not [column for _, column in said if column.endswith(("_hash", "_encrypted", "secret"))]


def test_an_existing_file_is_not_overwritten(company: Company, tmp_path: Path) -> None:
    target = tmp_path / "acme.zip"
    target.write_text("precious")
    with pytest.raises(ConflictError, match="exists already"):
        export_account(company.urls.runtime, company.id, target, now=now(), on_progress=_quietly)
    assert target.read_text() == "precious"
