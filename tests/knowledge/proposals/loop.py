"""Sessions that no flow covers, solved by free text, and what they propose."""

import uuid
from collections.abc import Sequence
from typing import Any

import httpx2
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.knowledge.analysis import analyse
from flowpilot.knowledge.jobs import ANALYSE_JOB
from tests.company import Company
from tests.handoffs.helpers import act, join
from tests.repeats import repeated_later
from tests.sessions.flows import post, start, take
from tests.sessions.queue import waiting

PROPOSALS = "/api/v1/proposals"

# A problem that no flow covers, as three people described and solved it.
TIMES: tuple[tuple[str, Sequence[str], str], ...] = (
    (
        "Label printer in the warehouse feeds three blank labels after each one",
        ["Cleaned the label sensor with compressed air"],
        "Ran the media calibration from the printer menu",
    ),
    (
        "Warehouse label printer skips: blank labels between the printed ones",
        ["Cleaned label sensor with compressed air", "Changed the roll"],
        "Media calibration from the printer menu",
    ),
    (
        "Blank labels come out of the label printer, warehouse says it skips labels",
        [],
        "Ran media calibration in the menu of the printer",
    ),
)


async def solve(
    client: TestClient,
    company: Company,
    database: Database,
    problem: str,
    notes: Sequence[str] = (),
    solved: str = "Ran the media calibration",
    **about: Any,
) -> str:
    """A session from its beginning to its end and its analysis. Returns its id."""
    session_id: str = start(client, company, problem_summary=problem, **about)["id"]
    for text in notes:
        take(client, company, session_id, free_text=text)
    await resolve(client, company, database, session_id, solved)
    return session_id


async def resolve(
    client: TestClient,
    company: Company,
    database: Database,
    session_id: str,
    solved: str,
    role: Role = Role.ENGINEER,
) -> None:
    """Write down what solved it, and let it be analysed."""
    done = post(client, company, f"{session_id}/resolve", role, summary=solved)
    assert done.status_code == 200, done.text
    await run_analysis(company, database)


async def run_analysis(company: Company, database: Database) -> None:
    """What the job does for each session that waits for it."""
    for arguments, _ in waiting(company, ANALYSE_JOB):
        async with database.write(company.id) as db:
            await analyse(db, company.id, [uuid.UUID(arguments["session_id"])], now())


async def solve_all(client: TestClient, company: Company, database: Database) -> list[str]:
    """The three sessions, solved one after the other."""
    what = ["three solved sessions"]
    return await repeated_later(company, client.app, what, lambda: _solve_all(client, company, database))


async def _solve_all(client: TestClient, company: Company, database: Database) -> list[str]:
    return [await solve(client, company, database, *one) for one in TIMES]


def decide(
    client: TestClient, company: Company, proposal_id: str, verb: str, role: Role = Role.TEAM_ADMIN, **body: Any
) -> httpx2.Response:
    """Send a reviewer's decision."""
    return client.post(f"{PROPOSALS}/{proposal_id}/{verb}", headers=company.headers(role), json=body)


def proposals(client: TestClient, company: Company, **query: Any) -> list[dict[str, Any]]:
    """The account's proposals, oldest first."""
    listed = client.get(PROPOSALS, headers=company.headers(), params=query)
    assert listed.status_code == 200, listed.text
    items: list[dict[str, Any]] = listed.json()["items"]
    return items


def whole(client: TestClient, company: Company, proposal_id: str) -> dict[str, Any]:
    """One proposal."""
    read = client.get(f"{PROPOSALS}/{proposal_id}", headers=company.headers())
    assert read.status_code == 200, read.text
    found: dict[str, Any] = read.json()
    return found


def _ok(answer: Any) -> dict[str, Any]:
    """The body of an answer that says yes."""
    assert answer.status_code in {200, 201}, answer.text
    body: dict[str, Any] = answer.json()
    return body


def handed_over(client: TestClient, company: Company, *did: str) -> str:
    """A session that got stuck at the print queue; then these things were done."""
    session_id: str = start(client, company)["id"]
    take(client, company, session_id, choice="Yes")
    kim = join(client, company, f"Kim {session_id}")
    sent = _ok(post(client, company, f"{session_id}/handoffs", reason="Still nothing"))
    _ok(act(client, sent, "claim", kim.headers))
    for text in did:
        step = {"free_text": text}
        _ok(client.post(f"/api/v1/ai-sessions/{session_id}/steps", headers=kim.headers, json=step))
    return session_id
