"""Texts that mean the same find a flow without a word in common, and flows keep what they mean."""

from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.flows.importing import install_shipped
from flowpilot.flows.matching.index import index_missing
from flowpilot.flows.matching.match import Candidate, match
from flowpilot.flows.matching.meaning import embed, from_bytes, likenesses, model, to_bytes
from flowpilot.flows.matching.meanings import FILL_JOB, Meanings, meanings
from flowpilot.flows.shipped import shipped_flows
from flowpilot.settings import Settings
from tests.company import Company, found_company, run
from tests.flows.samples import publish
from tests.sessions.queue import waiting, work_off

pytestmark = pytest.mark.anyio

_FORGET = text("DELETE FROM flow_meanings WHERE account_id = :account_id")

FOREIGN = {
    "druckt nur noch Hieroglyphen": "printer",
    "ordi trés lent": "slow-pc",
    "me salen anuncios por todos lados cuando navego": "browser",
    "no internet": "site-no-internet",
    "VPN not working on my laptop": "vpn",
    "user locked out": "account-lockout",
}


@pytest.fixture(scope="module")
def library(urls: DatabaseUrls) -> Company:
    """An account with the shipped flows, which no test changes."""
    company = found_company(urls)

    async def install(database: Database) -> None:
        async with database.write(company.id) as db:
            await install_shipped(db, company.id, None, now())

    run(urls, install)
    return company


async def _match(database: Database, company: Company, said: str) -> list[Candidate]:
    async with database.read(company.id) as db:
        return await match(db, company.id, said, domain=None, now=now())


@pytest.mark.parametrize("said", FOREIGN)
async def test_a_short_or_foreign_text_finds_its_flow(database: Database, library: Company, said: str) -> None:
    best = (await _match(database, library, said))[0]
    assert next(slug for slug, flow in shipped_flows().items() if flow.name == best.name) == FOREIGN[said]


@pytest.mark.parametrize(
    "said",
    [
        "three new chairs for the reception, please",
        "Wer ist bei euch unser Ansprechpartner für Verträge?",
        "la machine à café est en panne",
        "¿nos podéis mandar un presupuesto?",
        "l'ascensore è fermo",
    ],
)
async def test_what_no_flow_is_about_is_left_to_discovery(database: Database, library: Company, said: str) -> None:
    assert all(candidate.tier == "discovery" for candidate in await _match(database, library, said))


@pytest.mark.parametrize("said", ["", "the of and", "\ud800", "?!", "\x00"])
async def test_a_text_without_words_means_nothing(database: Database, library: Company, said: str) -> None:
    assert await _match(database, library, said) == []


async def test_the_reason_names_the_keyword_that_was_meant(
    client: TestClient, database: Database, company: Company
) -> None:
    publish(client, company, keywords=["printer offline", "paper is stuck"])
    [found] = await _match(database, company, "le papier est coincé")
    assert found.reason == 'Matches "papier"; means about "paper is stuck"; no finished session in 90 days'


async def test_what_is_missing_is_made_once(client: TestClient, database: Database, company: Company) -> None:
    publish(client, company)
    [(made,)] = company.query("SELECT model FROM flow_meanings")
    assert made == model()
    async with database.write(company.id) as db:
        assert await index_missing(db, company.id) == 0
    async with database.write(company.id) as db:
        await db.execute(_FORGET, {"account_id": company.id})
    by_words = await _match(database, company, "printer offline")
    async with database.write(company.id) as db:
        assert await index_missing(db, company.id) == 1
    with_meaning = await _match(database, company, "printer offline")
    assert ("means" in by_words[0].reason, "means" in with_meaning[0].reason) == (False, True)


def test_a_flow_is_as_like_a_text_as_its_best_two_lines_are() -> None:
    vectors = np.array([[0.2], [0.9], [0.4], [0.5], [0.3]], dtype=np.float32)
    alike, best, nearest = likenesses(vectors, np.array([0, 0, 0, 0, 1]), np.array([1.0], dtype=np.float32))
    assert alike == pytest.approx([0.7, 0.3])
    assert (best.tolist(), nearest.tolist()) == ([1, 4], pytest.approx([0.9, 0.3]))


def test_vectors_are_kept_as_they_were() -> None:
    vectors = embed(["printer is offline", "l'imprimante est hors ligne"])
    assert from_bytes(to_bytes(vectors)) == pytest.approx(vectors, abs=1e-3)
    assert float(vectors[0] @ vectors[1]) > 0.6


async def _known(database: Database, company: Company) -> Meanings:
    async with database.read(company.id) as db:
        return await meanings(db, company.id)


async def test_what_is_missing_is_made_after_the_next_session_begins(
    client: TestClient, database: Database, settings: Settings, company: Company
) -> None:
    publish(client, company)
    async with database.write(company.id) as db:
        await db.execute(_FORGET, {"account_id": company.id})
    assert await _known(database, company) == Meanings(model(), 1, 0)
    begin: dict[str, Any] = {"json": {"problem_summary": "printer offline"}, "headers": company.headers()}
    assert client.post("/api/v1/ai-sessions", **begin).status_code == 201
    assert len(waiting(company, FILL_JOB)) == 1
    await work_off(company, settings, database)
    assert await _known(database, company) == Meanings(model(), 1, 1)
    assert client.post("/api/v1/ai-sessions", **begin).status_code == 201
    assert waiting(company, FILL_JOB) == []
