"""The audit log: its filters, who may read it, and its CSV."""

import csv
import io
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.identity.actor import Role
from flowpilot.identity.audit import api as audit_api
from tests.company import Company, at, found_company, fresh_email

LOG = "/api/v1/audit-log"
NOON = at("2020-06-15 12:00")


def _add(company: Company, action: str = "test.done", when: datetime = NOON, **values: Any) -> uuid.UUID:
    row = {"target_type": "thing", "target_id": new_id(), **values}
    return company.add("audit_log", action=action, at=when, **row)


def _found(client: TestClient, company: Company, **params: Any) -> list[str]:
    answer = client.get(LOG, params={"target_type": "thing", **params}, headers=company.headers())
    assert answer.status_code == 200, answer.text
    return [entry["action"] for entry in answer.json()["items"]]


def _csv(client: TestClient, company: Company, **params: Any) -> list[dict[str, str]]:
    answer = client.get(f"{LOG}.csv", params=params, headers=company.headers())
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize(
    ("action", "found"),
    [
        ("test.done", ["test.done"]),
        ("test.", ["test.undone", "test.done"]),
        ("test", []),
        ("t%.", []),
        ("te_t.", []),
        ("TEST.", []),
    ],
)
def test_by_action_or_its_beginning(client: TestClient, company: Company, action: str, found: list[str]) -> None:
    for each in ("test.done", "test.undone", "tests.done"):
        _add(company, each)
    assert _found(client, company, action=action) == found


def test_by_who_did_it_and_what_to(client: TestClient, company: Company) -> None:
    actor, target = company.users[Role.OWNER], new_id()
    _add(company, "by", actor_id=actor)
    _add(company, "to", target_id=target)
    _add(company, "both", actor_id=actor, target_id=target)
    assert _found(client, company, actor_id=actor) == ["both", "by"]
    assert _found(client, company, target_id=target) == ["both", "to"]
    assert _found(client, company, actor_id=actor, target_id=target) == ["both"]
    assert _found(client, company, target_type="another") == []


def test_by_time_from_included_and_to_not(client: TestClient, company: Company) -> None:
    for minute in range(3):
        _add(company, f"minute {minute}", NOON + timedelta(minutes=minute))
    params = {"from": "2020-06-15T12:01:00Z", "to": "2020-06-15T14:02:00+02:00"}
    assert _found(client, company, **params) == ["minute 1"]


def test_a_time_without_an_offset_is_the_accounts(client: TestClient, company: Company) -> None:
    vienna = found_company(company.urls, "Europe/Vienna")
    _add(vienna, "at noon UTC")
    assert _found(client, vienna, **{"from": "2020-06-15T14:00"}) == ["at noon UTC"]
    assert _found(client, vienna, **{"from": "2020-06-15T14:01"}) == []


def test_names_are_those_of_members(client: TestClient, company: Company) -> None:
    email, gone = fresh_email(), new_id()
    member = company.add_person(email, Role.VIEWER)
    _add(company, "test.one", actor_id=company.users[Role.OWNER], target_type="user", target_id=member)
    _add(company, "test.two", actor_id=gone, target_type="user", target_id=gone)
    _add(company, "test.three", target_id=member)
    items = client.get(LOG, params={"action": "test."}, headers=company.headers()).json()["items"]
    assert [(entry["actor_name"], entry["target_name"]) for entry in items] == [
        (None, None),
        (None, None),
        ("owner", email),
    ]


def test_pages_of_what_was_asked_for(client: TestClient, company: Company) -> None:
    for number in range(5):
        _add(company, f"test.{number}")
        _add(company, "other")
    seen, cursor = [], None
    for _ in range(3):
        params: dict[str, Any] = {"action": "test.", "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get(LOG, params=params, headers=company.headers()).json()
        seen += [entry["action"] for entry in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == ([f"test.{number}" for number in reversed(range(5))], None)


def test_the_csv_has_the_same_entries(
    client: TestClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_api, "_CHUNK_ROWS", 2)
    for number in range(5):
        _add(company, f"test.{number}", after={"role": "viewer", "word": "Größe"})
    _add(company, "other")
    items = client.get(LOG, params={"action": "test."}, headers=company.headers()).json()["items"]
    rows = _csv(client, company, action="test.")
    assert [row["id"] for row in rows] == [entry["id"] for entry in items]
    assert rows[0] == {
        "id": items[0]["id"],
        "at": "2020-06-15T12:00:00Z",
        "actor_id": "",
        "actor_name": "",
        "action": "test.4",
        "target_type": "thing",
        "target_id": items[0]["target_id"],
        "target_name": "",
        "before": "",
        "after": '{"role": "viewer", "word": "Größe"}',
    }


def test_a_name_cannot_be_a_formula_in_the_csv(client: TestClient, company: Company) -> None:
    body = {"role": "viewer", "name": '=HYPERLINK("http://x.example")'}
    made = client.post("/api/v1/api-keys", json=body, headers=company.headers()).json()
    [row] = _csv(client, company, action="member.added", target_id=made["user_id"])
    assert row["target_name"] == '\'=HYPERLINK("http://x.example")'


def test_more_than_a_file_holds_is_refused(
    client: TestClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_api, "MAX_CSV_ROWS", 2)
    for _ in range(2):
        _add(company)
    assert len(_csv(client, company, action="test.done")) == 2
    _add(company)
    answer = client.get(f"{LOG}.csv", params={"action": "test.done"}, headers=company.headers())
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:flowpilot:problem:too-many-entries")


def test_the_actions_that_there_are(client: TestClient, company: Company, neighbour: Company) -> None:
    _add(neighbour, "theirs")
    actions = client.get(f"{LOG}/actions", headers=company.headers()).json()
    assert actions == ["account.created", "key.created", "member.added"]


def test_the_neighbours_entries_are_not_found(client: TestClient, company: Company, neighbour: Company) -> None:
    _add(neighbour)
    assert _found(client, company) == []
    assert _csv(client, company, target_type="thing") == []


@pytest.mark.parametrize("path", [LOG, f"{LOG}.csv", f"{LOG}/actions"])
def test_only_admins_read_it(client: TestClient, company: Company, path: str) -> None:
    answers = {role: client.get(path, headers=company.headers(role)).status_code for role in Role}
    assert answers == {Role.VIEWER: 403, Role.ENGINEER: 403, Role.TEAM_ADMIN: 200, Role.OWNER: 200}


@pytest.mark.parametrize("params", [{"from": "yesterday"}, {"actor_id": "me"}, {"action": "a\x00b"}], ids=str)
def test_nonsense_is_422(client: TestClient, company: Company, params: dict[str, str]) -> None:
    assert client.get(LOG, params=params, headers=company.headers()).status_code == 422
