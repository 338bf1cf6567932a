"""What a session costs in statements, including the caller's identity and BEGIN, but not COMMIT."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from flowpilot.app import create_app
from flowpilot.db.connect import DatabaseUrls
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.company import Company
from tests.flows.nested import RESET, publish, sign_in
from tests.sessions.flows import SESSIONS, publish_printer_flow, start, start_by_request, take
from tests.sessions.postings.connected import Connected


class Counting:
    """A client of an app of its own that hears every statement."""

    def __init__(self, client: TestClient, sent: list[str]) -> None:
        self.client, self.sent = client, sent

    def reading(self, company: Company, path: str = "") -> int:
        """The statements of a GET."""
        self.sent.clear()
        self.client.get(f"{SESSIONS}{path}", headers=company.headers(Role.ENGINEER)).raise_for_status()
        return len(self.sent)

    def step(self, company: Company, session_id: str, **body: Any) -> int:
        """The statements of a step."""
        self.sent.clear()
        take(self.client, company, session_id, **body)
        return len(self.sent)

    def n_of_flows(self) -> int:
        """How many of the statements read versions of flows, or notes for a client."""
        return sum("tree_versions" in one or "flow_client_notes" in one for one in self.sent)

    def end(self, company: Company) -> tuple[int, int]:
        """The statements of a step and of the end of a session on a ticket."""
        session_id = start(self.client, company, psa_ticket_id="4711")["id"]
        step = self.step(company, session_id, free_text="Looked at the fuse.")
        self.sent.clear()
        Connected(self.client, company).resolve(session_id)
        return step, len(self.sent)


@pytest.fixture(scope="module")
def counting(settings: Settings, urls: DatabaseUrls) -> Iterator[Counting]:
    """An app whose statements are heard."""
    app = create_app(settings, urls.runtime)
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.endswith("COMMIT"):  # What is announced is sent with it.
            sent.append(statement)

    event.listen(app.state.database.engine.sync_engine, "before_cursor_execute", listen)
    with AppClient(app) as client:
        yield Counting(client, sent)


@pytest.fixture
def session_id(counting: Counting, company: Company) -> str:
    """A session. Its key has been used in this minute, which is not recorded again."""
    publish_printer_flow(counting.client, company)
    session_id: str = start(counting.client, company)["id"]
    counting.reading(company)
    return session_id


def test_a_list_costs_the_same_however_long_it_is(counting: Counting, company: Company, session_id: str) -> None:
    assert counting.reading(company) <= 3
    for _ in range(5):
        start(counting.client, company)
    assert counting.reading(company) <= 3
    assert counting.reading(company, "?mine=true&domain=printing&q=printer&limit=2") <= 8


@pytest.mark.parametrize("path", ["", "/documentation", "/documentation.md"])
def test_reading_a_session_costs_the_same_however_much_happened(
    counting: Counting, company: Company, session_id: str, path: str
) -> None:
    assert counting.reading(company, f"/{session_id}{path}") <= (6 if path else 5)
    for _ in range(10):
        take(counting.client, company, session_id, free_text="Looked again.")
    assert counting.reading(company, f"/{session_id}{path}") <= (6 if path else 5)


def test_without_a_flow_the_suggestion_is_one_more(counting: Counting, company: Company) -> None:
    session_id = start(counting.client, company, problem_summary="Something odd happens with my chair")["id"]
    assert counting.reading(company, f"/{session_id}") <= 6


def test_a_sub_flow_costs_one_statement_more_once_it_is_entered(counting: Counting, company: Company) -> None:
    reset = publish(counting.client, company, "Password reset", RESET)
    outer = publish(counting.client, company, "Cannot sign in", sign_in(reset))
    session_id = start(counting.client, company, flow_id=str(outer))["id"]
    before = counting.reading(company, f"/{session_id}")
    take(counting.client, company, session_id, choice="No")
    assert counting.reading(company, f"/{session_id}") == before + 1


def test_what_differs_for_a_client_costs_no_statement(counting: Counting, company: Company) -> None:
    flow_id = publish_printer_flow(counting.client, company)
    session = start(counting.client, company, client_name="Acme")
    before = counting.reading(company, f"/{session['id']}")
    path = f"/api/v1/flows/{flow_id}/nodes/power/client-notes/{session['client']['id']}"
    written = counting.client.put(path, headers=company.headers(), json={"text": "Its switch is at the back."})
    assert written.status_code == 204
    assert counting.reading(company, f"/{session['id']}") == before


def test_the_thirtieth_step_costs_no_more_than_the_first(
    counting: Counting, company: Company, session_id: str
) -> None:
    costs = {counting.step(company, session_id, free_text=f"Said {number}") for number in range(30)}
    costs |= {
        counting.step(company, session_id, choice="No"),
        counting.step(company, session_id, outcome="It prints"),
    }
    # One writes the step, its words for the search and the session; open pages are told with the commit.
    assert max(costs) <= 6


def test_a_step_with_a_key_costs_two_more(counting: Counting, company: Company, session_id: str) -> None:
    before = counting.step(company, session_id, free_text="Looked at the fuse.")
    counting.sent.clear()
    headers = company.headers(Role.ENGINEER) | {"Idempotency-Key": "once"}
    path, body = f"{SESSIONS}/{session_id}/steps", {"free_text": "Looked at it again."}
    assert counting.client.post(path, json=body, headers=headers).status_code == 201
    assert len(counting.sent) == before + 2 <= 8


def test_a_step_reads_its_flow_once(counting: Counting, company: Company, session_id: str) -> None:
    counting.step(company, session_id, choice="No")
    assert counting.n_of_flows() == 1
    counting.sent.clear()
    Connected(counting.client, company).resolve(session_id)
    assert counting.n_of_flows() == 1


def test_without_a_flow_and_a_client_a_step_reads_neither(counting: Counting, company: Company) -> None:
    session_id = start(counting.client, company, problem_summary="Something odd happens with my chair")["id"]
    counting.step(
        company, session_id, free_text="Looked at it."
    )  # The first use of a key in a minute is recorded.
    assert counting.step(company, session_id, free_text="Looked again.") <= 6
    assert counting.n_of_flows() == 0


def test_a_step_into_a_sub_flow_reads_that_once(counting: Counting, company: Company) -> None:
    reset = publish(counting.client, company, "Password reset", RESET)
    outer = publish(counting.client, company, "Cannot sign in", sign_in(reset))
    session_id = start(counting.client, company, flow_id=str(outer))["id"]
    counting.step(company, session_id, choice="No")
    assert counting.n_of_flows() == 2


def test_a_beginning(counting: Counting, company: Company, session_id: str) -> None:
    # The first match after a publication reads the library, and the first of the process the vocabulary.
    start_by_request(counting.client, company)
    counting.sent.clear()
    start_by_request(counting.client, company)
    # One of them marks its day as news, and one sees that somebody sums it up.
    assert len(counting.sent) <= 12


def test_a_beginning_for_a_known_client_costs_one_more(
    counting: Counting, company: Company, session_id: str
) -> None:
    known = start(counting.client, company, client_name="Acme")["client"]
    costs = []
    for about in ({}, {"client_name": "acme"}, {"client_id": known["id"]}):
        counting.sent.clear()
        start_by_request(counting.client, company, **about)
        costs.append(len(counting.sent))
    assert costs == [costs[0], costs[0] + 1, costs[0] + 1]


def test_with_a_ticket_system_a_step_costs_the_same_and_an_end_two_more(
    counting: Counting, company: Company, session_id: str
) -> None:
    step, end = counting.end(company)
    Connected(counting.client, company).connect()
    assert counting.end(company) == (step, end + 2)


def test_the_postings_of_a_session_cost_one_statement_for_whose_it_is(
    counting: Counting, company: Company, session_id: str
) -> None:
    desk = Connected(counting.client, company)
    desk.connect()
    assert counting.reading(company, f"/{session_id}/postings") == 4
    session_id = desk.session()
    desk.resolve(session_id)
    assert counting.reading(company, f"/{session_id}/postings") == 6


def test_what_waits_follows_to_another_ticket_by_rules_that_are_read_once(
    counting: Counting, company: Company, session_id: str
) -> None:
    desk = Connected(counting.client, company)
    desk.connect()
    for posted in (1, 3):
        session_id = desk.session()
        for number in range(posted):
            desk.ask(
                "POST",
                f"{SESSIONS}/{session_id}/postings",
                {"audience": "client", "text": f"Text {number}"},
                expect=201,
            )
        counting.sent.clear()
        desk.ask("PATCH", f"{SESSIONS}/{session_id}", {"psa_ticket_id": "4712"})
        assert len([one for one in counting.sent if "FROM psa_connections" in one]) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("steps", {"free_text": "Looked at the fuse."}),
        ("handoffs", {"reason": "Out of ideas"}),
        ("postings", {"audience": "client", "text": "We are on it."}),
    ],
)
def test_what_is_sent_once_locks_the_session_before_its_key(
    counting: Counting, company: Company, path: str, body: dict[str, str]
) -> None:
    """In another order two requests could wait for each other, and one of them would be undone."""
    client = counting.client
    desk = Connected(client, company)
    desk.connect()
    session_id = desk.session()
    counting.sent.clear()
    headers = company.headers(Role.ENGINEER) | {"Idempotency-Key": f"once {path}"}
    assert client.post(f"{SESSIONS}/{session_id}/{path}", json=body, headers=headers).status_code == 201
    locks = [n for n, one in enumerate(counting.sent) if "FROM ai_sessions" in one and "FOR NO KEY UPDATE" in one]
    [key] = [n for n, one in enumerate(counting.sent) if "INSERT INTO idempotency_keys" in one]
    assert locks[0] < key
