"""Several processes on one port are one server: they agree, and one that is killed is missed by nobody."""

import json
import os
import signal
import uuid
from collections.abc import Iterator

import httpx2
import pytest

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.cli.conftest import Run
from tests.cli.serving.serving import Workers, metric, serving
from tests.company import PASSWORD, Company, run
from tests.live.streams import PATH, add_events, add_handoff


@pytest.fixture(scope="module")
def workers(environment: dict[str, str], redis_url: str) -> Iterator[Workers]:
    with serving(environment, redis_url) as workers:
        yield workers
        assert workers.stop() == 0


def test_limits_in_memory_are_refused_with_the_setting_to_use(flowpilot: Run) -> None:
    done = flowpilot("serve", "--workers", "2", "--port", "0")
    assert done.returncode == 1
    assert "Set FLOWPILOT_LIMIT_STORAGE to a Redis" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_who_signs_in_at_one_process_is_known_to_the_other(workers: Workers, company: Company) -> None:
    _, email = company.add_newcomer(Role.ENGINEER)
    with workers.clients() as (first, second):
        form = {"username": email, "password": PASSWORD}
        token = first.post("/api/v1/auth/token", data=form).json()["access_token"]
        known = second.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
        assert (known.status_code, known.json()["email"]) == (200, email)


def test_attempts_to_sign_in_are_counted_together(workers: Workers, company: Company) -> None:
    _, email = company.add_newcomer(Role.ENGINEER)
    with workers.clients() as (first, second):
        form = {"username": email, "password": "wrong"}
        attempts = [client.post("/api/v1/auth/token", data=form) for client in [first, second] * 3]
    assert [attempt.status_code for attempt in attempts] == [401] * 5 + [429]


def test_metrics_are_those_of_all_processes(workers: Workers) -> None:
    name = 'flowpilot_http_requests_total{method="GET",route="/readyz",status="200"}'
    with workers.clients() as (first, second):
        for client in (first, second, second):
            client.get("/readyz")
        for client in (first, second):
            # A process counts a request when it has answered it, so the client may be here before it is counted.
            _wait_until(client, name, 3)
            _wait_until(client, 'flowpilot_background_up{work="jobs"}', 1)
            # Those of the tests before are gone as soon as the server has noticed.
            _wait_until(client, "flowpilot_http_connections", 2)


def test_who_is_at_a_session_is_seen_from_the_other_process(workers: Workers, company: Company) -> None:
    user_id, email = company.add_newcomer(Role.ENGINEER)
    place = str(company.add("ai_sessions"))
    with workers.clients() as (first, second):
        form = {"username": email, "password": PASSWORD}
        token = first.post("/api/v1/auth/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        with second.stream("GET", PATH, headers=headers, params={"watch": place}) as stream:
            lines = stream.iter_lines()
            assert any(line == "event: hello" for line in lines)
            # What is said before a process listens is lost to it, until it is said again.
            _wait_until(first, 'flowpilot_background_up{work="live_events"}', 1)
            said = first.post("/api/v1/presence", json={"place": place, "state": "writing"}, headers=headers)
            assert said.status_code == 204, said.text
            assert any(line == "event: presence" for line in lines)
            present = json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))
    assert (present["place"], present["people"][0]["user_id"]) == (place, str(user_id))


def _wait_until(client: httpx2.Client, name: str, value: float) -> None:
    """Ask for the metrics until this one is so."""
    while metric(client.get("/metrics").text, name) != value:
        pass


class _Stream:
    """A stream as its client reads it."""

    def __init__(self, client: httpx2.Client, headers: dict[str, str]) -> None:
        self._client = client
        self._open = client.stream("GET", PATH, headers=headers)
        self._lines = self._open.__enter__().iter_lines()
        self.number = self.next()

    def next(self) -> int:
        """The number of the next event."""
        return next(int(line.removeprefix("id: ")) for line in self._lines if line.startswith("id: "))

    def is_lost(self) -> bool:
        """Whether the server has broken it off."""
        try:
            for _ in self._lines:
                pass
        except httpx2.RemoteProtocolError:
            return True
        return False


def test_a_killed_process_is_started_again_and_its_listeners_miss_nothing(
    workers: Workers, company: Company
) -> None:
    headers, handoff_id = company.headers(), add_handoff(company)
    killed, other = workers.pids
    with workers.clients() as (here, there):
        lost, kept = _Stream(here, headers), _Stream(there, headers)
        _tell(company, handoff_id, 1)
        assert (lost.next(), kept.next()) == (1, 1)
        os.kill(killed, signal.SIGKILL)
        assert lost.is_lost()
        _tell(company, handoff_id, 2)
        assert [kept.next(), kept.next()] == [2, 3]
        workers.said(rf"process \d \(pid {killed}\) ended \(SIGKILL\), and is started again")
        new = int(workers.said(r"process \d \(pid (\d+)\) runs again")[1])
        assert {new, other} == set(workers.pids)
        for pid in (other, new):
            with workers.client_of(pid) as client:
                # What the killed one had open is not counted any more.
                _wait_until(client, "flowpilot_live_streams", 1)
                resumed = _Stream(client, headers | {"Last-Event-ID": "1"})
                assert [resumed.number, resumed.next(), resumed.next()] == [1, 2, 3]


def _tell(company: Company, handoff_id: uuid.UUID, count: int) -> None:
    async def work(database: Database) -> None:
        await add_events(database, company, handoff_id, count)

    run(company.urls, work)
