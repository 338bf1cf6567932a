"""The sessions behind each gap are exactly those that it counts."""

import random
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction, copy_rows
from tests.company import Company, at

REPORT = "/api/v1/analytics/flowpilot/knowledge-gaps"
WINDOW = {"from": "2026-03-01", "to": "2026-07-01", "tz": "Europe/Vienna"}
SAID = ("The badge reader beeps", "badge readers: no light", "Bad badge", "=1 & badge+reader?", "")


def _world(company: Company, draw: random.Random) -> None:
    flows = [str(company.add("trees", name=name)) for name in ("Printer", "Printer", "VPN")]
    rows = []
    for _ in range(400):
        flow = draw.choice([None, None, None, *flows])
        rows.append(
            {
                "account_id": company.id,
                "id": new_id(),
                "status": draw.choice(["resolved", "resolved", "escalated", "requesting_escalation", "active"]),
                "problem_domain": draw.choice([None, "email", "Email & co"]),
                "problem_summary": draw.choice(SAID),
                "confidence_tier": draw.choice(["guided", "discovery", "discovery"]),
                "matched_flow_id": flow,
                "answer_count": (answers := draw.randrange(6)),
                "free_text_count": draw.randrange(answers + 1),
                "created_at": at(f"2026-0{draw.randrange(2, 8)}-10 08:00"),
            }
        )
    with account_transaction(company.urls.runtime, company.id) as connection:
        copy_rows(connection, "ai_sessions", list(rows[0]), ([*row.values()] for row in rows))


def _gaps(client: TestClient, company: Company) -> list[dict[str, Any]]:
    answer = client.get(REPORT, params=WINDOW, headers=company.headers())
    assert answer.status_code == 200, answer.text
    gaps: list[dict[str, Any]] = answer.json()["gaps"]
    return gaps


@pytest.mark.parametrize("seed", [1, 2])
def test_every_gap_counts_its_rows(client: TestClient, company: Company, seed: int) -> None:
    _world(company, random.Random(seed))  # noqa: S311
    gaps = _gaps(client, company)
    for gap in gaps:
        page = client.get(gap["sessions"]["path"], headers=company.headers())
        assert page.json()["n"] == gap["sessions"]["n"], gap
        if gap["gap_type"] != "weak_options":
            assert gap["sessions"]["n"] == gap["evidence"]["count"]
    kinds = {(gap["gap_type"], gap["domain"] is None) for gap in gaps}
    assert {kind for kind, _ in kinds} == {
        "weak_options",
        "high_escalation",
        "uncharted_territory",
        "repeated_pattern",
    }
    assert ("uncharted_territory", True) in kinds


def test_a_phrase_that_says_nothing_has_no_rows(client: TestClient, company: Company) -> None:
    _world(company, random.Random(1))  # noqa: S311
    rows = "/api/v1/analytics/flowpilot/rows/sessions"
    page = client.get(rows, params={**WINDOW, "phrase": "please help"}, headers=company.headers())
    assert page.json()["n"] == 0
