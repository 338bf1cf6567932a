"""Uploading files and reading them."""

import hashlib
import uuid

import pytest
from fastapi.testclient import TestClient

from flowpilot.app import create_app
from flowpilot.attachments import service
from flowpilot.attachments.preparing import CHUNK_BYTES
from flowpilot.attachments.queries import AttachmentErasedError, pieces
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.attachments.files import PATH, picture, upload, uploaded
from tests.company import Company


def read(client: TestClient, company: Company, path: str, role: Role = Role.ENGINEER, **headers: str) -> int:
    return client.get(path, headers=company.headers(role) | headers).status_code


def test_a_picture_is_shown_and_has_a_thumbnail(client: TestClient, company: Company) -> None:
    made = uploaded(client, company, picture(), "Fehler 1.png")
    assert made == {
        "id": made["id"],
        "name": "Fehler 1.png",
        "type": "image/png",
        "bytes": made["bytes"],
        "width": 40,
        "height": 20,
        "url": f"{PATH}/{made['id']}",
        "thumbnail_url": f"{PATH}/{made['id']}/thumbnail",
    }
    answer = client.get(made["url"], headers=company.headers(Role.ENGINEER))
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''Fehler%201.png"
    assert len(answer.content) == int(answer.headers["content-length"]) == made["bytes"]
    thumbnail = client.get(made["thumbnail_url"], headers=company.headers(Role.ENGINEER))
    assert thumbnail.headers["content-type"] == "image/webp"
    assert thumbnail.content[8:12] == b"WEBP"


def test_anything_else_is_downloaded_and_can_do_nothing(client: TestClient, company: Company) -> None:
    made = uploaded(client, company, b"<script>alert(1)</script>", "page.html")
    assert (made["name"], made["type"], made["thumbnail_url"]) == ("page.html.txt", "text/plain", None)
    answer = client.get(made["url"], headers=company.headers(Role.ENGINEER))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''page.html.txt"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert read(client, company, f"{made['url']}/thumbnail") == 404


def test_a_large_file_comes_back_as_it_was(client: TestClient, company: Company) -> None:
    content = b"0123456789abcde\n" * (7 * CHUNK_BYTES // 16 + 1)
    made = uploaded(client, company, content, "long.log")
    assert (made["bytes"],) == (len(content),)
    assert client.get(made["url"], headers=company.headers(Role.ENGINEER)).content == content
    sizes = company.query("SELECT length(content) FROM attachment_chunks ORDER BY position")
    assert sizes == [(CHUNK_BYTES,)] * 7 + [(16,)]
    assert company.query("SELECT sha256 FROM attachments") == [(hashlib.sha256(content).hexdigest(),)]


@pytest.mark.anyio
async def test_a_file_that_is_removed_while_it_is_read_does_not_end_as_if_it_was_whole(
    client: TestClient, company: Company, database: Database
) -> None:
    made = uploaded(client, company, b"0123456789abcde\n" * (7 * CHUNK_BYTES // 16), "long.log")
    file_id = uuid.UUID(made["id"])
    reading = pieces(database, company.id, file_id, n_bytes=made["bytes"])
    assert len(await anext(reading)) == CHUNK_BYTES
    async with database.write(company.id) as db:
        await service.erase(db, company.id, [file_id])
    with pytest.raises(AttachmentErasedError):
        [_ async for _ in reading]


def test_a_copy_is_asked_about_and_not_sent_again(client: TestClient, company: Company) -> None:
    made = uploaded(client, company)
    answer = client.get(made["url"], headers=company.headers(Role.ENGINEER))
    assert answer.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": answer.headers["etag"]}
    again = client.get(made["url"], headers=company.headers(Role.ENGINEER) | known)
    assert (again.status_code, again.content) == (304, b"")


def test_an_upload_that_is_attached_to_nothing_is_its_uploaders_alone(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    url = uploaded(client, company)["url"]
    assert read(client, company, url) == 200
    assert read(client, company, url, Role.OWNER) == 404
    refused = client.get(url, headers=neighbour.headers())
    unknown = client.get(f"{PATH}/{uuid.uuid4()}", headers=neighbour.headers())
    assert refused.status_code == unknown.status_code == 404
    assert refused.json()["detail"] == unknown.json()["detail"]


def test_a_viewer_uploads_nothing(client: TestClient, company: Company) -> None:
    assert upload(client, company, role=Role.VIEWER).status_code == 403
    assert company.query("SELECT 1 FROM attachments") == []


def test_the_same_upload_sent_twice_is_one(client: TestClient, company: Company) -> None:
    headers = company.headers(Role.ENGINEER) | {"Idempotency-Key": "one"}
    answers = [client.post(PATH, files={"file": ("a.log", b"a")}, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert company.query("SELECT count(*) FROM attachments") == [(1,)]
    other = client.post(PATH, files={"file": ("a.log", b"b")}, headers=headers)
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"MZ\x90\x00", "tool.exe", "tool.exe: This kind of file cannot be attached."),
        (b"\x89PNG\r\n\x1a\nnonsense", "a.png", "a.png: This picture is damaged."),
        (b"", "a.log", "a.log: This file is empty."),
    ],
)
def test_a_refusal_is_said_at_the_field(
    client: TestClient, company: Company, content: bytes, name: str, said: str
) -> None:
    answer = upload(client, company, content, name)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "body.file"
    assert error["message"].startswith(said)


def test_an_upload_can_be_removed_until_it_is_used(client: TestClient, company: Company) -> None:
    made = uploaded(client, company)
    others = client.delete(made["url"], headers=company.headers(Role.OWNER))
    assert others.status_code == 404
    assert client.delete(made["url"], headers=company.headers(Role.ENGINEER)).status_code == 204
    assert read(client, company, made["url"]) == 404
    assert company.query("SELECT 1 FROM attachment_chunks") == []


@pytest.fixture
def attached(client: TestClient, company: Company) -> str:
    """A picture that belongs to a session."""
    made = uploaded(client, company, picture(), "secret.png")
    session_id = company.add("ai_sessions", user_id=company.users[Role.ENGINEER])
    with_session = "UPDATE attachments SET attached_at = now(), session_id = %s RETURNING id"
    assert company.query(with_session, session_id) == [(uuid.UUID(made["id"]),)]
    return str(made["id"])


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OWNER])
def test_what_is_attached_is_read_by_whoever_reads_the_session(
    client: TestClient, company: Company, attached: str, role: Role
) -> None:
    assert read(client, company, f"{PATH}/{attached}", role) == 200


@pytest.mark.anyio
async def test_an_upload_of_yesterday_goes_unless_it_is_used(
    client: TestClient, company: Company, attached: str, database: Database
) -> None:
    unused = uploaded(client, company)["id"]
    waiting = "SELECT args->>'attachment_id' FROM procrastinate_jobs WHERE task_name = 'attachments.expire'"
    assert {(attached,), (unused,)} <= set(company.query(waiting))
    async with database.write(company.id) as db:
        assert await service.expire(db, company.id, uuid.UUID(unused))
        assert not await service.expire(db, company.id, uuid.UUID(attached))
    assert company.query("SELECT id::text FROM attachments") == [(attached,)]


@pytest.mark.anyio
async def test_what_is_erased_leaves_neither_bytes_nor_name(
    client: TestClient, company: Company, attached: str, database: Database
) -> None:
    async with database.write(company.id) as db:
        await service.erase(db, company.id, [uuid.UUID(attached)])
    assert company.query("SELECT 1 FROM attachment_chunks") == []
    assert company.query("SELECT name, byte_count, sha256, is_erased FROM attachments") == [
        ("removed file", 0, "", True)
    ]
    for path in (f"{PATH}/{attached}", f"{PATH}/{attached}/thumbnail"):
        answer = client.get(path, headers=company.headers())
        assert (answer.status_code, answer.json()["detail"]) == (410, "This file was removed for good.")


def test_an_account_keeps_so_much_and_a_file_is_so_large(
    settings: Settings, urls: DatabaseUrls, company: Company
) -> None:
    small = settings.model_copy(update={"attachment_megabytes": 1, "attachments_account_megabytes": 1})
    with AppClient(create_app(small, urls.runtime)) as client:
        too_large = upload(client, company, b"a" * 1_000_001)
        assert (too_large.status_code, too_large.json()["detail"]) == (
            422,
            "system.log: This file is larger than 1 MB, which is the most.",
        )
        assert upload(client, company, b"a" * 5_100_000).status_code == 413
        uploaded(client, company, b"a" * 999_000)
        full = upload(client, company, b"a" * 1_001)
        assert full.status_code == 409
        assert full.json()["detail"].startswith("This account's files already take the 1 MB")


def test_a_day_is_not_over_before_its_end(client: TestClient, company: Company) -> None:
    uploaded(client, company)
    (due,) = company.query(
        "SELECT scheduled_at FROM procrastinate_jobs WHERE args->>'account_id' = %s", str(company.id)
    )[0]
    assert abs((due - now() - service.KEPT_UNUSED).total_seconds()) < 60
