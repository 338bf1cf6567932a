"""Long bodies are taken by the routes that take files alone, and only from people who may send some."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPResponse

import httpx2
import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient

from flowpilot.db.connect import DatabaseUrls
from flowpilot.http.body_limits import BodyMiddleware, Uploads, takes_files
from flowpilot.http.problems import install_error_handlers
from flowpilot.identity.actor import Role
from flowpilot.identity.credentials import UnauthenticatedError
from flowpilot.settings import Settings
from tests.attachments.files import upload
from tests.company import Company
from tests.http.test_connections import Server, serving
from tests.live.streams import serving as product

LONG = 1_500_000
BOUNDARY = {"Content-Type": "multipart/form-data; boundary=b"}


async def as_no_page(*_: object) -> None:
    """Nobody here has a browser."""


async def admit(request: Request) -> None:
    if "Authorization" not in request.headers:
        raise UnauthenticatedError


def app_with_files() -> FastAPI:
    """Two routes that answer with how much they got; one of them takes files."""
    app = FastAPI()
    app.add_middleware(BodyMiddleware, uploads=[Uploads(2_000_000, admit)])
    install_error_handlers(app, as_no_page)
    app.state.goes_on = threading.Event()

    @app.post("/files/{name}", dependencies=[Depends(takes_files)])
    @app.post("/words")
    async def count(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(app_with_files()) as server:
        yield server


def head_of(path: str, length: int, *said: str) -> bytes:
    """A request for a long form without its body."""
    kind = "Content-Type: multipart/form-data; boundary=b"
    return "\r\n".join(
        [f"POST {path} HTTP/1.1", "Host: here", kind, f"Content-Length: {length}", *said, "", ""]
    ).encode()


def answer_to_a_head(server: Server, path: str, length: int, *said: str) -> tuple[int, str]:
    """The status and the kind of problem with which a request is answered of which only the head was sent."""
    with ExitStack() as stack:
        connection = server.connect(stack, head_of(path, length, *said))
        answer = HTTPResponse(connection)
        answer.begin()
        body = json.loads(answer.read())
    return answer.status, body["type"].removeprefix("urn:flowpilot:problem:")


def test_a_long_body_is_refused_unread_where_no_files_are_taken(server: Server) -> None:
    assert answer_to_a_head(server, "/words", LONG, "Authorization: x") == (413, "too-large")
    assert answer_to_a_head(server, "/nowhere", LONG, "Authorization: x") == (413, "too-large")


def test_so_is_a_longer_one_where_they_are(server: Server) -> None:
    assert answer_to_a_head(server, "/files/a", 2_000_001, "Authorization: x") == (413, "too-large")


def test_nothing_is_received_from_a_sender_who_is_not_admitted(server: Server) -> None:
    assert answer_to_a_head(server, "/files/a", LONG) == (401, "unauthenticated")


def test_who_is_admitted_may_send_it(server: Server) -> None:
    sent = httpx2.post(f"{server.address}/files/a", content=b"x" * LONG, headers={"Authorization": "x"})
    assert (sent.status_code, sent.json()) == (200, LONG)


@pytest.mark.parametrize(
    "path",
    ["/sign-in", "/healthz", "/api/v1/auth/token", "/flows/import", "/api/v1/flows/from-article", "/nowhere"],
)
def test_no_other_address_takes_a_long_form(client: TestClient, company: Company, path: str) -> None:
    answer = client.post(path, content=b"x" * LONG, headers=company.headers() | BOUNDARY)
    assert (answer.status_code, answer.json()["detail"]) == (413, "A request may have at most 1,000,000 bytes.")


def test_a_long_upload_needs_a_credential_and_a_role_that_works(client: TestClient, company: Company) -> None:
    content = b"0123456789abcde\n" * (LONG // 16)
    assert client.post("/api/v1/attachments", files={"file": ("a.log", content)}).status_code == 401
    assert upload(client, company, content, role=Role.VIEWER).status_code == 403
    assert upload(client, company, content).status_code == 201


def test_the_product_receives_nothing_long_from_strangers(settings: Settings, urls: DatabaseUrls) -> None:
    with product(settings, urls) as address, ExitStack() as stack:
        host, port = address.removeprefix("http://").split(":")
        answers = []
        for path in ("/sign-in", "/healthz", "/api/v1/attachments"):
            connection = stack.enter_context(socket.create_connection((host, int(port)), timeout=30))
            connection.sendall(head_of(path, LONG))
            answers.append((path, connection.recv(10_000).split()[1]))
    assert answers == [("/sign-in", b"413"), ("/healthz", b"413"), ("/api/v1/attachments", b"401")]
