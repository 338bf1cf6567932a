"""The AI is asked about a draft, and its answer is taken over or refused with a word that says why."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.jobs import Tools
from flowpilot.knowledge.removal import overwrite_proposals
from flowpilot.knowledge.wording.jobs import run_task
from flowpilot.sessions.removal.scope import Removal
from flowpilot.sessions.removal.words import Words
from flowpilot.settings import Settings
from tests.company import Company
from tests.copilot.conftest import ScriptedModel, configured
from tests.flows.samples import FLOWS, body, create, get, post, publish, save
from tests.identity.meanwhile import done_meanwhile
from tests.knowledge.proposals.loop import PROPOSALS, TIMES, decide, proposals, solve, solve_all, whole
from tests.knowledge.wording.test_answers import PROCEDURE

pytestmark = pytest.mark.anyio

ARTICLE = "# Phone is locked\n\n1. Restart it."


@pytest.fixture
def with_ai(client: TestClient, settings: Settings) -> Iterator[None]:
    """The server's AI is configured."""
    state = client.app.state  # type: ignore[attr-defined]
    before, state.settings = state.settings, configured(settings)
    yield
    state.settings = before


@pytest.fixture
def tools(database: Database, settings: Settings) -> Tools:
    """The tools of a worker whose AI is configured."""
    return Tools(database, configured(settings))


@pytest.fixture
async def proposal(client: TestClient, company: Company, database: Database) -> dict[str, Any]:
    """A new flow, proposed by three sessions."""
    await solve_all(client, company, database)
    return whole(client, company, proposals(client, company)[0]["id"])


def _ask(client: TestClient, company: Company, path: str, role: Role = Role.TEAM_ADMIN) -> httpx2.Response:
    return client.post(path, headers=company.headers(role))


async def _run(tools: Tools, company: Company, asked: httpx2.Response, *answers: Any) -> dict[str, Any]:
    """Let the AI answer, and return what became of it."""
    assert asked.status_code == 202, asked.text
    task_id = uuid.UUID(asked.json()["id"])
    await run_task(tools, company.id, task_id, now(), model=ScriptedModel(*answers).model)
    [(status, problem, changes)] = company.query(
        "SELECT status, problem, changes FROM ai_tasks WHERE id = %s", task_id
    )
    return {"status": status, "problem": problem, "changes": changes}


def _worded(flow: dict[str, Any], **about: Any) -> dict[str, Any]:
    """An answer that words every node of a draft."""
    nodes = [
        {
            "id": node_id,
            "text": f"Better: {node['text']}"[:2000],
            "choices": [f"Choice {number}" for number, _ in enumerate(node.get("choices", []))]
            if node.get("open")
            else [],
        }
        for node_id, node in flow["tree"]["nodes"].items()
    ]
    return {"name": "Blank labels", "keywords": ["blank labels"], "nodes": nodes, **about}


def _article(client: TestClient, company: Company) -> dict[str, Any]:
    files = {"file": ("phone.md", ARTICLE.encode())}
    made = client.post(f"{FLOWS}/from-article", headers=company.headers(Role.TEAM_ADMIN), files=files)
    assert made.status_code == 201, made.text
    flow: dict[str, Any] = made.json()
    return flow


@pytest.mark.usefixtures("with_ai")
async def test_a_proposal_is_worded_and_its_steps_stay(
    client: TestClient, company: Company, tools: Tools, proposal: dict[str, Any]
) -> None:
    path = f"{PROPOSALS}/{proposal['id']}/word"
    done = await _run(tools, company, _ask(client, company, path), _worded(proposal["flow"]))
    assert (done["status"], done["problem"]) == ("done", "")
    after = whole(client, company, proposal["id"])
    assert (after["origin"], after["flow"]["name"]) == ("ai_enhanced", "Blank labels")
    for node_id, node in proposal["flow"]["tree"]["nodes"].items():
        assert after["flow"]["tree"]["nodes"][node_id]["text"] == f"Better: {node['text']}"
    assert after["sources"] == proposal["sources"]
    read = client.get(path, headers=company.headers(Role.TEAM_ADMIN)).json()
    assert (read["status"], read["changes"]) == ("done", done["changes"])


@pytest.mark.usefixtures("with_ai")
async def test_a_worded_proposal_becomes_a_flow_that_says_so(
    client: TestClient, company: Company, tools: Tools, proposal: dict[str, Any]
) -> None:
    asked = _ask(client, company, f"{PROPOSALS}/{proposal['id']}/word")
    await _run(tools, company, asked, _worded(proposal["flow"]))
    done = decide(client, company, proposal["id"], "approve").json()
    assert get(client, company, f"/{done['flow_id']}")["origin"] == "ai_enhanced"


@pytest.mark.usefixtures("with_ai")
async def test_a_session_that_joins_merges_the_draft_anew(
    client: TestClient, company: Company, database: Database, tools: Tools, proposal: dict[str, Any]
) -> None:
    asked = _ask(client, company, f"{PROPOSALS}/{proposal['id']}/word")
    await _run(tools, company, asked, _worded(proposal["flow"]))
    await solve(client, company, database, *TIMES[0])
    assert whole(client, company, proposal["id"])["origin"] == "manual"


@pytest.mark.usefixtures("with_ai")
@pytest.mark.parametrize("wrong", [{"nodes": []}, {"name": "x" * 300}])
async def test_an_answer_that_does_not_fit_changes_nothing_and_says_so(
    client: TestClient, company: Company, tools: Tools, proposal: dict[str, Any], wrong: dict[str, Any]
) -> None:
    asked = _ask(client, company, f"{PROPOSALS}/{proposal['id']}/word")
    answer = _worded(proposal["flow"]) | wrong
    done = await _run(tools, company, asked, answer, answer)
    assert done["status"] == "failed"
    assert "draft stays as it was" in done["problem"]
    assert whole(client, company, proposal["id"]) == proposal


@pytest.mark.usefixtures("with_ai")
async def test_a_draft_that_changed_meanwhile_is_not_overwritten(
    client: TestClient, company: Company, tools: Tools
) -> None:
    flow = _article(client, company)
    asked = _ask(client, company, f"{FLOWS}/{flow['id']}/draft/word")

    async def edited() -> dict[str, Any]:
        save(client, company, flow["id"], name="Mine")
        return _worded(flow["draft"])

    done = await _run(tools, company, asked, edited)
    assert (done["status"], done["problem"]) == (
        "failed",
        "The draft has changed since the AI was asked, so nothing was taken over. Ask again.",
    )
    assert get(client, company, f"/{flow['id']}")["name"] == "Mine"


@pytest.mark.usefixtures("with_ai")
async def test_an_answer_that_meets_a_removal_does_not_bring_the_words_back(
    client: TestClient, company: Company, database: Database, tools: Tools, proposal: dict[str, Any]
) -> None:
    asked = _ask(client, company, f"{PROPOSALS}/{proposal['id']}/word")
    [(session_id,)] = company.query("SELECT source_session_id FROM flow_proposals")
    words = Words(["blank labels"], is_whole=False)
    removal = Removal(company.id, session_id, words, company.users[Role.OWNER], now(), is_preview=False)
    done = await done_meanwhile(
        database,
        company,
        lambda db: overwrite_proposals(db, removal),
        lambda: _run(tools, company, asked, _worded(proposal["flow"])),
    )
    assert (done["status"], done["problem"][:22], done["changes"]) == ("failed", "The draft has changed ", [])
    assert "blank labels" not in str(whole(client, company, proposal["id"])["flow"]).lower()


@pytest.mark.usefixtures("with_ai")
async def test_the_draft_of_an_article_is_worded_and_keeps_its_source(
    client: TestClient, company: Company, tools: Tools
) -> None:
    flow = _article(client, company)
    asked = _ask(client, company, f"{FLOWS}/{flow['id']}/draft/word")
    assert (await _run(tools, company, asked, _worded(flow["draft"])))["status"] == "done"
    after = get(client, company, f"/{flow['id']}")
    assert (after["origin"], after["name"], after["state"]) == ("ai_enhanced", "Blank labels", "draft")
    assert after["draft"]["source"] == flow["draft"]["source"]


@pytest.mark.usefixtures("with_ai")
async def test_the_ai_drafts_an_article_and_publishes_nothing(
    client: TestClient, company: Company, tools: Tools
) -> None:
    flow = _article(client, company)
    asked = _ask(client, company, f"{FLOWS}/{flow['id']}/draft/draft")
    assert (await _run(tools, company, asked, PROCEDURE))["status"] == "done"
    after = get(client, company, f"/{flow['id']}")
    assert (after["origin"], after["state"], after["name"]) == ("ai_generated", "draft", "Phone is locked")
    assert set(after["draft"]["tree"]["nodes"]) == {"restart", "solved", "senior"}


@pytest.mark.usefixtures("with_ai")
@pytest.mark.parametrize("publishes", [True, False])
async def test_a_draft_that_is_gone_is_no_longer_asked_about(
    client: TestClient, company: Company, tools: Tools, *, publishes: bool
) -> None:
    flow_id = create(client, company)["id"]
    asked = _ask(client, company, f"{FLOWS}/{flow_id}/draft/word")
    if publishes:
        assert post(client, company, f"/{flow_id}/publish").status_code == 200
    else:
        assert client.delete(f"{FLOWS}/{flow_id}", headers=company.headers()).status_code == 204
    done = await _run(tools, company, asked)
    assert (done["status"], done["problem"][:22]) == ("failed", "The draft has changed ")


@pytest.mark.usefixtures("with_ai")
async def test_an_unsound_draft_falls_back_to_the_plain_one(
    client: TestClient, company: Company, tools: Tools
) -> None:
    flow = _article(client, company)
    asked = _ask(client, company, f"{FLOWS}/{flow['id']}/draft/draft")
    done = await _run(tools, company, asked, PROCEDURE | {"root": "nowhere"})
    assert done["problem"].startswith("The AI's draft is not sound, so the plain draft stays. The flow begins")
    assert get(client, company, f"/{flow['id']}")["draft"] == flow["draft"]


@pytest.mark.usefixtures("with_ai")
async def test_a_spent_budget_is_said_plainly(client: TestClient, company: Company, tools: Tools) -> None:
    flow = _article(client, company)
    company.add("ai_usage", day=now().date(), requests=1, tokens=tools.settings.ai_daily_tokens)
    done = await _run(tools, company, _ask(client, company, f"{FLOWS}/{flow['id']}/draft/draft"))
    assert (done["status"], "budget for today is spent" in done["problem"]) == ("failed", True)


@pytest.mark.usefixtures("with_ai")
def test_the_ai_is_asked_once_at_a_time(client: TestClient, company: Company) -> None:
    path = f"{FLOWS}/{_article(client, company)['id']}/draft/word"
    assert [_ask(client, company, path).status_code for _ in range(2)] == [202, 409]
    company.query("UPDATE ai_tasks SET created_at = %s RETURNING 1", now() - timedelta(hours=1))
    assert _ask(client, company, path).status_code == 202


@pytest.mark.usefixtures("with_ai")
def test_only_drafts_that_nobody_follows_are_worded(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, description="Better.")
    answer = _ask(client, company, f"{FLOWS}/{flow_id}/draft/word")
    assert (answer.status_code, "This flow was published." in answer.text) == (409, True)
    plain = create(client, company, **body(name="No article"))["id"]
    assert _ask(client, company, f"{FLOWS}/{plain}/draft/draft").status_code == 409
    assert post(client, company, f"/{plain}/draft/word", Role.ENGINEER).status_code == 403


def test_without_an_ai_there_is_nothing_to_ask(client: TestClient, company: Company) -> None:
    answer = _ask(client, company, f"{FLOWS}/{_article(client, company)['id']}/draft/word")
    assert (answer.status_code, "No AI is configured." in answer.text) == (409, True)
