"""Asking the AI to word a draft, and reading what it changed, on pages."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.jobs import Tools
from flowpilot.knowledge.wording.jobs import run_task
from flowpilot.settings import Settings
from tests.company import Company
from tests.copilot.conftest import ScriptedModel, configured
from tests.flows.samples import FLOWS, create
from tests.knowledge.proposals.loop import proposals, solve_all, whole
from tests.knowledge.wording.test_answers import PROCEDURE
from tests.web.conftest import SignedIn
from tests.web.forms import send

pytestmark = pytest.mark.anyio


@pytest.fixture
def with_ai(client: TestClient, settings: Settings) -> Iterator[None]:
    """The server's AI is configured."""
    state = client.app.state  # type: ignore[attr-defined]
    before, state.settings = state.settings, configured(settings)
    yield
    state.settings = before


async def _answer(company: Company, database: Database, settings: Settings, answer: dict[str, Any]) -> None:
    [(task_id,)] = company.query("SELECT id FROM ai_tasks WHERE status = 'asked'")
    tools = Tools(database, configured(settings))
    await run_task(tools, company.id, uuid.UUID(str(task_id)), now(), model=ScriptedModel(answer, answer).model)


@pytest.mark.usefixtures("with_ai")
async def test_a_proposal_is_worded_with_one_press(
    client: TestClient, company: Company, database: Database, settings: Settings, signed_in: SignedIn
) -> None:
    await solve_all(client, company, database)
    found = whole(client, company, proposals(client, company)[0]["id"])
    browser, path = signed_in(Role.TEAM_ADMIN), f"/proposals/{found['id']}"
    page = send(browser, path, "/word")
    assert "The AI words the draft." in page.text
    assert f'action="{path}/word"' not in page.text
    nodes = [
        {"id": node_id, "text": f"Better: {node['text']}", "choices": []}
        for node_id, node in found["flow"]["tree"]["nodes"].items()
    ]
    answer: dict[str, Any] = {"name": "Blank labels", "keywords": ["blank"], "nodes": nodes}
    await _answer(company, database, settings, answer)
    page = browser.get(path)
    for part in ("Worded by AI", "Worded with AI", "What the AI changed:", ">Blank labels</ins>"):
        assert part in page.text, part


@pytest.mark.usefixtures("with_ai")
async def test_a_draft_made_of_an_article_is_drafted_by_the_ai(
    client: TestClient, company: Company, database: Database, settings: Settings, signed_in: SignedIn
) -> None:
    files = {"file": ("phone.md", b"# Phone is locked\n\n1. Restart it.")}
    made = client.post(f"{FLOWS}/from-article", headers=company.headers(), files=files).json()
    browser, path = signed_in(Role.TEAM_ADMIN), f"/flows/{made['id']}"
    assert f'href="{path}/ai"' in browser.get(f"{path}/edit").text
    assert "The AI drafts the flow." in send(browser, f"{path}/ai", "/ai/draft").text
    await _answer(company, database, settings, PROCEDURE | {"root": "nowhere"})
    assert "The AI&#39;s draft is not sound, so the plain draft stays." in browser.get(f"{path}/ai").text
    send(browser, f"{path}/ai", "/ai/draft")
    await _answer(company, database, settings, PROCEDURE)
    assert "Drafted by AI" in browser.get(f"{path}/ai").text
    assert "Restart the phone." in browser.get(f"{path}/edit").text


async def test_without_an_ai_nothing_is_offered(
    client: TestClient, company: Company, database: Database, signed_in: SignedIn
) -> None:
    await solve_all(client, company, database)
    browser = signed_in(Role.TEAM_ADMIN)
    assert "/word" not in browser.get(f"/proposals/{proposals(client, company)[0]['id']}").text
    assert "No AI is configured" in browser.get(f"/flows/{create(client, company)['id']}/ai").text
