"""Words that are removed from a session do not stay in drafts of flows, and do not come back into them."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from flowpilot.clock import now
from flowpilot.db.session import Database, Db
from flowpilot.flows.drafts.service import save_draft
from flowpilot.flows.text import FlowText
from flowpilot.knowledge.models import FlowProposal
from flowpilot.sessions.edits.api import load_to_edit
from flowpilot.sessions.removal import service
from flowpilot.sessions.removal.targets import Target
from tests.company import Company
from tests.flows.samples import FLOWS, actor, create, get
from tests.identity.meanwhile import done_meanwhile, sent_meanwhile
from tests.knowledge.proposals.loop import decide, proposals, run_analysis, solve
from tests.sessions.flows import post, start, take
from tests.sessions.removal.everywhere import places_of

pytestmark = pytest.mark.anyio


class Drafted:
    """A session whose proposal is being edited, as a flow that nobody follows yet."""

    def __init__(self, client: TestClient, company: Company, session_id: str, flow_id: str, secret: str) -> None:
        self.client, self.company = client, company
        self.session_id, self.flow_id, self.secret = session_id, flow_id, secret
        self.opened = get(client, company, f"/{flow_id}")["draft"]

    def saved(self, **changes: Any) -> dict[str, Any]:
        """What an editor sends that was opened before."""
        flow = get(self.client, self.company, f"/{self.flow_id}")
        about = {name: flow[name] for name in ("name", "description", "keywords", "category")}
        return about | {"tree": self.opened["tree"]} | changes

    def remove(self) -> Any:
        """Remove the secret from the session, as its phrase."""
        return post(self.client, self.company, f"{self.session_id}/remove", phrase=self.secret)


@pytest.fixture
def secret() -> str:
    """A word that nobody else writes: the tables are searched whole, and other tests write into them."""
    return f"zebra{uuid.uuid4().hex[:12]}"


async def _drafted(
    client: TestClient, company: Company, database: Database, secret: str, *, is_in_name: bool = False
) -> Drafted:
    problem = f"The scanner beeps at {secret}" if is_in_name else "The scanner beeps twice"
    note = "Entered the PIN into it" if is_in_name else f"Entered {secret} as PIN"
    session_id = await solve(client, company, database, problem, [note])
    [proposal] = proposals(client, company)
    edited = decide(client, company, proposal["id"], "edit")
    assert edited.status_code in {200, 201}, edited.text
    [(flow_id,)] = company.query("SELECT id FROM trees")
    return Drafted(client, company, session_id, str(flow_id), secret)


@pytest.mark.parametrize("is_in_name", [False, True])
async def test_an_editor_that_is_open_cannot_save_removed_words_again(
    client: TestClient, company: Company, database: Database, secret: str, *, is_in_name: bool
) -> None:
    drafted = await _drafted(client, company, database, secret, is_in_name=is_in_name)
    before = drafted.saved(based_on=drafted.opened["id"])
    assert drafted.secret in str(before)
    assert drafted.remove().status_code == 200
    headers = company.headers()
    again = client.put(f"{FLOWS}/{drafted.flow_id}/draft", headers=headers, json=before)
    assert (again.status_code, "Somebody has saved this flow" in again.text) == (409, True)
    assert places_of(company.urls, drafted.secret) == set()


async def test_a_draft_that_is_saved_meanwhile_loses_the_words_and_keeps_the_edit(
    client: TestClient, company: Company, database: Database, secret: str
) -> None:
    drafted = await _drafted(client, company, database, secret)
    text = FlowText.model_validate(drafted.saved(description="Edited"))

    async def save(db: Db) -> None:
        await save_draft(db, actor(company), uuid.UUID(drafted.flow_id), text, now())

    assert (await sent_meanwhile(database, company, save, drafted.remove)).status_code == 200
    assert get(client, company, f"/{drafted.flow_id}")["description"] == "Edited"
    assert places_of(company.urls, drafted.secret) == set()


async def test_a_removal_does_not_wait_for_an_analysis_that_adds_a_session(
    client: TestClient, company: Company, database: Database, secret: str
) -> None:
    drafted = await _drafted(client, company, database, secret)
    # What a row that refers to the proposal locks of it: two who wait for each other would be a deadlock.
    referred = select(FlowProposal.id).where(FlowProposal.account_id == company.id)
    async with database.write(company.id) as db:
        await db.execute(referred.with_for_update(read=True, key_share=True))
        removed = await asyncio.wait_for(asyncio.to_thread(drafted.remove), timeout=20)
    assert removed.status_code == 200


@pytest.mark.parametrize("is_used", [False, True])
async def test_a_domain_goes_from_its_proposal_and_its_category_too(
    client: TestClient, company: Company, database: Database, secret: str, *, is_used: bool
) -> None:
    session_id = await solve(client, company, database, "The scanner beeps twice", ["Entered the PIN"])
    company.query("UPDATE ai_sessions SET problem_domain = %s RETURNING 1", secret)
    company.query("UPDATE flow_proposals SET domain = %s RETURNING 1", secret)
    await run_analysis(company, database)
    [proposal] = proposals(client, company)
    assert decide(client, company, proposal["id"], "edit").status_code in {200, 201}
    if is_used:
        create(client, company, name="Another", category=secret)
    path = f"{session_id}/remove"
    seen = post(client, company, f"{path}/preview", phrase=secret).json()
    removed = post(client, company, path, phrase=secret)
    assert (removed.status_code, removed.json()["to_check"]) == (200, seen["to_check"])
    [(category,)] = company.query("SELECT id FROM tree_categories") if is_used else [(None,)]
    listed = [("The category “[removed]” of flows", f"/flows/categories/{category}")] if is_used else []
    assert [(one["text"], one["path"]) for one in removed.json()["to_check"]] == listed
    assert places_of(company.urls, secret) == ({"tree_categories.name"} if is_used else set())


async def test_no_category_is_named_after_what_was_removed(client: TestClient, company: Company) -> None:
    assert create(client, company, category="Net[removed]")["category"] is None
    assert company.query("SELECT 1 FROM tree_categories") == []


def _removing(company: Company, session_id: str, phrase: str) -> Callable[[Db], Awaitable[None]]:
    """Remove words as a request does, up to its end."""

    async def remove(db: Db) -> None:
        loaded = await load_to_edit(uuid.UUID(session_id), actor(company), db, now())
        await service.remove(db, actor(company), loaded, Target(phrase=phrase))

    return remove


async def test_an_analysis_that_meets_a_removal_takes_none_of_the_words(
    client: TestClient, company: Company, database: Database, secret: str
) -> None:
    session_id = start(client, company, problem_summary=f"Label printer feeds blank labels at {secret}")["id"]
    take(client, company, session_id, free_text=f"Ran the media calibration with {secret}")
    assert post(client, company, f"{session_id}/resolve", summary=f"Ran it with {secret}").status_code == 200
    remove = _removing(company, session_id, secret)
    await done_meanwhile(database, company, remove, lambda: run_analysis(company, database))
    [proposal] = proposals(client, company)
    assert (proposal["title"], proposal["session_count"]) == ("Label printer feeds blank labels at [removed]", 1)
    assert places_of(company.urls, secret) == set()


async def test_a_proposal_that_a_session_is_of_already_does_not_get_removed_words_back(
    client: TestClient, company: Company, database: Database, secret: str
) -> None:
    session_id = await solve(client, company, database, f"The scanner beeps at {secret}", [f"Entered {secret}"])
    assert secret in str(proposals(client, company))
    remove = _removing(company, session_id, secret)
    await done_meanwhile(database, company, remove, lambda: run_analysis(company, database))
    [(title, content)] = company.query("SELECT title, content FROM flow_proposals")
    assert (title, "Entered [removed]" in str(content)) == ("The scanner beeps at [removed]", True)
    assert places_of(company.urls, secret) == set()
