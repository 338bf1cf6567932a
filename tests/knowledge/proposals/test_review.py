"""What reviewers decide. Each decision ends in a published version, or in nothing."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.knowledge.locking import lock_proposal
from flowpilot.knowledge.models import FlowProposal
from tests.company import Company
from tests.knowledge.proposals.loop import PROPOSALS, TIMES, decide, proposals, resolve, solve, solve_all, whole
from tests.sessions.flows import PRINTER, publish_printer_flow, start, take

pytestmark = pytest.mark.anyio

FLOWS = "/api/v1/flows"


@pytest.fixture
async def proposal(client: TestClient, company: Company, database: Database) -> dict[str, Any]:
    """A new flow, proposed by three sessions."""
    await solve_all(client, company, database)
    return whole(client, company, proposals(client, company)[0]["id"])


@pytest.fixture
async def change(client: TestClient, company: Company, database: Database) -> dict[str, Any]:
    """A change to the printer flow, proposed by one session."""
    publish_printer_flow(client, company)
    session_id = start(client, company)["id"]
    take(client, company, session_id, free_text="It is in power saving mode")
    await resolve(client, company, database, session_id, "Turned power saving off")
    return whole(client, company, proposals(client, company)[0]["id"])


def flow(client: TestClient, company: Company, flow_id: str) -> dict[str, Any]:
    """A flow with its versions."""
    read: dict[str, Any] = client.get(f"{FLOWS}/{flow_id}", headers=company.headers()).json()
    return read


async def test_an_approved_flow_guides_the_next_session(
    client: TestClient, company: Company, proposal: dict[str, Any]
) -> None:
    done = decide(client, company, proposal["id"], "approve")
    assert done.status_code == 200, done.text
    assert (done.json()["status"], done.json()["flow_name"]) == ("approved", proposal["title"])
    session = start(
        client, company, problem_summary="The label printer in the warehouse prints blank labels again"
    )
    assert session["matched_flow_id"] == done.json()["flow_id"]


async def test_an_approved_flow_knows_its_proposal(
    client: TestClient, company: Company, proposal: dict[str, Any]
) -> None:
    done = decide(client, company, proposal["id"], "approve").json()
    found = company.query("SELECT proposal_id, id FROM tree_versions WHERE tree_id = %s", done["flow_id"])
    assert found == [(uuid.UUID(proposal["id"]), uuid.UUID(done["published_version_id"]))]


async def test_a_flow_that_was_edited_is_modified(
    client: TestClient, company: Company, proposal: dict[str, Any]
) -> None:
    edited = proposal["flow"] | {"name": "Label printer skips labels"}
    done = decide(client, company, proposal["id"], "approve", flow=edited).json()
    assert (done["status"], done["flow_name"]) == ("modified", "Label printer skips labels")


async def test_publishing_in_the_editor_approves(
    client: TestClient, company: Company, proposal: dict[str, Any]
) -> None:
    draft = decide(client, company, proposal["id"], "edit").json()
    editing = whole(client, company, proposal["id"])
    assert (editing["status"], draft["number"]) == ("pending", 1)
    flow_id = editing["draft_flow_id"]
    assert client.post(f"{FLOWS}/{flow_id}/publish", headers=company.headers()).status_code == 200
    assert whole(client, company, proposal["id"])["status"] == "approved"


async def test_saving_another_draft_and_publishing_it_is_modified(
    client: TestClient, company: Company, proposal: dict[str, Any]
) -> None:
    decide(client, company, proposal["id"], "edit")
    flow_id = whole(client, company, proposal["id"])["draft_flow_id"]
    url = f"{FLOWS}/{flow_id}"
    saved = client.put(f"{url}/draft", headers=company.headers(), json=proposal["flow"] | {"tree": PRINTER})
    assert saved.status_code == 200, saved.text
    assert client.post(f"{url}/publish", headers=company.headers()).status_code == 200
    assert whole(client, company, proposal["id"])["status"] == "modified"


async def test_editing_again_opens_the_same_draft(
    client: TestClient, company: Company, proposal: dict[str, Any]
) -> None:
    first, second = (decide(client, company, proposal["id"], "edit").json() for _ in range(2))
    assert first == second


async def test_a_draft_that_was_deleted_leaves_the_proposal_pending(
    client: TestClient, company: Company, proposal: dict[str, Any]
) -> None:
    decide(client, company, proposal["id"], "edit")
    flow_id = whole(client, company, proposal["id"])["draft_flow_id"]
    assert client.delete(f"{FLOWS}/{flow_id}", headers=company.headers()).status_code == 204
    again = whole(client, company, proposal["id"])
    assert (again["status"], again["draft_flow_id"]) == ("pending", None)
    assert decide(client, company, proposal["id"], "approve").status_code == 200


async def test_an_open_question_cannot_be_published(
    client: TestClient, company: Company, database: Database
) -> None:
    for notes, solved in (
        (["Changed the roll"], "New roll of labels"),
        (["Opened the lid"], "Closed the lid firmly"),
    ):
        await solve(client, company, database, TIMES[0][0], notes, solved)
    found = proposals(client, company)
    assert [one["session_count"] for one in found] == [2]
    refused = decide(client, company, found[0]["id"], "approve")
    assert refused.status_code == 409
    assert "is not worded yet" in refused.json()["detail"]
    assert whole(client, company, found[0]["id"])["status"] == "pending"


async def test_a_change_is_published_as_a_version_of_its_flow(
    client: TestClient, company: Company, change: dict[str, Any]
) -> None:
    done = decide(client, company, change["id"], "approve", based_on=change["based_on_id"])
    assert done.status_code == 200, done.text
    published = flow(client, company, change["flow_id"])
    assert published["published_version"] == 2
    labels = [choice["label"] for choice in published["published"]["tree"]["nodes"]["power"]["choices"]]
    assert labels == ["Yes", "No", "It is in power saving mode"]


async def test_a_stale_approval_overwrites_nothing(
    client: TestClient, company: Company, change: dict[str, Any]
) -> None:
    """Somebody publishes the flow after the reviewer has read the change."""
    nodes = PRINTER["nodes"] | {"done": {"kind": "resolution", "text": "It prints, and the user knows."}}
    body = {"name": "Printer prints nothing", "tree": PRINTER | {"nodes": nodes}}
    url = f"{FLOWS}/{change['flow_id']}"
    assert client.put(f"{url}/draft", headers=company.headers(), json=body).status_code == 200
    assert client.post(f"{url}/publish", headers=company.headers()).status_code == 200

    refused = decide(client, company, change["id"], "approve", based_on=change["based_on_id"])
    assert (refused.status_code, flow(client, company, change["flow_id"])["published_version"]) == (409, 2)
    assert "Read the difference again" in refused.json()["detail"]

    fresh = whole(client, company, change["id"])
    assert [one["node"] for one in fresh["differences"]["changed"]] == ["power"]
    assert decide(client, company, change["id"], "approve", based_on=fresh["based_on_id"]).status_code == 200
    tree = flow(client, company, change["flow_id"])["published"]["tree"]
    assert tree["nodes"]["done"]["text"] == "It prints, and the user knows."


async def test_a_change_whose_place_is_gone_can_only_be_rejected(
    client: TestClient, company: Company, change: dict[str, Any]
) -> None:
    tree = {"root": "done", "nodes": {"done": PRINTER["nodes"]["done"]}}
    url = f"{FLOWS}/{change['flow_id']}"
    client.put(f"{url}/draft", headers=company.headers(), json={"name": "Printer prints nothing", "tree": tree})
    client.post(f"{url}/publish", headers=company.headers())
    refused = decide(client, company, change["id"], "approve", based_on=change["based_on_id"])
    assert "has no place in it" in refused.json()["detail"]
    assert decide(client, company, change["id"], "reject", reason="The flow is another now").status_code == 200


async def test_a_change_does_not_overwrite_somebodys_draft(
    client: TestClient, company: Company, change: dict[str, Any]
) -> None:
    url = f"{FLOWS}/{change['flow_id']}/draft"
    client.put(url, headers=company.headers(), json={"name": "Printer prints nothing", "tree": PRINTER})
    refused = decide(client, company, change["id"], "approve", based_on=change["based_on_id"])
    assert (refused.status_code, refused.json()["type"].endswith("flow-has-draft")) == (409, True)


async def test_what_was_rejected_is_not_proposed_again(
    client: TestClient, company: Company, database: Database, proposal: dict[str, Any]
) -> None:
    done = decide(client, company, proposal["id"], "reject", reason="A new printer comes tomorrow").json()
    assert (done["status"], done["reason"]) == ("rejected", "A new printer comes tomorrow")
    await solve(client, company, database, *TIMES[0])
    assert [(one["status"], one["session_count"]) for one in proposals(client, company)] == [("rejected", 4)]


async def test_what_was_decided_cannot_be_decided_again(
    client: TestClient, company: Company, proposal: dict[str, Any]
) -> None:
    decide(client, company, proposal["id"], "reject", reason="No")
    for verb, body in (("approve", {}), ("edit", {}), ("reject", {"reason": "x"}), ("put-off", {"until": None})):
        assert decide(client, company, proposal["id"], verb, **body).status_code == 409, verb


async def test_what_is_put_off_comes_back(client: TestClient, company: Company, proposal: dict[str, Any]) -> None:
    later = (now() + timedelta(days=7)).isoformat()
    done = decide(client, company, proposal["id"], "put-off", until=later).json()
    assert (done["status"], proposals(client, company, due=True)) == ("pending", [])
    decide(client, company, proposal["id"], "put-off", until=None)
    assert len(proposals(client, company, due=True)) == 1


@pytest.mark.parametrize("verb", ["approve", "edit", "reject", "put-off"])
async def test_engineers_do_not_decide(client: TestClient, company: Company, verb: str) -> None:
    refused = decide(client, company, str(uuid.uuid4()), verb, Role.ENGINEER, reason="x")
    assert refused.status_code == 403


async def test_engineers_do_not_read_them(client: TestClient, company: Company) -> None:
    assert client.get(PROPOSALS, headers=company.headers(Role.ENGINEER)).status_code == 403


async def test_a_reason_is_needed(client: TestClient, company: Company, proposal: dict[str, Any]) -> None:
    refused = decide(client, company, proposal["id"], "reject", reason=" ")
    assert refused.status_code == 422


async def test_decisions_are_in_the_audit_log(
    client: TestClient, company: Company, proposal: dict[str, Any]
) -> None:
    decide(client, company, proposal["id"], "approve")
    assert company.query("SELECT count(*) FROM audit_log WHERE action = 'proposal.approved'") == [(1,)]


async def test_the_dashboard_counts_them(
    client: TestClient, company: Company, database: Database, proposal: dict[str, Any]
) -> None:
    await solve(
        client, company, database, "Badge reader at the back door beeps", ["Held it longer"], "New battery"
    )
    decide(client, company, proposal["id"], "approve")
    report = client.get("/api/v1/analytics/flowpilot?period=30d", headers=company.headers()).json()
    counts = report["knowledge_coverage"]
    assert (counts["total_proposals_pending"], counts["proposals_approved_this_period"]) == (1, 1)


def _approve(client: TestClient, company: Company, change: dict[str, Any]) -> httpx2.Response:
    return decide(client, company, change["id"], "approve", based_on=change["based_on_id"])


async def test_a_publication_and_an_analysis_take_proposals_in_one_order(
    client: TestClient, company: Company, database: Database, change: dict[str, Any]
) -> None:
    """An analysis has the older of two changes, and wants the newer one, which is approved at that moment."""
    older = uuid.UUID(int=1 << 64 | company.id.int % (1 << 62))
    place = {"kind": "flow_change", "flow_id": uuid.UUID(change["flow_id"]), "node": "elsewhere"}
    company.add("flow_proposals", id=older, title="An older one", content={}, **place)
    waits = "SELECT 1 FROM pg_locks WHERE NOT granted"
    async with database.write(company.id) as db:
        await lock_proposal(db, company.id, older)
        approved = asyncio.create_task(asyncio.to_thread(_approve, client, company, change))
        while not await asyncio.to_thread(company.query, waits):
            assert not approved.done(), approved.result().text
        newer = select(FlowProposal.id).where(
            FlowProposal.account_id == company.id, FlowProposal.id == uuid.UUID(change["id"])
        )
        await db.execute(newer.with_for_update(key_share=True, nowait=True))
    done = await approved
    assert done.status_code == 200, done.text
