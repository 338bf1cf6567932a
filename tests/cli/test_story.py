"""A new help desk's whole story over HTTP: stuck, handed over, claimed once, acted on, measured."""

import json
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import Queue
from typing import Any

import httpx2
import pytest

from tests.cli.conftest import COMMAND, Run
from tests.company import PASSWORD, fresh_email

BASE = "/api/v1"
REPORTS = f"{BASE}/analytics/flowpilot"
# The metric catalogue's: what each side of a savings claim needs.
ENOUGH = 20


@contextmanager
def _serving(environment: dict[str, str]) -> Iterator[str]:
    """`flowpilot serve`, as an operator starts it; its worker included."""
    command = [str(COMMAND), "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if found := re.search(r"http://\S+", line):
                break
        else:
            pytest.fail(f"the server did not start: {said}")
        try:
            yield found[0]
        finally:
            process.terminate()
            process.stderr.read()
            assert process.wait(30) == 0


class Person:
    """A person signed in with e-mail and password."""

    def __init__(self, address: str, email: str) -> None:
        self.http = httpx2.Client(base_url=address, timeout=30)
        form = {"username": email, "password": PASSWORD}
        token = self.http.post(f"{BASE}/auth/token", data=form).json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **params: Any) -> Any:
        answer = self.http.get(BASE + path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        answer = self.http.post(BASE + path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def address(environment: dict[str, str]) -> Iterator[str]:
    with _serving(environment) as address:
        yield address


@pytest.fixture(scope="module")
def desk(flowpilot: Run, address: str) -> Iterator[dict[str, Person]]:
    """A new account with its people; the shipped flows are there from the start."""
    account = flowpilot("account", "create", "Story desk").stdout.decode().strip()
    people = {"engineer": "engineer", "priya": "engineer", "marcus": "engineer", "owner": "owner"}
    emails = {name: fresh_email() for name in people}
    for name, role in people.items():
        words = ("user", "create", emails[name], "--account", account, "--role", role, "--name", name.title())
        done = flowpilot(*words, "--password-stdin", stdin=PASSWORD)
        assert done.returncode == 0, done.stderr
    desk = {name: Person(address, email) for name, email in emails.items()}
    yield desk
    for person in desk.values():
        person.http.close()


def _listen(senior: Person, events: "Queue[tuple[float, str, dict[str, Any]]]", ready: threading.Event) -> None:
    """Follow the senior's stream until the first action."""
    with senior.http.stream("GET", f"{BASE}/handoffs/stream") as stream:
        kind = ""
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                ready.set()
                events.put((time.monotonic(), kind, json.loads(value)))
                if kind == "first_action":
                    return


def _go_until_stuck(engineer: Person, session: dict[str, Any]) -> dict[str, Any]:
    """Answer the next two questions."""
    for _ in range(2):
        node = session["current"]
        step = {"choice": node["choices"][0]} if node["choices"] else {"outcome": node["outcomes"][-1]}
        session = engineer.post(f"/ai-sessions/{session['id']}/steps", 201, **step)
    return session


def test_from_stuck_to_a_seniors_first_action(desk: dict[str, Person]) -> None:
    engineer, seniors, owner = desk["engineer"], (desk["priya"], desk["marcus"]), desk["owner"]
    session = engineer.post(
        "/ai-sessions",
        201,
        problem_summary="Printer at reception shows offline and nothing comes out since this morning",
        psa_ticket_id="48211",
        client_name="Fabrikam",
    )
    assert session["flow_name"] is not None, session["candidates"]
    session = _go_until_stuck(engineer, session)
    path = f"/ai-sessions/{session['id']}"

    events: Queue[tuple[float, str, dict[str, Any]]] = Queue()
    ready = threading.Event()
    listener = threading.Thread(target=_listen, args=(desk["priya"], events, ready))
    listener.start()
    assert ready.wait(10)

    reason = "Out of ideas after the usual checks."
    handoff = engineer.post(f"{path}/handoffs", 201, reason=reason, note="Port or driver?", priority="high")
    _, _, hello = events.get(timeout=10)
    assert hello["number"] == 0
    _, kind, event = events.get(timeout=10)
    assert (kind, event["handoff_id"], event["actor_name"]) == ("created", handoff["id"], "Engineer")

    row = desk["marcus"].get("/handoffs")["items"][0]
    assert (row["id"], row["reason"], row["allowed"][0]) == (handoff["id"], reason, "claim")
    claim = f"{BASE}/handoffs/{handoff['id']}/claim"
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda senior: senior.http.post(claim), seniors))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner, loser = sorted(zip(answers, seniors, strict=True), key=lambda pair: pair[0].status_code)
    claimed = winner[0].json()
    assert loser[0].json()["holder"]["name"] == claimed["claimed_by"]["name"]
    assert len(claimed["snapshot"]["facts"]) + len(claimed["snapshot"]["tried"]) == 2

    winner[1].post(f"{path}/steps", 201, free_text="The port pointed to an old address.")
    winner[1].post(f"{path}/resolve", summary="Pointed the port to the printer's new address.")
    listener.join(10)
    assert [events.get(timeout=1)[1] for _ in range(2)] == ["claimed", "first_action"]

    acted = engineer.get(f"/handoffs/{handoff['id']}")
    report = owner.get("/analytics/flowpilot/escalations")
    assert (report["n_handoffs_claimed"], report["n_handoffs_with_action"]) == (1, 1)
    assert report["median_seconds_to_first_action"] == acted["seconds_to_first_action"]
    assert acted["outcome"] == "resolved"
    note = engineer.get(f"{path}/documentation")["text"]
    for said in ("Fabrikam", "48211", "The port pointed to an old address.", "new address", "TIME SPENT"):
        assert said in note, note
    assert _told(engineer) == ["claimed", "closed"]


def _told(person: Person) -> list[str]:
    """A person's notifications, once the worker has caught up."""
    deadline = time.monotonic() + 20
    kinds: list[str] = []
    while time.monotonic() < deadline and "closed" not in kinds:
        kinds = sorted(item["kind"] for item in person.get("/notifications")["items"])
    return kinds


def test_the_baseline_makes_a_savings_report(desk: dict[str, Person]) -> None:
    engineer, senior, owner = desk["engineer"], desk["priya"], desk["owner"]
    before = owner.get("/analytics/flowpilot/savings")
    assert (before["status"], before["difference"]) == ("insufficient", None)
    assert before["missing"]
    for _ in range(ENOUGH):
        running = senior.post("/baselines/start", 201)
        senior.post(f"/baselines/{running['id']}/stop")
        session = engineer.post("/ai-sessions", 201, problem_summary="The VPN client stops at connecting")
        handoff = engineer.post(f"/ai-sessions/{session['id']}/handoffs", 201, reason="Needs rights.")
        senior.post(f"/handoffs/{handoff['id']}/claim")
        senior.post(f"/ai-sessions/{session['id']}/steps", 201, free_text="Looking at the gateway.")
    report = owner.get("/analytics/flowpilot/savings")
    assert (report["status"], report["missing"]) == ("measured", [])
    assert report["difference"] is not None


def test_reconcile_finds_nothing_to_change(desk: dict[str, Person], flowpilot: Run) -> None:
    # Other tests' accounts hold wrong rows on purpose, so only the counts of this account's sessions are compared.
    session = desk["engineer"].get("/ai-sessions", limit=1)["items"][0]
    flowpilot("db", "reconcile")
    assert desk["engineer"].get("/ai-sessions", limit=1)["items"][0] == session
