"""The rows behind figures, by client."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.company import Company

BASE = "/api/v1/analytics/flowpilot/rows"
KINDS = ["sessions", "handoffs", "psa-posts", "time-entries"]
WINDOW: dict[str, Any] = {"from": "2026-01-01", "to": "2026-07-01"}
MOMENT = "2026-03-01T10:00Z"


@pytest.fixture
def acme(company: Company) -> str:
    """The id of a client with a session, and one row of each kind; as many are of no client."""
    acme = company.add("clients", name="Acme")
    for about in ({"client_id": acme, "client_name": "Acme"}, {}):
        session = company.add("ai_sessions", created_at=MOMENT, problem_summary="Broken", **about)
        company.add("session_handoffs", session_id=session, created_at=MOMENT)
        company.add("psa_post_logs", ai_session_id=session, status="success", posted_at=MOMENT)
        company.add("psa_activity_logs", session_id=session, activity_type="time_entry_posted", created_at=MOMENT)
    return str(acme)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_narrowed_to_a_client(client: TestClient, company: Company, acme: str, kind: str) -> None:
    def read(**asked: str) -> set[tuple[str | None, str | None]]:
        answer = client.get(f"{BASE}/{kind}", params=WINDOW | asked, headers=company.headers())
        return {(item["client_id"], item["client"]) for item in answer.json()["items"]}

    assert read() == {(acme, "Acme"), (None, None)}
    assert read(client_id=acme) == {(acme, "Acme")}
    file = client.get(f"{BASE}/{kind}.csv", params=WINDOW | {"client_id": acme}, headers=company.headers())
    assert f"client_id={acme}" in file.headers["flowpilot-filters"]
    header, row = file.text.splitlines()
    assert (header.endswith(",client_id,client"), row.endswith(f",{acme},Acme")) == (True, True)


def test_sessions_without_a_client(client: TestClient, company: Company, acme: str) -> None:
    for asked, n in (("true", 1), ("false", 1)):
        params = WINDOW | {"without_client": asked}
        page = client.get(f"{BASE}/sessions", params=params, headers=company.headers()).json()
        assert (page["n"], [item["client"] for item in page["items"]]) == (
            n,
            [None if asked == "true" else "Acme"],
        )
