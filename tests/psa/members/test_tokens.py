"""Tokens of members' own, in a real Request Tracker: what is theirs is written with it, or waits."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from flowpilot.worker import work
from tests.company import PASSWORD, Company
from tests.psa.desk import Desk as SmallDesk
from tests.psa.fixtures import CONNECTIONS, Connect
from tests.psa.servers.request_tracker import Desk, request_tracker
from tests.sessions.postings.connected import Connected
from tests.web.conftest import new_browser
from tests.web.forms import send

pytestmark = pytest.mark.anyio

MEMBERS, OWN_TOKEN = "/api/v1/psa/members", "/api/v1/psa/own-token"


@pytest.fixture(scope="module")
def tracker(run_directory: Path) -> Iterator[Desk]:
    with request_tracker(run_directory) as server:
        yield Desk(server)


class Office:
    """A company whose engineer is Alex there, and whose team admin is Kim."""

    def __init__(self, client: TestClient, company: Company, tracker: Desk) -> None:
        self.client, self.company, self.tracker = client, company, tracker
        self.desk = Connected(client, company)
        body = {"provider": "request_tracker", "name": "The tracker", "base_url": tracker.server.url}
        token = {"credentials": {"token": tracker.server.tokens["flowpilot"]}}
        made = self.desk.ask("POST", CONNECTIONS, body | token, role=Role.OWNER, expect=201)
        self.path = f"{CONNECTIONS}/{made['id']}"
        self.desk.ask("POST", f"{self.path}/check", role=Role.OWNER)
        for name, role in (("alex", Role.ENGINEER), ("kim", Role.TEAM_ADMIN)):
            self.put(f"{MEMBERS}/{name}", {"user_id": str(company.users[role])}, role=Role.OWNER)

    def put(self, path: str, body: Any, role: Role = Role.ENGINEER) -> httpx2.Response:
        return self.client.put(path, json=body, headers=self.company.headers(role))

    def enter(self, whose: str, role: Role = Role.ENGINEER) -> httpx2.Response:
        return self.put(OWN_TOKEN, {"token": self.tracker.server.tokens[whose]}, role)

    def own(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.desk.ask("GET", OWN_TOKEN)
        return shown


@pytest.fixture
def office(open_client: TestClient, company: Company, tracker: Desk) -> Office:
    return Office(open_client, company, tracker)


@pytest.fixture
def works(open_settings: Settings, urls: DatabaseUrls, database: Database) -> Any:
    async def works() -> None:
        await work(open_settings, urls.runtime, database, until_idle=True)

    return works


async def test_note_and_time_are_their_own_and_everybody_elses_are_flowpilots(office: Office, works: Any) -> None:
    assert office.enter("alex").status_code == 204
    ticket = office.tracker.new_ticket()
    session = office.desk.session(psa_ticket_id=ticket)
    office.desk.note(session, "Is there a spare one?", Role.TEAM_ADMIN)
    office.desk.resolve(session)
    await works()
    alexs, kims = office.tracker.stored(ticket)
    assert (alexs.member, alexs.minutes) == ("alex", 1)
    assert "A new fuse." in alexs.text
    assert (kims.member, kims.minutes, kims.text.splitlines()[0]) == ("flowpilot", 1, f"{_kim(office)}: 1 min")
    assert {step["state"] for step in office.desk.postings(session)[0]["steps"]} == {"confirmed"}


async def test_once_it_is_refused_what_is_theirs_waits_until_they_act(office: Office, works: Any) -> None:
    assert office.enter("alex").status_code == 204
    ticket = office.tracker.new_ticket()
    session = office.desk.session(psa_ticket_id=ticket)
    office.desk.resolve(session)
    with _revoked(office.tracker, "alex"):
        await works()
    (posting,) = office.desk.postings(session)
    assert {step["state"] for step in posting["steps"]} == {"queued"}
    assert posting["reason"].endswith("own token. Enter it again or remove it.")
    assert office.own()["token_refused_at"] is not None
    assert office.company.query("SELECT paused_at FROM psa_connections") == [(None,)]
    assert office.tracker.stored(ticket) == []
    assert office.enter("alex").status_code == 204
    office.desk.ask("POST", f"/api/v1/psa/postings/{posting['id']}/retry")
    await works()
    assert [one.member for one in office.tracker.stored(ticket)] == ["alex"]


async def test_a_token_is_never_shown_and_goes_with_its_owner(office: Office) -> None:
    assert office.enter("alex").status_code == 204
    shown = office.desk.ask("GET", MEMBERS, role=Role.OWNER)
    assert {one["external_id"]: one["has_token"] for one in shown["items"]}["alex"] is True
    assert office.tracker.server.tokens["alex"] not in str(shown)
    assert office.own() == {
        "takes_tokens": True,
        "connection_name": "The tracker",
        "member_name": "Alex Novak",
        "has_token": True,
        "token_refused_at": None,
    }
    owner = str(office.company.users[Role.OWNER])
    assert office.put(f"{MEMBERS}/alex", {"user_id": owner}, Role.OWNER).status_code == 204
    assert office.company.query("SELECT external_id FROM psa_members WHERE token_encrypted IS NOT NULL") == []


async def test_a_token_of_somebody_else_or_of_nobody_is_refused_at_its_field(office: Office) -> None:
    for token, words in ((office.tracker.server.tokens["kim"], "belongs to kim"), ("1-1-x", "does not accept")):
        answer = office.put(OWN_TOKEN, {"token": token})
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert error["field"] == "body.token"
        assert words in error["message"]
        assert token not in answer.text
    assert office.own()["has_token"] is False


async def test_an_admin_enters_and_removes_it_for_a_member(office: Office) -> None:
    kim, token = str(office.company.users[Role.TEAM_ADMIN]), office.tracker.server.tokens["kim"]
    for body, has_token in (({"token": token}, True), ({}, True), ({"token": None}, False)):
        assert office.put(f"{MEMBERS}/kim", {"user_id": kim} | body, Role.OWNER).status_code == 204
        stored = "SELECT token_encrypted IS NOT NULL FROM psa_members WHERE external_id = 'kim'"
        assert office.company.query(stored) == [(has_token,)]
    told = "SELECT action FROM audit_log WHERE action LIKE 'psa_member.token%%' ORDER BY id"
    assert office.company.query(told) == [("psa_member.token_set",), ("psa_member.token_removed",)]


async def test_tokens_are_not_sent_to_another_address(office: Office) -> None:
    assert office.enter("alex").status_code == 204
    change = {"base_url": f"http://127.0.0.2:{office.tracker.port}", "credentials": {"token": "1-2-x"}}
    office.desk.ask("PATCH", office.path, {**change, "same_system": True}, role=Role.OWNER)
    assert office.own()["has_token"] is False


async def test_people_enter_their_own_in_their_profile(office: Office) -> None:
    alex, email = office.company.add_newcomer(Role.ENGINEER)
    browser = new_browser(office.client)
    browser.post("/sign-in", data={"username": email, "password": PASSWORD})
    assert "You are not matched with anybody in The tracker yet" in browser.get("/settings/profile").text
    office.put(f"{MEMBERS}/alex", {"user_id": str(alex)}, Role.OWNER)
    wrong = send(browser, "/settings/profile", "/ticket-system-token", token=office.tracker.server.tokens["kim"])
    assert "belongs to kim" in wrong.text
    token = office.tracker.server.tokens["alex"]
    page = send(browser, "/settings/profile", "/ticket-system-token", token=token).text
    assert "Stored</span>" in page
    assert token not in page
    assert "Stored</span>" not in send(browser, "/settings/profile", "/ticket-system-token/remove").text


async def test_where_time_is_booked_for_anybody_there_are_none(
    open_client: TestClient, company: Company, desk: SmallDesk, connect: Connect
) -> None:
    desk.shows["members"] = [{"id": "7", "name": "Alex"}]
    open_client.post(f"{CONNECTIONS}/{connect()['id']}/check", headers=company.headers())
    body = {"user_id": str(company.users[Role.ENGINEER]), "token": "of-alex"}
    answer = open_client.put(f"{MEMBERS}/7", json=body, headers=company.headers())
    assert answer.status_code == 422
    assert open_client.get(OWN_TOKEN, headers=company.headers()).json()["takes_tokens"] is False


def _kim(office: Office) -> str:
    ((name,),) = office.company.query(
        "SELECT name FROM users WHERE id = %s", office.company.users[Role.TEAM_ADMIN]
    )
    return str(name)


@contextmanager
def _revoked(tracker: Desk, who: str) -> Iterator[None]:
    """Somebody's token is nobody's, until the context ends."""
    owner = int(tracker.server.tokens[who].split("-")[1])
    _give_token(tracker, owner, -owner)
    yield
    _give_token(tracker, -owner, owner)


def _give_token(tracker: Desk, owner: int, to: int) -> None:
    with closing(sqlite3.connect(tracker.server.directory / "rt.sqlite3")) as database, database:
        database.execute("UPDATE AuthTokens SET Owner = ? WHERE Owner = ?", [to, owner])
