"""Which flows a problem text matches by its words alone, and with which reasons."""

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.flows.importing import install_shipped
from flowpilot.flows.matching.confidence import SURE
from flowpilot.flows.matching.match import FLOOR, Candidate, match
from flowpilot.flows.shipped import shipped_flows
from flowpilot.identity.actor import Role
from tests.company import Company, found_company, run
from tests.flows.samples import FLOWS, post, publish

pytestmark = pytest.mark.anyio

CLEAR = {
    "The printer on the second floor is offline, the print queue is stuck": "printer",
    "I forgot my password and need a password reset": "password-and-mfa",
    "The account is locked out again, too many attempts": "account-lockout",
    "VPN does not connect from my home office": "vpn",
    "Outlook asks for the password all the time": "outlook-password-prompts",
    "The disk is full, low disk space on drive C": "disk-full",
    "My computer is slow and takes ages to start": "slow-pc",
    "Veeam backup job failed last night": "backup-failure",
    "OneDrive does not sync my files": "onedrive-sync",
    "I clicked a link in a phishing mail and entered my password": "phishing-report",
}
NOTHING = [
    "Hello",
    "Hi team, please call me back, thanks",
    "Dear support team please call me back",
    "it does not work",
    "I have a problem, can you please help me?",
    "The coffee machine in the kitchen is leaking",
    "asdf qwer",
]


@pytest.fixture(scope="module")
def library(urls: DatabaseUrls) -> Company:
    """An account with the shipped flows, which no test changes."""
    company = found_company(urls)

    async def install(database: Database) -> None:
        async with database.write(company.id) as db:
            await install_shipped(db, company.id, None, now())

    run(urls, install)
    return company


async def _match(database: Database, company: Company, text: str, **more: Any) -> list[Candidate]:
    async with database.read(company.id) as db:
        more = {"domain": None, "now": now(), "by_meaning": False} | more
        return await match(db, company.id, text, **more)


def _slug(candidate: Candidate) -> str:
    return next(slug for slug, flow in shipped_flows().items() if flow.name == candidate.name)


@pytest.mark.parametrize("text", CLEAR)
async def test_a_clear_text_finds_its_flow(database: Database, library: Company, text: str) -> None:
    best = (await _match(database, library, text))[0]
    assert (_slug(best), best.tier) == (CLEAR[text], "guided")
    assert best.confidence >= 0.8


@pytest.mark.parametrize("text", NOTHING)
async def test_a_problem_of_no_flow_is_left_to_discovery(database: Database, library: Company, text: str) -> None:
    assert all(candidate.tier == "discovery" for candidate in await _match(database, library, text))


@pytest.mark.parametrize("text", ["", "  \n", "?!", "\x00", "\ud800", "the of and", "'", "\\", ":*&|!()<->"])
async def test_a_text_without_words_matches_nothing(database: Database, library: Company, text: str) -> None:
    assert await _match(database, library, text) == []


async def test_a_greeting_takes_nothing_of_the_problem_with_it(database: Database, library: Company) -> None:
    plain = await _match(database, library, "the printer is offline.")
    assert await _match(database, library, "Hello the printer is offline.") == plain
    assert await _match(database, library, "Hi IT team the printer is offline.") == plain


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("outlok asks for pasword", "outlook-password-prompts"),
        ("The kyocera is offline", "printer"),
        ("forticlient does not connect", "vpn"),
        ("cannot reach my wlan", "wifi"),
    ],
)
async def test_mistyped_words_and_other_names_are_understood(
    database: Database, library: Company, text: str, slug: str
) -> None:
    assert _slug((await _match(database, library, text))[0]) == slug


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("no internet", ["site-no-internet"]),
        ("user locked out", ["account-lockout"]),
        ("can't log in to my computer", ["account-lockout", "password-and-mfa"]),
        ("pritner", ["printer"]),
        ("outllok asks pasword", ["outlook-password-prompts"]),
        ("Drucker druckt nicht", ["printer"]),
        ("mot de passe oublié", ["password-and-mfa"]),
        ("la impresora no imprime", ["printer"]),
        ("WLAN-Verbindung weg im Besprechungszimmer", ["wifi"]),
    ],
)
async def test_short_and_foreign_texts_find_their_flow(
    database: Database, library: Company, text: str, slugs: list[str]
) -> None:
    found = await _match(database, library, text)
    assert found
    assert _slug(found[0]) in slugs


async def test_where_it_happens_is_beside_the_point(database: Database, library: Company) -> None:
    plain, aside = [
        (await _match(database, library, text))[0] for text in ("VPN not working", "VPN not working on my laptop")
    ]
    assert _slug(plain) == _slug(aside) == "vpn"
    assert aside.confidence == pytest.approx(plain.confidence, abs=0.05)


@pytest.mark.parametrize("text", ["conference room projector went black", "When do we get the new office chairs?"])
async def test_what_no_flow_is_about_begins_in_none(database: Database, library: Company, text: str) -> None:
    found = await _match(database, library, text)
    assert all(candidate.confidence < SURE for candidate in found)


async def test_candidates_come_surest_first_and_not_below_the_floor(database: Database, library: Company) -> None:
    found = await _match(database, library, "printer or wifi or vpn", limit=20)
    sure = [candidate.confidence for candidate in found]
    assert sure == sorted(sure, reverse=True)
    assert len(found) > 1
    assert min(sure) >= FLOOR
    assert await _match(database, library, "printer or wifi or vpn", limit=1) == found[:1]


async def test_the_words_that_matched_are_named(client: TestClient, database: Database, company: Company) -> None:
    flow_id = publish(client, company)
    [found] = await _match(database, company, "Hello, our PRINTER is always offline!")
    [(version_id,)] = company.query("SELECT id FROM tree_versions")
    assert (found.flow_id, found.version_id) == (uuid.UUID(flow_id), version_id)
    assert (found.name, found.category) == ("Printer is offline", "Printing")
    assert found.reason == 'Matches "printer", "offline"; no finished session in 90 days'


def _work(company: Company, flow_id: str, days_ago: float = 1, **counts: int) -> None:
    for status, count in counts.items():
        for _ in range(count):
            at = now() - timedelta(days=days_ago)
            company.add("ai_sessions", matched_flow_id=flow_id, status=status, created_at=at)


async def test_how_the_flow_has_done_is_said(client: TestClient, database: Database, company: Company) -> None:
    flow_id = publish(client, company)
    _work(company, flow_id, resolved=4, abandoned=1)
    # Those whose end is not known, or long ago, say nothing of it.
    _work(company, flow_id, active=2, paused=1, escalated=1, requesting_escalation=1)
    _work(company, flow_id, days_ago=91, resolved=3)
    _work(company, flow_id, days_ago=-1, resolved=3)
    [found] = await _match(database, company, "printer offline")
    assert found.reason == 'Matches "printer", "offline"; resolved 4 of 5 finished sessions in 90 days'


async def test_one_session_is_said_so(client: TestClient, database: Database, company: Company) -> None:
    _work(company, publish(client, company), resolved=1)
    [found] = await _match(database, company, "printer offline")
    assert found.reason.endswith("; resolved 1 of 1 finished session in 90 days")


async def test_only_the_latest_sessions_count(client: TestClient, database: Database, company: Company) -> None:
    flow_id = publish(client, company)
    _work(company, flow_id, days_ago=20, abandoned=10)
    _work(company, flow_id, resolved=95)
    [found] = await _match(database, company, "printer offline")
    assert found.reason.endswith("; resolved 95 of its last 100 finished sessions")


async def test_the_domain_speaks_for_its_flows(client: TestClient, database: Database, company: Company) -> None:
    publish(client, company)
    [without] = await _match(database, company, "the printer")
    [known] = await _match(database, company, "the printer", domain=" PRINTING ")
    assert known.confidence > without.confidence
    assert known.reason == 'Matches "printer"; is about Printing; no finished session in 90 days'


async def test_the_flow_that_does_better_comes_first(
    client: TestClient, database: Database, company: Company
) -> None:
    flows = [
        publish(client, company, name=name, keywords=["printer offline"]) for name in ("Printer A", "Printer B")
    ]
    assert [c.name for c in await _match(database, company, "printer offline")] == ["Printer A", "Printer B"]
    _work(company, flows[0], resolved=5, abandoned=25)
    _work(company, flows[1], resolved=25, abandoned=5)
    assert [c.name for c in await _match(database, company, "printer offline")] == ["Printer B", "Printer A"]


async def test_a_day_of_handovers_changes_no_confidence(
    client: TestClient, database: Database, company: Company
) -> None:
    flows = [
        publish(client, company, name=name, keywords=["printer offline"]) for name in ("Printer A", "Printer B")
    ]
    _work(company, flows[0], resolved=20, abandoned=10)
    _work(company, flows[1], resolved=20, abandoned=11)
    before = await _match(database, company, "printer offline")
    _work(company, flows[0], requesting_escalation=25, escalated=25)
    assert await _match(database, company, "printer offline") == before


async def test_only_what_is_published_is_matched(client: TestClient, database: Database, company: Company) -> None:
    post(client, company, name="Printer draft", keywords=["printer offline"], tree={"root": "a", "nodes": {}})
    retired = publish(client, company, name="Printer retired")
    post(client, company, f"/{retired}/retire")
    deleted = publish(client, company, name="Printer deleted")
    client.delete(f"{FLOWS}/{deleted}", headers=company.headers())
    assert await _match(database, company, "printer offline") == []
    post(client, company, f"/{retired}/restore")
    assert [c.name for c in await _match(database, company, "printer offline")] == ["Printer retired"]


async def test_a_neighbours_flows_are_not_matched(
    client: TestClient, database: Database, company: Company, neighbour: Company
) -> None:
    publish(client, neighbour)
    assert await _match(database, company, "printer offline") == []


async def test_it_is_two_statements_once_the_library_is_in_memory(database: Database, library: Company) -> None:
    await _match(database, library, "printer offline")
    sent: list[str] = []
    listening = (database.engine.sync_engine, "before_cursor_execute", lambda *event: sent.append(event[2]))
    async with database.read(library.id) as db:
        await db.connection()
        event.listen(*listening)
        await match(db, library.id, "printer offline", domain="printing", now=now(), by_meaning=True)
        event.remove(*listening)
    assert len(sent) == 2


async def test_a_very_long_text_is_not_slow(database: Database, library: Company) -> None:
    text = "The printer is offline. " + " ".join(f"word{number} offline" for number in range(10_000))
    started = time.perf_counter()
    found = await _match(database, library, text)
    assert time.perf_counter() - started < 2
    assert _slug(found[0]) == "printer"


def test_the_route_gives_candidates(client: TestClient, company: Company) -> None:
    publish(client, company)
    answer = post(client, company, "/match", Role.ENGINEER, text="printer offline", domain="Printing", limit=1)
    [found] = answer.json()["candidates"]
    assert set(found) == {
        "flow_id",
        "version_id",
        "name",
        "category",
        "confidence",
        "tier",
        "reason",
        "doubted_since",
    }
    assert (found["name"], found["tier"]) == ("Printer is offline", "guided")


@pytest.mark.parametrize("sent", [{}, {"text": 1}, {"text": "x", "limit": 0}, {"text": "x", "limit": 21}])
def test_a_question_that_makes_no_sense_is_a_422(
    client: TestClient, company: Company, sent: dict[str, Any]
) -> None:
    assert post(client, company, "/match", **sent).status_code == 422
