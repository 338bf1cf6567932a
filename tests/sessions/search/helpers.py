"""Looking for sessions, and rows that can be found."""

from typing import Any

from fastapi.testclient import TestClient

from flowpilot.db.bulk import account_transaction
from flowpilot.identity.actor import Role
from flowpilot.sessions.search.filling import fill
from tests.company import Company
from tests.sessions.flows import SESSIONS


def make_findable(company: Company) -> int:
    """Keep the words of sessions that were put straight into the tables; how many were not kept."""
    with account_transaction(company.urls.runtime, company.id) as connection:
        return fill(connection, company.id)


def found(client: TestClient, company: Company, words: str, **wanted: Any) -> list[str]:
    """The ids of the sessions that have these words, the newest first."""
    return [row["id"] for row in _rows(client, company, words, **wanted)]


def found_in(client: TestClient, company: Company, words: str) -> dict[str, str]:
    """Where the only session that has these words has them, with brackets around them."""
    [row] = _rows(client, company, words)
    return {
        one["place"]: "".join(f"[{part['text']}]" if part["found"] else part["text"] for part in one["parts"])
        for one in row["found_in"]
    }


def _rows(client: TestClient, company: Company, words: str, **wanted: Any) -> list[dict[str, Any]]:
    answer = client.get(SESSIONS, headers=company.headers(Role.VIEWER), params={"q": words, **wanted})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])
