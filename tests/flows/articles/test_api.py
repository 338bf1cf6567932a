"""The route that makes a draft of an article, and how long the article is kept."""

from typing import Any

import httpx2
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.flows.articles.documents import document, paragraph
from tests.flows.articles.samples import HTML
from tests.flows.samples import FLOWS, body, get, post, save

STEPS = "# Phone is locked\n\n1. Restart it."
SOURCE = "Phone is locked\n\n1. Restart it."


def _send(client: TestClient, company: Company, **sent: Any) -> httpx2.Response:
    return client.post(f"{FLOWS}/from-article", headers=company.headers(Role.TEAM_ADMIN), **sent)


def _made(client: TestClient, company: Company) -> str:
    answer = _send(client, company, files={"file": ("phone.md", STEPS.encode())})
    assert answer.status_code == 201, answer.text
    flow_id: str = answer.json()["id"]
    return flow_id


def test_a_file_becomes_a_draft_beside_its_source(client: TestClient, company: Company) -> None:
    flow = get(client, company, f"/{_made(client, company)}")
    assert (flow["name"], flow["state"], flow["origin"]) == ("Phone is locked", "draft", "manual")
    assert flow["published"] is None
    assert flow["draft"]["source"] == SOURCE
    assert flow["draft"]["tree"]["nodes"]["step-1"]["text"] == "Restart it."


def test_a_word_file_becomes_a_draft(client: TestClient, company: Company) -> None:
    content = document(paragraph("Phone is locked", "Titel"), paragraph("Restart it.", "Steps"))
    answer = _send(client, company, files={"file": ("phone.docx", content)})
    assert (answer.status_code, answer.json()["draft"]["source"]) == (201, SOURCE)


def test_pasted_text_becomes_a_draft(client: TestClient, company: Company) -> None:
    answer = _send(client, company, data={"text": HTML, "format": "html"})
    assert (answer.status_code, answer.json()["name"]) == (201, "Mailbox is full")


def test_the_source_stays_when_the_draft_is_saved(client: TestClient, company: Company) -> None:
    flow_id = _made(client, company)
    assert save(client, company, flow_id).json()["source"] == SOURCE


def test_publishing_removes_the_source(client: TestClient, company: Company) -> None:
    flow_id = _made(client, company)
    assert post(client, company, f"/{flow_id}/publish").status_code == 200
    assert company.query("SELECT source FROM tree_versions") == [(None,)]


def test_deleting_the_flow_removes_the_source(client: TestClient, company: Company) -> None:
    flow_id = _made(client, company)
    assert client.delete(f"{FLOWS}/{flow_id}", headers=company.headers(Role.TEAM_ADMIN)).status_code == 204
    assert company.query("SELECT source FROM tree_versions") == [(None,)]


def test_a_flow_of_the_same_name_is_not_overwritten(client: TestClient, company: Company) -> None:
    assert post(client, company, **body(name="Phone is locked")).status_code == 201
    answer = _send(client, company, data={"text": STEPS})
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "flow-name-taken")


def test_the_same_key_creates_once(client: TestClient, company: Company) -> None:
    headers = company.headers(Role.TEAM_ADMIN) | {"Idempotency-Key": "one"}
    made = [client.post(f"{FLOWS}/from-article", headers=headers, data={"text": STEPS}).json() for _ in range(2)]
    assert made[0] == made[1]


def test_nothing_sent_and_an_unknown_field_are_refused(client: TestClient, company: Company) -> None:
    empty = _send(client, company, data={"text": " "})
    assert (empty.status_code, empty.json()["detail"]) == (422, "Choose a file, or paste the article.")
    assert _send(client, company, data={"text": STEPS, "fromat": "html"}).status_code == 422
