"""Who may tick: several engineers on one run, at the same time; elsewhere only those who work on it."""

import asyncio
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.connect import DatabaseUrls
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.company import Company
from tests.live.streams import client_of, serving
from tests.sessions.flows import SESSIONS, post, read
from tests.sessions.runs.procedure import start_run, try_to

TICK: dict[str, Any] = {"do": "tick", "item": "join"}


def test_every_engineer_may_tick_in_a_run(client: TestClient, company: Company) -> None:
    run_id = start_run(client, company, role=Role.OWNER)
    assert read(client, company, run_id)["allowed"] == ["mark"]
    assert try_to(client, company, run_id, **TICK).status_code == 200
    assert post(client, company, f"{run_id}/steps", free_text="Looked at it.").status_code == 403


def test_elsewhere_only_those_who_work_on_it_may(client: TestClient, company: Company) -> None:
    run_id = start_run(client, company, role=Role.OWNER, type="troubleshooting")
    assert read(client, company, run_id)["allowed"] == []
    assert try_to(client, company, run_id, **TICK).status_code == 403
    assert try_to(client, company, run_id, Role.TEAM_ADMIN, **TICK).status_code == 200


def test_a_viewer_may_not(client: TestClient, company: Company, run_id: str) -> None:
    assert read(client, company, run_id, Role.VIEWER)["allowed"] == []
    assert try_to(client, company, run_id, Role.VIEWER, **TICK).status_code == 403


def test_nobody_may_in_a_run_that_is_paused(client: TestClient, company: Company, run_id: str) -> None:
    post(client, company, f"{run_id}/pause")
    assert "mark" not in read(client, company, run_id)["allowed"]
    assert try_to(client, company, run_id, **TICK).status_code == 409


@pytest.mark.anyio
async def test_many_tick_at_once_and_nothing_is_refused_or_recorded_twice(
    client: TestClient, company: Company, run_id: str, settings: Settings, urls: DatabaseUrls
) -> None:
    wanted = [(role, item) for role in (Role.ENGINEER, Role.TEAM_ADMIN) for item in ("unpack", "join", "label")]
    with serving(settings, urls) as address:
        async with client_of(address) as server:
            answers = await asyncio.gather(
                *(
                    server.post(
                        f"{SESSIONS}/{run_id}/marks",
                        headers=company.headers(role),
                        json={"do": "tick", "item": item, "node": "set_up"},
                    )
                    for role, item in wanted * 3
                )
            )
    assert [answer.status_code for answer in answers] == [200] * 18
    steps = read(client, company, run_id)["steps"]
    assert sorted(step["content"]["item"] for step in steps) == ["join", "label", "unpack"]
