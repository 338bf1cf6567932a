"""Waiting handoffs and unread notifications are counted once, and every place says the same."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.db.connect import DatabaseUrls
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.live.streams import PATH, Stream, client_of, opened, serving
from tests.notifications.desk import Desk

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def address(settings: Settings, urls: DatabaseUrls) -> Iterator[str]:
    """A server without heartbeats, so that its streams only react to announcements."""
    with serving(settings, urls) as address:
        yield address


def _numbers(client: TestClient, desk: Desk, role: Role) -> dict[str, Any]:
    counts = client.get("/api/v1/attention", headers=desk.company.headers(role)).json()
    return {name: counts[name] for name in ("n_waiting", "n_claimed_without_action", "unread_count")}


async def _next(stream: Stream) -> tuple[int, int, int]:
    """The stream's next counts: waiting, claimed without an action, unread."""
    while (said := await stream.next_event()).event != "counts":
        pass
    assert said.id is None
    return said.data["n_waiting"], said.data["n_claimed_without_action"], said.data["unread_count"]


async def _until(stream: Stream, wanted: tuple[int, int, int]) -> None:
    while await _next(stream) != wanted:
        pass


async def test_all_routes_count_alike(client: TestClient, desk: Desk) -> None:
    for _ in range(3):
        await desk.escalates()
    await desk.work()
    holder = desk.company.users[Role.TEAM_ADMIN]
    desk.company.query(
        "UPDATE session_handoffs SET claimed_by = %s, claimed_at = now() "
        "WHERE id = (SELECT id FROM session_handoffs ORDER BY id LIMIT 1) RETURNING id",
        holder,
    )
    headers = desk.company.headers()
    queue = client.get("/api/v1/handoffs", headers=headers).json()
    listed = client.get("/api/v1/notifications", headers=headers).json()
    only = client.get("/api/v1/notifications/unread-count", headers=headers).json()
    assert _numbers(client, desk, Role.OWNER) == {
        "n_waiting": queue["n_waiting"],
        "n_claimed_without_action": queue["n_claimed_without_action"],
        "unread_count": listed["unread_count"],
    }
    assert (queue["n_waiting"], queue["n_claimed_without_action"], listed["unread_count"]) == (2, 1, 2)
    assert only == {"unread_count": 2}
    assert _numbers(client, desk, Role.VIEWER) == {
        "n_waiting": 2,
        "n_claimed_without_action": 1,
        "unread_count": 0,
    }


async def test_a_stream_says_them_at_first_and_whenever_one_changes(address: str, desk: Desk) -> None:
    async with client_of(address) as client, opened(client, desk.company.headers(), counts=True) as stream:
        assert await _next(stream) == (0, 0, 0)
        event = await desk.escalates()
        await _until(stream, (1, 0, 0))
        await desk.work()
        assert await _next(stream) == (1, 0, 1)
        [(handoff,)] = desk.company.query("SELECT handoff_id FROM handoff_events WHERE id = %s", event)
        await _post(client, desk, Role.TEAM_ADMIN, f"/handoffs/{handoff}/claim")
        assert await _next(stream) == (0, 1, 0)


async def test_reading_in_one_tab_counts_in_the_other(address: str, desk: Desk) -> None:
    async with client_of(address) as client, opened(client, desk.company.headers(), counts=True) as stream:
        await desk.escalates()
        await desk.work()
        await _until(stream, (1, 0, 1))
        [(newest,)] = desk.company.query(
            "SELECT id FROM notifications WHERE user_id = %s", desk.company.users[Role.OWNER]
        )
        await _post(client, desk, Role.OWNER, "/notifications/read", up_to=str(newest))
        assert await _next(stream) == (1, 0, 0)


async def test_a_stream_that_does_not_ask_for_them_gets_only_events(address: str, desk: Desk) -> None:
    async with client_of(address) as client, opened(client, desk.company.headers()) as stream:
        await desk.escalates()
        await desk.work()
        await desk.escalates()
        assert [(await stream.next_event()).event for _ in range(2)] == ["created", "created"]


@pytest.mark.parametrize("path", ["/", "/handoffs", "/notifications", "/sessions", "/flows", "/settings/profile"])
async def test_every_page_shows_the_same(client: TestClient, desk: Desk, path: str) -> None:
    for _ in range(2):
        await desk.escalates()
    await desk.work()
    page = client.get(path, headers=desk.company.headers() | {"Accept": "text/html"}).text
    shown: dict[str, set[str]] = {}
    for name, text in re.findall(r'data-count="(\w+)"[^>]*>(?:<span data-number>)?(\d+)<', page):
        shown.setdefault(name, set()).add(text)
    assert shown["n_waiting"] == {"2"}
    assert shown["unread_count"] == {"2"}
    assert "<title>(2) " in page


async def _post(client: httpx2.AsyncClient, desk: Desk, role: Role, path: str, **body: Any) -> None:
    answer = await client.post(f"/api/v1{path}", json=body, headers=desk.company.headers(role))
    assert answer.is_success, answer.text


def test_the_stream_is_documented_with_them(client: TestClient) -> None:
    about = client.get("/openapi.json").json()["paths"][PATH]["get"]
    assert "`counts` comes with `counts=true`" in about["description"]
