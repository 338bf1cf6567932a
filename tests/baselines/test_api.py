"""The measured baseline: a stopwatch for verbal handoffs, later entries, and exclusions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.baselines.service import LONGEST_SECONDS
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.identity.actor import Role
from tests.company import Company

PATH = "/api/v1/baselines"
ENGINEER = Role.ENGINEER


def _start(client: TestClient, company: Company, role: Role = ENGINEER, **body: object) -> dict[str, Any]:
    answer = client.post(f"{PATH}/start", json=body, headers=company.headers(role))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _enter(client: TestClient, company: Company, role: Role = ENGINEER, **body: object) -> dict[str, Any]:
    answer = client.post(PATH, json={"seconds": 60, **body}, headers=company.headers(role))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _running_for(company: Company, seconds: float, role: Role = ENGINEER) -> str:
    """A stopwatch that was started this long ago."""
    started = now() - timedelta(seconds=seconds)
    row = {"method": "stopwatch", "measured_by": company.users[role], "created_at": started}
    return str(company.add("handoff_baselines", **row))


def _post(client: TestClient, company: Company, path: str, role: Role = ENGINEER, **body: object) -> Any:
    return client.post(f"{PATH}/{path}", json=body or None, headers=company.headers(role))


def _ids(client: TestClient, company: Company, query: str = "", role: Role = ENGINEER) -> list[str]:
    return [item["id"] for item in client.get(f"{PATH}{query}", headers=company.headers(role)).json()["items"]]


def test_a_stopwatch_begins_now(client: TestClient, company: Company) -> None:
    before = now()
    started = _start(client, company, note=" printer on fire ", problem_domain="printing")
    assert before <= datetime.fromisoformat(started["created_at"]) <= now()
    assert {key: value for key, value in started.items() if key not in {"id", "created_at"}} == {
        "method": "stopwatch",
        "seconds": None,
        "note": "printer on fire",
        "problem_domain": "printing",
        "measured_by": str(company.users[ENGINEER]),
        "stopped_at": None,
        "excluded_reason": None,
        "excluded_by": None,
        "excluded_at": None,
    }


def test_nothing_need_be_said_to_start(client: TestClient, company: Company) -> None:
    answer = client.post(f"{PATH}/start", headers=company.headers(ENGINEER))
    assert (answer.status_code, answer.json()["note"], answer.json()["problem_domain"]) == (201, "", None)


def test_it_measures_to_the_millisecond(client: TestClient, company: Company) -> None:
    running = _running_for(company, 93.5)
    stopped = _post(client, company, f"{running}/stop").json()
    stretch = datetime.fromisoformat(stopped["stopped_at"]) - datetime.fromisoformat(stopped["created_at"])
    assert stopped["seconds"] == round(stretch.total_seconds(), 3)
    assert 93.5 <= stopped["seconds"] < 103.5


def test_stopping_twice_changes_nothing(client: TestClient, company: Company) -> None:
    running = _running_for(company, 60)
    first, second = (_post(client, company, f"{running}/stop") for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()


def test_only_the_person_who_started_it_stops_it(client: TestClient, company: Company) -> None:
    running = _running_for(company, 60)
    assert _post(client, company, f"{running}/stop", Role.OWNER).status_code == 403
    assert client.delete(f"{PATH}/{running}", headers=company.headers(Role.OWNER)).status_code == 403
    assert company.query("SELECT seconds FROM handoff_baselines") == [(None,)]


def test_no_time_at_all_is_no_measurement(client: TestClient, company: Company) -> None:
    """A stopwatch that starts after the server's present time has measured nothing yet."""
    running = _running_for(company, -60)
    refused = _post(client, company, f"{running}/stop")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:nothing-measured")
    assert "Nothing was measured" in refused.json()["detail"]


def test_a_forgotten_stopwatch_is_no_measurement(client: TestClient, company: Company) -> None:
    running = _running_for(company, LONGEST_SECONDS + 1)
    refused = _post(client, company, f"{running}/stop")
    assert refused.status_code == 409
    assert "Cancel it, and enter the time" in refused.json()["detail"]
    assert client.delete(f"{PATH}/{running}", headers=company.headers(ENGINEER)).status_code == 204


def test_just_under_four_hours_is_one(client: TestClient, company: Company) -> None:
    running = _running_for(company, LONGEST_SECONDS - 60)
    assert _post(client, company, f"{running}/stop").status_code == 200


def test_everybody_has_one_stopwatch(client: TestClient, company: Company) -> None:
    first = _start(client, company)
    refused = client.post(f"{PATH}/start", json={}, headers=company.headers(ENGINEER))
    assert refused.status_code == 409
    body = refused.json()
    assert (body["type"], body["running_id"]) == ("urn:flowpilot:problem:stopwatch-running", first["id"])
    assert datetime.fromisoformat(body["since"]) == datetime.fromisoformat(first["created_at"])
    _start(client, company, Role.TEAM_ADMIN)
    assert client.get(f"{PATH}/running", headers=company.headers(ENGINEER)).json() == first


def test_many_starts_at_once_start_one(client: TestClient, company: Company) -> None:
    def start(_: int) -> int:
        return client.post(f"{PATH}/start", json={}, headers=company.headers(ENGINEER)).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(start, range(8))) == [201] + [409] * 7
    assert company.query("SELECT count(*) FROM handoff_baselines") == [(1,)]


def test_the_same_start_twice_is_one(client: TestClient, company: Company) -> None:
    headers = company.headers(ENGINEER) | {"Idempotency-Key": "once"}
    answers = [client.post(f"{PATH}/start", json={"note": "a"}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


def test_a_stopped_one_makes_room_for_the_next(client: TestClient, company: Company) -> None:
    running = _running_for(company, 60)
    _post(client, company, f"{running}/stop")
    assert client.get(f"{PATH}/running", headers=company.headers(ENGINEER)).json() is None
    _start(client, company)


def test_a_cancelled_one_is_gone(client: TestClient, company: Company) -> None:
    started = _start(client, company)
    headers = company.headers(ENGINEER)
    assert client.delete(f"{PATH}/{started['id']}", headers=headers).status_code == 204
    assert client.delete(f"{PATH}/{started['id']}", headers=headers).status_code == 404
    assert company.query("SELECT id FROM handoff_baselines") == []


def test_a_measurement_cannot_be_removed(client: TestClient, company: Company) -> None:
    entered, running = _enter(client, company)["id"], _running_for(company, 60)
    _post(client, company, f"{running}/stop")
    for kept in (entered, running):
        refused = client.delete(f"{PATH}/{kept}", headers=company.headers(ENGINEER))
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:already-measured")
    assert company.query("SELECT count(*) FROM handoff_baselines") == [(2,)]


def test_an_entry_is_marked_as_such(client: TestClient, company: Company) -> None:
    entered = _enter(
        client, company, seconds=1830.25, occurred_at="2026-03-01T09:00:00+01:00", note="VPN", problem_domain=" "
    )
    assert (entered["method"], entered["seconds"], entered["stopped_at"]) == ("entered", 1830.25, None)
    assert (entered["created_at"], entered["problem_domain"]) == ("2026-03-01T08:00:00Z", None)
    refused = _post(client, company, f"{entered['id']}/stop")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:not-a-stopwatch")


@pytest.mark.parametrize(("seconds", "status"), [(1, 201), (14400, 201), (0.99, 422), (14400.5, 422), (-5, 422)])
def test_an_entry_is_a_second_to_four_hours(
    client: TestClient, company: Company, seconds: float, status: int
) -> None:
    answer = client.post(PATH, json={"seconds": seconds}, headers=company.headers(ENGINEER))
    assert answer.status_code == status


@pytest.mark.parametrize(
    "body",
    [
        {"seconds": 60, "occurred_at": "2999-01-01T00:00:00Z"},
        {"seconds": 60, "occurred_at": "2026-01-01T00:00:00"},
        {"seconds": 60, "occurred_at": "0001-01-01T00:00:00+14:00"},
        {"seconds": "NaN"},
        {"seconds": 60, "note": "a\x00b"},
        {"seconds": 60, "note": "a" * 201},
        {},
    ],
)
def test_a_malformed_entry_is_422(client: TestClient, company: Company, body: dict[str, object]) -> None:
    assert client.post(PATH, json=body, headers=company.headers(ENGINEER)).status_code == 422
    assert company.query("SELECT id FROM handoff_baselines") == []


def test_an_excluded_one_stays_in_sight(client: TestClient, company: Company) -> None:
    entered = _enter(client, company)
    before = now()
    excluded = _post(client, company, f"{entered['id']}/exclude", reason=" wrong person ").json()
    assert excluded["excluded_reason"] == "wrong person"
    assert excluded["excluded_by"] == str(company.users[ENGINEER])
    assert before <= datetime.fromisoformat(excluded["excluded_at"]) <= now()
    assert _ids(client, company) == [entered["id"]]
    assert _post(client, company, f"{entered['id']}/include").json() == entered


def test_a_team_admin_excludes_what_others_measured(client: TestClient, company: Company) -> None:
    mine, theirs = _enter(client, company), _enter(client, company, Role.OWNER)
    assert _post(client, company, f"{mine['id']}/exclude", Role.TEAM_ADMIN, reason="lunch").status_code == 200
    assert _post(client, company, f"{theirs['id']}/exclude", ENGINEER, reason="lunch").status_code == 403
    assert _post(client, company, f"{theirs['id']}/include", ENGINEER).status_code == 403


def test_excluding_needs_a_reason_and_a_measurement(client: TestClient, company: Company) -> None:
    entered, started = _enter(client, company)["id"], _start(client, company)["id"]
    assert _post(client, company, f"{entered}/exclude", reason="  ").status_code == 422
    refused = _post(client, company, f"{started}/exclude", reason="no")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:still-running")


def test_excluding_and_including_are_audited_once_each(client: TestClient, company: Company) -> None:
    entered = _enter(client, company)["id"]
    for reason in ("a", "a", "b"):
        _post(client, company, f"{entered}/exclude", reason=reason)
    for _ in range(2):
        _post(client, company, f"{entered}/include")
    log = client.get("/api/v1/audit-log", headers=company.headers()).json()["items"]
    found = [
        (entry["action"], entry["before"]["excluded_reason"], entry["after"]["excluded_reason"])
        for entry in log
        if entry["target_id"] == entered
    ]
    assert found == [
        ("baseline.included", "b", None),
        ("baseline.excluded", "a", "b"),
        ("baseline.excluded", None, "a"),
    ]


def test_the_list_is_newest_first_and_filtered(client: TestClient, company: Company) -> None:
    entered = _enter(client, company, Role.OWNER)["id"]
    timed = _running_for(company, 60)
    _post(client, company, f"{timed}/stop")
    _post(client, company, f"{timed}/exclude", reason="x")
    running = _start(client, company)["id"]
    assert _ids(client, company) == [running, timed, entered]
    assert _ids(client, company, "?method=entered") == [entered]
    assert _ids(client, company, "?method=stopwatch") == [running, timed]
    assert _ids(client, company, "?excluded=true") == [timed]
    assert _ids(client, company, "?excluded=false") == [running, entered]
    assert _ids(client, company, "?running=true") == [running]
    assert _ids(client, company, "?running=false") == [timed, entered]
    assert _ids(client, company, "?mine=true", Role.OWNER) == [entered]


def test_pages_are_whole(client: TestClient, company: Company) -> None:
    made = [_enter(client, company)["id"] for _ in range(5)]
    seen, cursor = [], ""
    for expected in (2, 2, 1):
        page = client.get(f"{PATH}?limit=2{cursor}", headers=company.headers(ENGINEER)).json()
        assert len(page["items"]) == expected
        seen += [item["id"] for item in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert (seen, page["next_cursor"]) == (made[::-1], None)


def test_a_viewer_neither_measures_nor_sees(client: TestClient, company: Company) -> None:
    entered = _enter(client, company)["id"]
    viewer = company.headers(Role.VIEWER)
    asked = [
        client.post(f"{PATH}/start", json={}, headers=viewer),
        client.post(PATH, json={"seconds": 60}, headers=viewer),
        client.post(f"{PATH}/{entered}/stop", headers=viewer),
        client.post(f"{PATH}/{entered}/exclude", json={"reason": "x"}, headers=viewer),
        client.post(f"{PATH}/{entered}/include", headers=viewer),
        client.delete(f"{PATH}/{entered}", headers=viewer),
        client.get(PATH, headers=viewer),
        client.get(f"{PATH}/running", headers=viewer),
    ]
    assert [answer.status_code for answer in asked] == [403] * 8


@pytest.mark.parametrize("action", ["stop", "exclude", "include", None])
def test_a_baseline_of_others_and_nobodys_are_the_same_404(
    client: TestClient, company: Company, neighbour: Company, action: str | None
) -> None:
    theirs = _running_for(neighbour, 60)

    def ask(row: object) -> Any:
        if action is None:
            return client.delete(f"{PATH}/{row}", headers=company.headers())
        return client.post(f"{PATH}/{row}/{action}", json={"reason": "x"}, headers=company.headers())

    answers = [ask(row) for row in (theirs, new_id())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert _ids(client, company) == []
    assert neighbour.query("SELECT seconds, excluded_reason FROM handoff_baselines") == [(None, None)]
