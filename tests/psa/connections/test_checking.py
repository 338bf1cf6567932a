"""A check names what is missing, keeps it with the connection, and reads who works there."""

import logging

import pytest
from fastapi.testclient import TestClient

from tests.company import Company
from tests.psa.desk import TOKEN, Desk
from tests.psa.fixtures import CONNECTIONS, Connect

MEMBERS = "/api/v1/psa/members"


@pytest.fixture
def path(connect: Connect) -> str:
    return f"{CONNECTIONS}/{connect()['id']}"


def test_all_is_well(open_client: TestClient, company: Company, desk: Desk, path: str) -> None:
    desk.shows["members"] = [{"id": "7", "name": "Alex"}]
    checked = open_client.post(f"{path}/check", headers=company.headers()).json()
    assert checked == {"ok": True, "findings": [{"level": "ok", "text": "All rights are there."}]}
    (shown,) = open_client.get(CONNECTIONS, headers=company.headers()).json()["items"]
    assert shown["check"] == checked
    assert shown["checked_at"] is not None
    members = open_client.get(MEMBERS, headers=company.headers()).json()["items"]
    assert [(member["external_id"], member["name"]) for member in members] == [("7", "Alex")]


@pytest.mark.parametrize(
    "change", ["base_url = 'https://new.example'", "credentials_encrypted = 'x'", "settings = '{\"a\": 1}'"]
)
def test_what_was_found_of_a_connection_that_has_changed_meanwhile_is_not_kept(
    open_client: TestClient, company: Company, desk: Desk, path: str, change: str
) -> None:
    company.query("UPDATE psa_connections SET findings = NULL, checked_at = NULL RETURNING 1")
    desk.shows["members"] = [{"id": "7", "name": "Alex"}]
    desk.meanwhile = lambda: company.query(f"UPDATE psa_connections SET {change} RETURNING 1")
    open_client.post(f"{path}/check", headers=company.headers())
    assert company.query("SELECT findings, checked_at FROM psa_connections") == [(None, None)]
    assert company.query("SELECT 1 FROM psa_members") == []


def test_each_missing_right_is_an_error(open_client: TestClient, company: Company, desk: Desk, path: str) -> None:
    desk.shows["rights"] = ["read tickets", "book time"]
    checked = open_client.post(f"{path}/check", headers=company.headers()).json()
    assert checked == {
        "ok": False,
        "findings": [
            {"level": "error", "text": "The right to read tickets is missing."},
            {"level": "error", "text": "The right to book time is missing."},
        ],
    }


def test_an_answer_that_cannot_be_read_is_an_error_and_no_failure(
    open_client: TestClient, company: Company, desk: Desk, path: str
) -> None:
    desk.shows["members"] = [{"name": "Nobody"}]
    checked = open_client.post(f"{path}/check", headers=company.headers())
    assert checked.status_code == 200
    assert checked.json()["ok"] is False
    assert "gave an answer that FlowPilot cannot read" in checked.json()["findings"][0]["text"]


def test_credentials_that_are_not_accepted_are_an_error_and_no_more(
    open_client: TestClient, company: Company, desk: Desk, path: str
) -> None:
    desk.token = "another"
    checked = open_client.post(f"{path}/check", headers=company.headers()).json()
    assert checked["ok"] is False
    assert "does not accept the credentials" in checked["findings"][0]["text"]
    (shown,) = open_client.get(CONNECTIONS, headers=company.headers()).json()["items"]
    assert shown["pause_kind"] is None


def test_a_private_address_that_is_allowed_no_more_names_the_setting(
    client: TestClient, company: Company, path: str
) -> None:
    """The operator of this client allows none."""
    checked = client.post(f"{path}/check", headers=company.headers()).json()
    assert "FLOWPILOT_ALLOWED_PRIVATE_NETWORKS" in checked["findings"][0]["text"]


def test_nothing_secret_and_no_word_of_a_ticket_is_written_down(
    open_client: TestClient,
    company: Company,
    desk: Desk,
    path: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    open_client.post(f"{path}/check", headers=company.headers())
    open_client.get("/api/v1/psa/boards", headers=company.headers())
    desk.token = "another"
    open_client.post(f"{path}/check", headers=company.headers())
    open_client.get("/api/v1/psa/boards", headers=company.headers())
    open_client.patch(path, json={"credentials": {"token": "SECRET-new"}}, headers=company.headers())
    open_client.get("/api/v1/psa/tickets?q=Wordsoftheticket", headers=company.headers())
    stored = company.query("SELECT row_to_json(t)::text FROM audit_log t")
    stored += company.query("SELECT row_to_json(t)::text FROM psa_connections t")
    # The browser of the tests logs its own requests.
    logged = [line for line in caplog.text.splitlines() if "//testserver/" not in line]
    written = "".join([*logged, *(row[0] for row in stored)])
    assert TOKEN not in written
    assert "SECRET" not in written
    assert "Wordsoftheticket" not in written


def test_what_was_found_says_nothing_of_other_credentials(
    open_client: TestClient, company: Company, path: str
) -> None:
    open_client.post(f"{path}/check", headers=company.headers())
    changed = open_client.patch(path, json={"credentials": {"token": "newer"}}, headers=company.headers()).json()
    assert (changed["check"], changed["checked_at"]) == (None, None)
