"""A member's own notifications, read or unread, and the kinds of channel that the member has chosen."""

from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.notifications.desk import PROBLEM, Desk

pytestmark = pytest.mark.anyio

LIST, READ = "/api/v1/notifications", "/api/v1/notifications/read"
PREFERENCES = "/api/v1/notification-preferences"


def _get(client: TestClient, company: Company, path: str = LIST, role: Role = Role.OWNER) -> Any:
    answer = client.get(path, headers=company.headers(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _three(desk: Desk) -> list[str]:
    """Three escalations of which the owner is notified. Returns the notifications' ids, newest first."""
    for number in range(3):
        await desk.escalates(problem=f"Problem {number}")
    await desk.work()
    owner = desk.company.users[Role.OWNER]
    rows = desk.company.query("SELECT id FROM notifications WHERE user_id = %s ORDER BY id DESC", owner)
    return [str(row_id) for (row_id,) in rows]


async def test_a_notification_says_what_has_happened(client: TestClient, desk: Desk) -> None:
    event = await desk.escalates()
    await desk.work()
    [(happened, handoff, session)] = desk.company.query(
        "SELECT e.created_at, h.id, h.session_id FROM handoff_events e "
        "JOIN session_handoffs h ON h.id = e.handoff_id WHERE e.id = %s",
        event,
    )
    page = _get(client, desk.company)
    [item] = page["items"]
    assert item == {
        "id": item["id"],
        "kind": "created",
        "text": f"engineer needs help with “{PROBLEM}”.",
        "path": f"/handoffs/{handoff}",
        "handoff_id": str(handoff),
        "session_id": str(session),
        "created_at": happened.isoformat().replace("+00:00", "Z"),
        "read_at": None,
        "settled": None,
    }
    assert (page["next_cursor"], page["unread_count"]) == (None, 1)


async def test_the_newest_come_first_a_page_at_a_time(client: TestClient, desk: Desk) -> None:
    ids = await _three(desk)
    first = _get(client, desk.company, f"{LIST}?limit=2")
    assert [item["text"].split("“")[1] for item in first["items"]] == ["Problem 2”.", "Problem 1”."]
    assert (first["next_cursor"], first["unread_count"]) == (ids[1], 3)
    second = _get(client, desk.company, f"{LIST}?limit=2&cursor={ids[1]}")
    assert [item["id"] for item in second["items"]] == ids[2:]
    assert second["next_cursor"] is None


async def test_one_marked_as_read_is_no_longer_unread(client: TestClient, desk: Desk) -> None:
    ids = await _three(desk)
    headers = desk.company.headers()
    assert client.post(READ, json={"ids": [ids[1]]}, headers=headers).status_code == 204
    page = _get(client, desk.company, f"{LIST}?unread=true")
    assert ([item["id"] for item in page["items"]], page["unread_count"]) == ([ids[0], ids[2]], 2)
    assert _get(client, desk.company, f"{LIST}/unread-count") == {"unread_count": 2}


async def test_all_up_to_one_are_marked_as_read_at_once(client: TestClient, desk: Desk) -> None:
    ids = await _three(desk)
    assert client.post(READ, json={"up_to": ids[1]}, headers=desk.company.headers()).status_code == 204
    items = _get(client, desk.company)["items"]
    assert [item["read_at"] is None for item in items] == [True, False, False]


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": [str(new_id())], "up_to": str(new_id())}])
async def test_read_is_reported_in_one_way(client: TestClient, company: Company, body: dict[str, Any]) -> None:
    assert client.post(READ, json=body, headers=company.headers()).status_code == 422


async def test_nobody_reads_or_marks_anothers(client: TestClient, desk: Desk, neighbour: Company) -> None:
    ids = await _three(desk)
    for company, role in ((desk.company, Role.VIEWER), (neighbour, Role.OWNER)):
        assert _get(client, company, role=role)["items"] == []
        for body in ({"ids": ids}, {"up_to": ids[0]}):
            assert client.post(READ, json=body, headers=company.headers(role)).status_code == 204
    assert _get(client, desk.company)["unread_count"] == 3


async def test_all_is_on_until_it_is_switched_off(client: TestClient, company: Company) -> None:
    every = {"in_app": True, "email": True, "slack": True, "teams": True, "webhook": True}
    assert _get(client, company, PREFERENCES) == every
    chosen = every | {"email": False, "slack": False}
    for choice in (chosen, chosen, every, chosen):
        answer = client.put(PREFERENCES, json=choice, headers=company.headers())
        assert (answer.status_code, answer.json()) == (200, choice)
        assert _get(client, company, PREFERENCES) == choice
    assert _get(client, company, PREFERENCES, Role.TEAM_ADMIN) == every


async def test_a_choice_names_every_kind(client: TestClient, company: Company) -> None:
    answer = client.put(PREFERENCES, json={"email": False}, headers=company.headers())
    assert answer.status_code == 422


async def test_a_viewer_has_no_work_and_so_no_preferences(client: TestClient, company: Company) -> None:
    assert client.get(PREFERENCES, headers=company.headers(Role.VIEWER)).status_code == 403


async def test_a_late_notification_is_listed_by_when_it_happened(client: TestClient, desk: Desk) -> None:
    handoff = desk.escalated(claimed_by=desk.company.users[Role.OWNER])
    await desk.happens(handoff, HandoffEventKind.REMINDED)
    with psycopg.connect(desk.company.urls.owner) as owner:
        owner.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour' "
            "WHERE args->>'account_id' = %s",
            [str(desk.company.id)],
        )
    await desk.happens(handoff, HandoffEventKind.CLOSED, Role.ENGINEER)
    await desk.work()
    assert [item["kind"] for item in _get(client, desk.company)["items"]] == ["closed"]
    await desk.work_again()
    assert [item["kind"] for item in _get(client, desk.company)["items"]] == ["closed", "reminded"]
