"""Channels: who may make, see and change them, and what is never shown."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.identity.actor import Role
from tests.company import Company

CHANNELS, DELIVERIES = "/api/v1/notification-channels", "/api/v1/notification-deliveries"
SLACK = {"kind": "slack", "name": "Desk", "url": "https://8.8.8.8/services/SECRETPATH"}
HOOK = {"kind": "webhook", "name": "Hook", "url": "https://8.8.8.8:8443/hook?key=SECRETQUERY"}


def _make(client: TestClient, company: Company, role: Role = Role.OWNER, **body: Any) -> dict[str, Any]:
    answer = client.post(CHANNELS, json=SLACK | body, headers=company.headers(role))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def _list(client: TestClient, company: Company, role: Role = Role.OWNER) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(CHANNELS, headers=company.headers(role)).json()["items"]
    return items


def test_a_channel_shows_its_host_and_never_its_address(client: TestClient, company: Company) -> None:
    made = _make(client, company)
    assert made == {
        "id": made["id"],
        "kind": "slack",
        "name": "Desk",
        "host": "8.8.8.8",
        "user_id": None,
        "is_active": True,
        "created_by": str(company.users[Role.OWNER]),
        "created_at": made["created_at"],
        "rest": None,
        "secret": None,
    }
    answers = [
        client.get(path, headers=company.headers()).text for path in (CHANNELS, DELIVERIES, "/api/v1/audit-log")
    ]
    assert "SECRETPATH" not in "".join([str(made), *answers])


def test_an_address_may_be_as_long_as_those_of_teams(client: TestClient, company: Company) -> None:
    """A workflow's address has about 350 characters."""
    address = "https://8.8.8.8/"
    for length, status in ((2_000, 201), (2_001, 422)):
        body = SLACK | {"url": address.ljust(length, "x")}
        assert client.post(CHANNELS, json=body, headers=company.headers()).status_code == status


def test_a_webhooks_secret_is_shown_once(client: TestClient, company: Company) -> None:
    headers = company.headers() | {"Idempotency-Key": str(new_id())}
    first, again = (client.post(CHANNELS, json=HOOK, headers=headers).json() for _ in range(2))
    assert first["secret"].startswith("whsec_")
    assert again == first | {"secret": None}
    assert _list(client, company) == [{name: value for name, value in first.items() if name != "secret"}]
    renewed = client.post(f"{CHANNELS}/{first['id']}/secret", headers=company.headers())
    assert renewed.status_code == 200
    assert renewed.json()["secret"] not in {first["secret"], None}
    rows = company.query("SELECT row_to_json(t)::text FROM idempotency_keys t")
    assert not any(first["secret"] in row[0] or "SECRETQUERY" in row[0] for row in rows)


def test_only_webhooks_have_a_secret(client: TestClient, company: Company) -> None:
    made = _make(client, company)
    assert client.post(f"{CHANNELS}/{made['id']}/secret", headers=company.headers()).status_code == 409


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook"])
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://127.0.0.1/x", "FLOWPILOT_ALLOWED_PRIVATE_NETWORKS"),
        ("https://localhost/x", "FLOWPILOT_ALLOWED_PRIVATE_NETWORKS"),
        ("https://169.254.169.254/latest/meta-data", "FLOWPILOT_ALLOWED_PRIVATE_NETWORKS"),
        ("http://8.8.8.8/x", "Use https://"),
        ("hooks.example", "beginning with https://"),
    ],
)
def test_an_address_that_cannot_be_is_refused_at_once(
    client: TestClient, company: Company, kind: str, url: str, words: str
) -> None:
    answer = client.post(CHANNELS, json=SLACK | {"kind": kind, "url": url}, headers=company.headers())
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert _list(client, company) == []


def test_a_name_that_cannot_be_looked_up_yet_may_be_entered(client: TestClient, company: Company) -> None:
    assert _make(client, company, url="https://hooks.invalid/x")["host"] == "hooks.invalid"


def test_an_address_the_operator_allows_may_be_entered(open_client: TestClient, company: Company) -> None:
    assert _make(open_client, company, url="http://127.0.0.1:8065/hooks/x")["host"] == "127.0.0.1"


@pytest.mark.parametrize("kind", ["email", "in_app", "pager"])
def test_other_kinds_have_no_channels(client: TestClient, company: Company, kind: str) -> None:
    answer = client.post(CHANNELS, json=SLACK | {"kind": kind}, headers=company.headers())
    assert answer.status_code == 422


def test_an_engineer_has_their_own_channels_and_no_others(client: TestClient, company: Company) -> None:
    answer = client.post(CHANNELS, json=SLACK, headers=company.headers(Role.ENGINEER))
    assert answer.status_code == 403
    theirs = _make(client, company, Role.OWNER)
    mine = _make(client, company, Role.ENGINEER, mine=True)
    assert mine["user_id"] == str(company.users[Role.ENGINEER])
    assert [item["id"] for item in _list(client, company, Role.ENGINEER)] == [mine["id"]]
    headers = company.headers(Role.ENGINEER)
    assert client.delete(f"{CHANNELS}/{theirs['id']}", headers=headers).status_code == 404
    assert client.delete(f"{CHANNELS}/{mine['id']}", headers=headers).status_code == 204
    assert _list(client, company, Role.ENGINEER) == []


def test_an_admin_sees_that_a_member_has_a_channel_and_not_where(client: TestClient, company: Company) -> None:
    mine = _make(client, company, Role.ENGINEER, mine=True)
    assert mine["host"] == "8.8.8.8"
    [seen] = _list(client, company)
    assert (seen["id"], seen["user_id"], seen["host"]) == (mine["id"], mine["user_id"], None)
    headers = company.headers()
    assert client.delete(f"{CHANNELS}/{mine['id']}", headers=headers).status_code == 403
    log = client.get("/api/v1/audit-log?limit=1", headers=headers).json()["items"]
    assert "8.8.8.8" not in str(log)


def test_a_viewer_has_no_channels(client: TestClient, company: Company) -> None:
    headers = company.headers(Role.VIEWER)
    assert client.get(CHANNELS, headers=headers).status_code == 403
    assert client.post(CHANNELS, json=SLACK | {"mine": True}, headers=headers).status_code == 403


def test_fields_left_out_of_a_change_stay(client: TestClient, company: Company) -> None:
    made = _make(client, company)
    path, headers = f"{CHANNELS}/{made['id']}", company.headers()
    assert client.patch(path, json={"name": "Night desk"}, headers=headers).status_code == 204
    assert client.patch(path, json={"is_active": False}, headers=headers).status_code == 204
    [item] = _list(client, company)
    assert (item["name"], item["is_active"]) == ("Night desk", False)


def test_a_removed_channel_forgets_its_address(client: TestClient, company: Company) -> None:
    made = _make(client, company, Role.OWNER, **HOOK)
    path, headers = f"{CHANNELS}/{made['id']}", company.headers()
    assert client.delete(path, headers=headers).status_code == 204
    assert _list(client, company) == []
    assert company.query("SELECT url_encrypted, secret_encrypted FROM notification_channels") == [(b"", None)]
    assert client.delete(path, headers=headers).status_code == 404


def test_changes_are_audited(client: TestClient, company: Company) -> None:
    made, headers = _make(client, company, Role.OWNER, **HOOK), company.headers()
    path = f"{CHANNELS}/{made['id']}"
    client.patch(path, json={"is_active": False}, headers=headers)
    client.post(f"{path}/secret", headers=headers)
    client.delete(path, headers=headers)
    log = client.get("/api/v1/audit-log", headers=headers)
    actions = [entry["action"] for entry in log.json()["items"] if entry["target_id"] == made["id"]]
    assert actions == ["channel.removed", "channel.secret_renewed", "channel.changed", "channel.created"]
    assert not any(word in log.text for word in ("SECRETQUERY", made["secret"]))


def test_anothers_channel_and_nobodys_are_the_same_404(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    theirs = _make(client, neighbour)["id"]
    assert _list(client, company) == []
    for method, suffix in (("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/secret")):
        answers = [
            client.request(
                method,
                f"{CHANNELS}/{channel}{suffix}",
                json={} if method == "PATCH" else None,
                headers=company.headers(),
            )
            for channel in (theirs, new_id())
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert len(_list(client, neighbour)) == 1


def test_channels_come_a_page_at_a_time(client: TestClient, company: Company) -> None:
    ids = [_make(client, company)["id"] for _ in range(3)]
    first = client.get(f"{CHANNELS}?limit=2", headers=company.headers()).json()
    assert ([item["id"] for item in first["items"]], first["next_cursor"]) == (ids[:2], ids[1])
    second = client.get(f"{CHANNELS}?limit=2&cursor={ids[1]}", headers=company.headers()).json()
    assert ([item["id"] for item in second["items"]], second["next_cursor"]) == (ids[2:], None)


def test_a_channel_that_is_off_is_not_tested(client: TestClient, company: Company) -> None:
    path, headers = f"{CHANNELS}/{_make(client, company)['id']}", company.headers()
    client.patch(path, json={"is_active": False}, headers=headers)
    assert client.post(f"{path}/test", headers=headers).status_code == 409
    assert company.query("SELECT id FROM notification_deliveries") == []
