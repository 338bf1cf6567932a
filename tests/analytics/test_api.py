"""The routes of the reports: who may call, how often, with which parameters, and at what cost."""

import json
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event

from flowpilot.identity.actor import Role
from tests.company import Company

BASE = "/api/v1/analytics/flowpilot"
LIMITS = {
    "": 15,
    "/knowledge-gaps": 10,
    "/coverage": 15,
    "/flow-quality": 15,
    "/psa-metrics": 15,
    "/escalations": 30,
    "/follow-up": 15,
    "/savings": 15,
    "/load": 15,
    "/backlog": 15,
}
SINCE_ALWAYS = {"from": "2026-01-01", "to": "2026-07-01"}


@pytest.mark.parametrize("path", LIMITS)
@pytest.mark.parametrize("role", list(Role))
def test_who_may_call(client: TestClient, company: Company, path: str, role: Role) -> None:
    allowed = role in {Role.TEAM_ADMIN, Role.OWNER} or (path == "/escalations" and role is Role.ENGINEER)
    assert client.get(BASE + path, headers=company.headers(role)).status_code == (200 if allowed else 403)


@pytest.mark.parametrize("path", LIMITS)
def test_nobody_is_refused(client: TestClient, path: str) -> None:
    assert client.get(BASE + path).status_code == 401


@pytest.mark.parametrize(("path", "limit"), LIMITS.items())
def test_the_limit_bites(client: TestClient, company: Company, path: str, limit: int) -> None:
    headers = company.headers(Role.TEAM_ADMIN)
    statuses = [client.get(BASE + path, headers=headers).status_code for _ in range(limit)]
    assert statuses == [200] * limit
    refused = client.get(BASE + path, headers=headers)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    # Another caller of the account, and another report, are not held up by it.
    assert client.get(BASE + path, headers=company.headers(Role.OWNER)).status_code == 200
    other = "/coverage" if path != "/coverage" else "/psa-metrics"
    assert client.get(BASE + other, headers=headers).status_code == 200


NONSENSE = [
    "period=8d",
    "period=",
    "from=2026-01-01",
    "to=2026-01-01",
    "from=2026-01-02&to=2026-01-01",
    "from=x&to=2026-01-01",
    "tz=Mars/Olympus",
    "period=7d&from=2026-01-01&to=2026-01-02",
]


@pytest.mark.parametrize("path", LIMITS)
def test_a_malformed_query_is_422(client: TestClient, company: Company, path: str) -> None:
    answers = [client.get(f"{BASE}{path}?{query}", headers=company.headers()) for query in NONSENSE]
    assert {answer.status_code for answer in answers} == {422}
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


def test_an_unknown_sort_is_422(client: TestClient, company: Company) -> None:
    assert client.get(f"{BASE}/flow-quality?sort=name", headers=company.headers()).status_code == 422


@pytest.mark.parametrize(("path", "limit"), LIMITS.items())
def test_a_refused_request_does_not_count(client: TestClient, company: Company, path: str, limit: int) -> None:
    viewer, owner = company.headers(Role.VIEWER), company.headers()
    refused = [client.get(BASE + path, headers=viewer).status_code for _ in range(limit + 1)]
    assert set(refused) == {403}
    malformed = [client.get(f"{BASE}{path}?tz=Mars", headers=owner).status_code for _ in range(limit + 1)]
    assert set(malformed) == {422}
    assert client.get(BASE + path, headers=owner).status_code == 200


@pytest.mark.parametrize("path", LIMITS)
def test_period_and_window_are_echoed(client: TestClient, company: Company, path: str) -> None:
    headers = company.headers()
    assert client.get(f"{BASE}{path}?period=7d", headers=headers).json()["period"] == "7d"
    custom = client.get(BASE + path, params={**SINCE_ALWAYS, "tz": "Europe/Vienna"}, headers=headers).json()
    assert custom["period"] is None
    assert custom["window"] == {
        "from": "2025-12-31T23:00:00Z",
        "to": "2026-06-30T22:00:00Z",
        "timezone": "Europe/Vienna",
        "as_of": "2026-06-30T22:00:00Z",
    }


@pytest.mark.parametrize("path", LIMITS)
def test_another_account_is_never_counted(
    client: TestClient, company: Company, neighbour: Company, path: str
) -> None:
    empty = client.get(BASE + path, params=SINCE_ALWAYS, headers=company.headers()).json()
    _live(neighbour)
    still = client.get(BASE + path, params=SINCE_ALWAYS, headers=company.headers()).json()
    theirs = client.get(BASE + path, params=SINCE_ALWAYS, headers=neighbour.headers()).json()
    empty.pop("generated_at", None)
    still.pop("generated_at", None)
    assert still == empty
    if path != "/knowledge-gaps":
        assert theirs != empty


@pytest.mark.parametrize("path", LIMITS)
def test_definitions_lead_into_the_catalogue(client: TestClient, company: Company, path: str) -> None:
    headers = company.headers(Role.TEAM_ADMIN)
    catalogue = client.get(f"{BASE}/metrics", headers=company.headers(Role.VIEWER)).json()
    report = client.get(BASE + path, headers=headers).json()
    assert report["definitions"]
    assert set(report["definitions"]) <= {metric["slug"] for metric in catalogue}


@pytest.fixture
def statements(client: TestClient) -> Iterator[list[str]]:
    """Every statement sent to PostgreSQL, except for BEGIN and COMMIT."""
    assert isinstance(client.app, FastAPI)
    sent: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        sent.append(statement)

    engine = client.app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


# Stating the account, verifying the caller, the report itself. Gaps look at the snapshot, the groups, the texts;
# escalations at this window, the one before, and the groups.
@pytest.mark.parametrize(
    ("path", "expected"),
    {**dict.fromkeys(LIMITS, 3), "/knowledge-gaps": 4, "/escalations": 4, "/savings": 4}.items(),
)
def test_what_a_report_costs(
    client: TestClient, company: Company, statements: list[str], path: str, expected: int
) -> None:
    _live(company)
    client.get(f"{BASE}/metrics", headers=company.headers())  # The first use of a key is recorded.
    statements.clear()
    client.get(BASE + path, params=SINCE_ALWAYS, headers=company.headers())
    assert len(statements) == expected, statements
    assert statements[0].startswith("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL")


def test_the_body_is_json_as_the_contract_has_it(client: TestClient, company: Company) -> None:
    answer = client.get(f"{BASE}/psa-metrics", headers=company.headers())
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.content)["avg_hours_per_session"] == 0.0


def _live(company: Company) -> None:
    """One row of each kind."""
    shelf = company.add("tree_categories", name="Email")
    flow = company.add("trees", name="Outlook", category_id=shelf)
    session = company.add(
        "ai_sessions",
        status="resolved",
        problem_domain="email",
        confidence_tier="guided",
        matched_flow_id=flow,
        psa_ticket_id="1",
        created_at="2026-03-01T10:00Z",
        resolved_at="2026-03-01T11:00Z",
    )
    company.add(
        "session_handoffs",
        session_id=session,
        created_at="2026-03-01T10:10Z",
        claimed_at="2026-03-01T10:20Z",
        first_action_at="2026-03-01T10:21Z",
    )
    company.add("psa_post_logs", ai_session_id=session, status="success", posted_at="2026-03-01T11:00Z")
    entry = {"activity_type": "time_entry_posted", "hours_logged": 1, "created_at": "2026-03-01T11:00Z"}
    company.add("psa_activity_logs", session_id=session, **entry)
