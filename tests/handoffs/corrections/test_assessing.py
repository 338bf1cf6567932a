"""An assessment that was begun before a correction does not come after it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.copilot.propose import assess_case
from flowpilot.db.session import Database
from flowpilot.handoffs import jobs
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.company import Company
from tests.handoffs.helpers import jobs_of, read, send_escalation, worker_context
from tests.sessions.flows import post, start, take

WRONG = "The fuse of printer 7 is wrong"

pytestmark = pytest.mark.anyio


async def test_words_that_were_struck_meanwhile_stay_away(
    client: TestClient,
    company: Company,
    database: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session_id = start(client, company)["id"]
    step = take(client, company, session_id, free_text=WRONG)["steps"][-1]["id"]
    handoff = send_escalation(client, company, session_id).json()

    async def strikes_meanwhile(*case: Any) -> Any:
        answer = await assess_case(*case)
        monkeypatch.undo()
        assert post(client, company, f"{session_id}/steps/{step}/strike", Role.ENGINEER).status_code == 200
        return answer

    monkeypatch.setattr("flowpilot.handoffs.jobs.assess_case", strikes_meanwhile)
    await jobs.assess(worker_context(database, settings), str(company.id), handoff["id"])
    found = read(client, company, handoff)
    assert WRONG not in str([found["snapshot"], found["assessment"]])
    assert jobs_of(company, "handoffs.assess")
