"""The account's settings: who reads and changes them, and how that is recorded."""

from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company

ACCOUNT = "/api/v1/account"
HOURS: dict[str, Any] = {"work_days": [1, 2, 3, 4, 5], "work_start": "08:30", "work_end": "17:00"}


def _change(client: TestClient, company: Company, role: Role = Role.OWNER, **changes: Any) -> httpx2.Response:
    return client.patch(ACCOUNT, headers=company.headers(role), json=changes)


def _log(client: TestClient, company: Company) -> list[dict[str, Any]]:
    entries = client.get("/api/v1/audit-log", headers=company.headers()).json()["items"]
    return [entry for entry in entries if entry["action"] == "account.changed"]


def test_a_new_account_has_the_usual_rules(client: TestClient, company: Company) -> None:
    account = client.get(ACCOUNT, headers=company.headers()).json()
    assert account.pop("created_at")
    assert account == {
        "id": str(company.id),
        "name": f"Company {company.id}",
        "timezone": "UTC",
        "lease_minutes": 30,
        "idle_minutes": 4320,
        "work_days": None,
        "work_start": None,
        "work_end": None,
        "verified_days": 180,
        "reports_by_person": True,
    }


@pytest.mark.parametrize("role", Role)
def test_everybody_reads_their_own_account_and_no_other(
    client: TestClient, company: Company, neighbour: Company, role: Role
) -> None:
    assert client.get(ACCOUNT, headers=company.headers(role)).json()["id"] == str(company.id)
    assert client.get(ACCOUNT, headers=neighbour.headers(role)).json()["id"] == str(neighbour.id)


@pytest.mark.parametrize("role", [Role.TEAM_ADMIN, Role.OWNER])
def test_team_admins_and_owners_change_it(client: TestClient, company: Company, role: Role) -> None:
    changes = {"name": "Example IT", "timezone": "Europe/Vienna", "lease_minutes": 10, "idle_minutes": 60}
    answer = _change(client, company, role, **changes)
    assert answer.status_code == 200
    assert changes.items() <= answer.json().items()
    assert client.get(ACCOUNT, headers=company.headers()).json() == answer.json()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ENGINEER])
def test_nobody_else_does(client: TestClient, company: Company, role: Role) -> None:
    assert _change(client, company, role, lease_minutes=10).status_code == 403
    assert client.get(ACCOUNT, headers=company.headers()).json()["lease_minutes"] == 30


def test_what_is_not_sent_stays(client: TestClient, company: Company) -> None:
    before = client.get(ACCOUNT, headers=company.headers()).json()
    assert _change(client, company, lease_minutes=45).json() == before | {"lease_minutes": 45}


def test_null_minutes_take_a_rule_away(client: TestClient, company: Company) -> None:
    account = _change(client, company, lease_minutes=None, idle_minutes=None).json()
    assert (account["lease_minutes"], account["idle_minutes"]) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"lease_minutes": 0},
        {"lease_minutes": 10_081},
        {"lease_minutes": 1.5},
        {"idle_minutes": 4},
        {"idle_minutes": 525_601},
        {"timezone": "Mars/Olympus"},
        {"timezone": "europe/vienna"},
        {"timezone": "../etc/passwd"},
        {"timezone": ""},
        {"timezone": None},
        {"name": ""},
        {"name": "  "},
        {"name": None},
        {"name": "A\x00B"},
        {"name": "n" * 201},
        {"leaseminutes": 10},
        HOURS | {"work_days": []},
        HOURS | {"work_days": [0, 1]},
        HOURS | {"work_days": [8]},
        HOURS | {"work_days": None},
        HOURS | {"work_end": None},
        HOURS | {"work_end": "08:30"},
        HOURS | {"work_end": "08:00"},
        HOURS | {"work_start": "08:30:30"},
        HOURS | {"work_start": "08:30Z"},
        HOURS | {"work_end": "24:00"},
        {"work_start": "08:30"},
        {"id": "0190163d-8694-739b-aea5-966c26f8ad91"},
    ],
    ids=str,
)
def test_invalid_settings_are_refused_and_change_nothing(
    client: TestClient, company: Company, changes: dict[str, Any]
) -> None:
    before = client.get(ACCOUNT, headers=company.headers()).json()
    answer = _change(client, company, **{"lease_minutes": 77, **changes})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get(ACCOUNT, headers=company.headers()).json() == before
    assert _log(client, company) == []


def test_the_limits_themselves_are_allowed(client: TestClient, company: Company) -> None:
    for lease, idle in ((1, 5), (10_080, 525_600)):
        account = _change(client, company, lease_minutes=lease, idle_minutes=idle).json()
        assert (account["lease_minutes"], account["idle_minutes"]) == (lease, idle)


def test_a_change_is_audited_with_what_was_and_what_is(client: TestClient, company: Company) -> None:
    _change(client, company, Role.TEAM_ADMIN, lease_minutes=None, timezone="Europe/Vienna", idle_minutes=4320)
    [entry] = _log(client, company)
    del entry["id"], entry["at"]
    assert entry == {
        "actor_id": str(company.users[Role.TEAM_ADMIN]),
        "actor_name": "team_admin",
        "action": "account.changed",
        "target_type": "account",
        "target_id": str(company.id),
        "target_name": None,
        "before": {"lease_minutes": 30, "timezone": "UTC"},
        "after": {"lease_minutes": None, "timezone": "Europe/Vienna"},
    }


@pytest.mark.parametrize(
    "changes", [{}, {"lease_minutes": 30}, {"timezone": "UTC", "idle_minutes": 4320}], ids=str
)
def test_nothing_is_on_record_when_nothing_changed(
    client: TestClient, company: Company, changes: dict[str, Any]
) -> None:
    assert _change(client, company, **changes).status_code == 200
    assert _log(client, company) == []


def test_a_name_is_kept_without_the_spaces_around_it(client: TestClient, company: Company) -> None:
    assert _change(client, company, name="  Example IT ").json()["name"] == "Example IT"
    assert _change(client, company, name="Example IT  ").status_code == 200
    assert [entry["after"] for entry in _log(client, company)] == [{"name": "Example IT"}]


def test_the_neighbours_account_is_untouched(client: TestClient, company: Company, neighbour: Company) -> None:
    before = client.get(ACCOUNT, headers=neighbour.headers()).json()
    _change(client, company, lease_minutes=1)
    assert client.get(ACCOUNT, headers=neighbour.headers()).json() == before
    assert _log(client, neighbour) == []


def test_working_hours_are_set_changed_and_taken_away(client: TestClient, company: Company) -> None:
    assert HOURS.items() <= _change(client, company, **HOURS | {"work_days": [5, 1, 2, 3, 4, 1]}).json().items()
    assert _change(client, company, work_end="18:00").json()["work_end"] == "18:00"
    none: dict[str, Any] = dict.fromkeys(HOURS)
    assert none.items() <= _change(client, company, **none).json().items()
    ends = [(entry["before"], entry["after"]) for entry in _log(client, company)]
    assert ends == [
        (HOURS | {"work_end": "18:00"}, none),
        ({"work_end": "17:00"}, {"work_end": "18:00"}),
        (none, HOURS),
    ]


def test_hours_that_are_not_whole_are_refused_with_what_to_do(client: TestClient, company: Company) -> None:
    answer = _change(client, company, work_start="08:30")
    assert "Send all three, or null for each." in answer.json()["detail"]
    assert _change(client, company, **HOURS).status_code == 200
    assert "before they end" in _change(client, company, work_end="08:00").json()["detail"]
