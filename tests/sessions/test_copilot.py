"""The copilot's suggestions in a session without a flow: made by a job, so that no request waits."""

import importlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.app import create_app
from flowpilot.copilot.propose import PROMPT_VERSION
from flowpilot.copilot.schemas import Case, CaseStep
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.sessions.jobs import SUGGEST_JOB
from flowpilot.sessions.queries import case_of, read_session
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.company import Company
from tests.sessions.flows import node_of, post, publish_printer_flow, read, start, take
from tests.sessions.queue import waiting, work_off

pytestmark = pytest.mark.anyio

CHAIR = "Something odd happens with my chair"


@pytest.fixture(scope="module")
def with_ai(settings: Settings) -> Settings:
    """Settings with the model that answers nonsense and asks nobody."""
    # The first import may take longer than a worker that is to stop when idle has patience for.
    importlib.import_module("flowpilot.copilot.agent")
    return settings.model_copy(update={"ai_model": "test"})


@pytest.fixture(scope="module")
def helped(with_ai: Settings, urls: DatabaseUrls) -> Iterator[TestClient]:
    """An app whose copilot is on."""
    with AppClient(create_app(with_ai, urls.runtime), raise_server_exceptions=False) as client:
        yield client


def _sources(session: dict[str, Any]) -> set[str]:
    return {step["source"] for step in session["suggestion"]["steps"]}


async def test_the_rules_answer_at_once_and_the_ai_at_the_next_read(
    helped: TestClient, company: Company, database: Database, with_ai: Settings
) -> None:
    session = start(helped, company, problem_summary=CHAIR)
    assert _sources(session) == {"rules"}
    assert waiting(company, SUGGEST_JOB) == [({"account_id": str(company.id), "session_id": session["id"]}, None)]
    await work_off(company, with_ai, database)
    assert _sources(read(helped, company, session["id"])) == {"ai"}


async def test_the_copilot_is_asked_again_after_a_step(
    helped: TestClient, company: Company, database: Database, with_ai: Settings
) -> None:
    session_id = start(helped, company, problem_summary=CHAIR)["id"]
    await work_off(company, with_ai, database)
    # What it said before the step says nothing about what to do after it.
    assert _sources(take(helped, company, session_id, free_text="It squeaks.")) == {"rules"}
    await work_off(company, with_ai, database)
    assert _sources(read(helped, company, session_id)) == {"ai"}
    positions = "SELECT position FROM ai_session_suggestions ORDER BY position"
    assert company.query(positions) == [(0,), (1,)]


async def test_a_dismissal_does_not_ask_it_again(
    helped: TestClient, company: Company, database: Database, with_ai: Settings
) -> None:
    session_id = start(helped, company, problem_summary=CHAIR)["id"]
    await work_off(company, with_ai, database)
    [step] = read(helped, company, session_id)["suggestion"]["steps"]
    shown = {"action": step["action"], "source": "ai", "reason": "wrong"}
    assert _sources(post(helped, company, f"{session_id}/suggestions/dismiss", **shown).json()) == {"rules"}
    assert waiting(company, SUGGEST_JOB) == []
    [(source, prompt)] = company.query("SELECT source, prompt_version FROM suggestion_outcomes")
    assert (source, prompt) == ("ai", PROMPT_VERSION)


async def test_what_is_pressed_is_credited_to_the_list_that_was_shown(
    helped: TestClient, company: Company, database: Database, with_ai: Settings
) -> None:
    session = start(helped, company, problem_summary=CHAIR)
    await work_off(company, with_ai, database)
    of_rules = session["suggestion"]["steps"][0]["action"]
    same = "jsonb_set(content, '{steps,0,action}', to_jsonb(%s::text))"
    company.query(f"UPDATE ai_session_suggestions SET content = {same} RETURNING 1", of_rules)
    shown = {"action": of_rules, "source": "rules", "after_step": 0, "result": "done"}
    assert post(helped, company, f"{session['id']}/suggestions/done", **shown).status_code == 201
    assert company.query("SELECT source, model FROM suggestion_outcomes") == [("rules", None)]


async def test_leaving_the_flow_asks_it(
    helped: TestClient, company: Company, database: Database, with_ai: Settings
) -> None:
    publish_printer_flow(helped, company)
    session_id = start(helped, company)["id"]
    assert waiting(company, SUGGEST_JOB) == []
    assert _sources(post(helped, company, f"{session_id}/flow", flow_id=None).json()) == {"rules"}
    await work_off(company, with_ai, database)
    assert _sources(read(helped, company, session_id)) == {"ai"}


async def test_with_a_flow_it_is_not_asked(helped: TestClient, company: Company) -> None:
    publish_printer_flow(helped, company)
    session_id = start(helped, company)["id"]
    assert take(helped, company, session_id, choice="No")["suggestion"] is None
    assert waiting(company, SUGGEST_JOB) == []


async def test_without_an_ai_there_is_no_job_and_the_rules_suggest(client: TestClient, company: Company) -> None:
    session_id = start(client, company, problem_summary=CHAIR)["id"]
    assert _sources(take(client, company, session_id, free_text="It squeaks.")) == {"rules"}
    assert waiting(company, SUGGEST_JOB) == []
    assert company.query("SELECT FROM ai_session_suggestions") == []


@pytest.mark.parametrize(
    "action", [("flow", {}), ("resolve", {"summary": "Oiled it."}), ("abandon", {"reason": "Gone."})]
)
async def test_a_job_that_comes_too_late_says_nothing(
    helped: TestClient, company: Company, database: Database, with_ai: Settings, action: tuple[str, dict[str, Any]]
) -> None:
    flow_id = str(publish_printer_flow(helped, company))
    session_id = start(helped, company, problem_summary=CHAIR)["id"]
    path, body = action
    post(helped, company, f"{session_id}/{path}", **(body or {"flow_id": flow_id}))
    await work_off(company, with_ai, database)
    assert read(helped, company, session_id)["suggestion"] is None
    assert company.query("SELECT FROM ai_session_suggestions") == []


async def test_two_jobs_for_the_same_step_leave_one_suggestion(
    helped: TestClient, company: Company, database: Database, with_ai: Settings
) -> None:
    session_id = start(helped, company, problem_summary=CHAIR)["id"]
    take(helped, company, session_id, free_text="It squeaks.")
    assert len(waiting(company, SUGGEST_JOB)) == 2
    await work_off(company, with_ai, database)
    assert company.query("SELECT position FROM ai_session_suggestions") == [(1,)]


async def test_a_session_that_is_given_up_and_taken_up_again_is_suggested_the_same(
    helped: TestClient, company: Company, database: Database, with_ai: Settings
) -> None:
    session_id = start(helped, company, problem_summary=CHAIR)["id"]
    await work_off(company, with_ai, database)
    suggested = read(helped, company, session_id)["suggestion"]
    assert post(helped, company, f"{session_id}/abandon").json()["suggestion"] is None
    assert post(helped, company, f"{session_id}/resume").json()["suggestion"] == suggested


async def test_what_is_sent_to_the_copilot(client: TestClient, company: Company, database: Database) -> None:
    publish_printer_flow(client, company)
    session = start(client, company, psa_ticket_id="T-1", client_name="Example Client Ltd")
    take(client, company, session["id"], choice="Yes")
    post(client, company, f"{session['id']}/back")
    take(client, company, session["id"], choice="No")
    take(client, company, session["id"], free_text="The user is away.")
    state = take(client, company, session["id"], outcome="Still nothing", note="No lamp is lit.")
    assert node_of(state) == "queue"
    async with database.read(company.id) as db:
        history = await read_session(db, company.id, uuid.UUID(state["id"]))
    assert case_of(history, note="The fuse?", missing=["the model"]) == Case(
        problem="The printer in accounting prints nothing since this morning",
        domain="printing",
        client="Example Client Ltd",
        ticket="T-1",
        flow_name="Printer prints nothing",
        steps=[
            CaseStep(kind="answer", text="Is the printer on?", result="No"),
            CaseStep(kind="note", text="The user is away."),
            CaseStep(kind="outcome", text="Switch it on.", result="Still nothing", note="No lamp is lit."),
        ],
        steps_left=["Clear the print queue."],
        engineer_note="The fuse?",
        missing=["the model"],
        ended=False,
    )
