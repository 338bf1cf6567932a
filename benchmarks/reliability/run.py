"""One run: sessions are closed while the server is killed, answers are lost and the ticket system is down."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks.reliability.caller import Caller
from benchmarks.reliability.desks import Target
from benchmarks.reliability.server import KilledServer, killed_server
from flowpilot.db.connect import DatabaseUrls
from flowpilot.psa.client import Access, NoLimiter
from flowpilot.settings import Settings
from tests.company import Company, found_company
from tests.psa.proxy import Proxy, proxy_to

_ENGINEERS = 3
_SESSIONS_OF_A_TICKET = 2
_DOWN_SECONDS = 15
# Longer than any pause after a failure that is over soon.
_STANDSTILL_SECONDS = 300

Report = Callable[[str, int], None]


@dataclass(frozen=True)
class Plan:
    """How much is asked of a run. The seed decides when exactly the server is killed."""

    sessions: int
    kills: int
    seed: int = 1


@dataclass(frozen=True)
class Counts:
    """What a run came to. Notes and minutes are counted in the ticket system itself."""

    sessions: int
    kills: int
    answers_lost: int
    down_seconds: int
    notes_stored: int
    notes_doubled: int
    notes_missing: int
    times_expected: int
    times_stored: int
    minutes_expected: int
    minutes_stored: float
    unit_seconds: float
    seconds: float

    @property
    def is_exact(self) -> bool:
        """Whether every note and every minute is there exactly once."""
        # Where the unit is no whole minute, each entry is off by half of it at most.
        rounding = 0 if self.unit_seconds == 60 else self.times_expected * self.unit_seconds / 120
        return (
            self.notes_doubled == self.notes_missing == 0
            and self.times_stored == self.times_expected
            and abs(self.minutes_stored - self.minutes_expected) <= rounding + 0.001
        )


@dataclass
class _Run:
    """What is going on. Engineers close a session only when there is a permit for one."""

    plan: Plan
    target: Target
    caller: Caller
    server: KilledServer
    proxy: Proxy
    report: Report
    tickets: list[str]
    chance: random.Random
    permits: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    numbers: Iterator[int] = field(default_factory=count)
    answers_lost: int = 0

    @property
    def company(self) -> Company:
        return self.caller.company

    def close_sessions(self) -> None:
        """What one engineer does."""
        while True:
            self.permits.acquire()
            if (number := next(self.numbers)) >= self.plan.sessions:
                return
            session = self.caller.start(self.tickets[number // _SESSIONS_OF_A_TICKET])
            self.caller.note(session, "Looked at the fuse.")
            self.caller.resolve(session, _summary(number))
            self.report("sessions closed", 1)

    def confirmed(self) -> int:
        """How many steps of postings are confirmed by now."""
        query = "SELECT count(*) FROM psa_posting_steps WHERE state = 'confirmed'"
        return int(self.company.query(query)[0][0])

    def waiting(self) -> int:
        """How many postings have not ended."""
        query = "SELECT count(*) FROM psa_postings WHERE state IN ('held', 'queued', 'sent')"
        return int(self.company.query(query)[0][0])

    def disturb(self) -> None:
        """Let the engineers work in as many parts as there are kills, with each fault in each part."""
        for part in range(self.plan.kills):
            before, share = self.confirmed(), self.plan.sessions * (part + 1) // self.plan.kills
            self.permits.release(share - self.plan.sessions * part // self.plan.kills)
            if part == self.plan.kills // 2:
                self.go_down()
            self.proxy.will_lose_answers()
            self.answers_lost += 1
            # Not before something arrives, so that the server dies at work.
            _wait_until(lambda before=before: self.confirmed() > before, most_seconds=120)  # type: ignore[misc]
            time.sleep(self.chance.uniform(0, 1))
            self.server.kill()
            self.report("kills", 1)
            self.server.start()

    def go_down(self) -> None:
        """Take the ticket system away for a while."""
        self.proxy.is_down = True
        time.sleep(_DOWN_SECONDS)
        self.proxy.is_down = False

    def settle(self) -> None:
        """Wait until every posting has ended, or nothing has arrived for long."""
        known, changed_at = 0, time.monotonic()
        while self.waiting() and time.monotonic() < changed_at + _STANDSTILL_SECONDS:
            known, before = self.confirmed(), known
            self.report("steps confirmed", known - before)
            changed_at = changed_at if known == before else time.monotonic()
            time.sleep(0.5)
        self.report("steps confirmed", self.confirmed() - known)


def run(
    target: Target, plan: Plan, settings: Settings, urls: DatabaseUrls, report: Report = lambda _name, _more: None
) -> Counts:
    """Close the sessions of a new account that is connected to the ticket system, and count what has arrived."""
    started = time.monotonic()
    with _prepared(target, plan, settings, urls, report) as going, ThreadPoolExecutor(_ENGINEERS) as pool:
        engineers = [pool.submit(going.close_sessions) for _ in range(_ENGINEERS)]
        try:
            going.disturb()
        finally:
            going.permits.release(plan.sessions + _ENGINEERS)
        for engineer in engineers:
            engineer.result()
        going.settle()
    return _count(going, time.monotonic() - started)


@contextmanager
def _prepared(
    target: Target, plan: Plan, settings: Settings, urls: DatabaseUrls, report: Report
) -> Iterator[_Run]:
    company = found_company(urls)
    tickets = [target.system.new_ticket() for _ in range(-(-plan.sessions // _SESSIONS_OF_A_TICKET))]
    with proxy_to(target.system.port) as proxy, killed_server(settings.data_dir) as server:
        proxy.is_a_change = target.is_a_change
        caller = Caller(server.address, company)
        caller.connect(target, proxy.url)
        yield _Run(plan, target, caller, server, proxy, report, tickets, random.Random(plan.seed))  # noqa: S311


def _count(going: _Run, seconds: float) -> Counts:
    """Compare with what the ticket system has, read around FlowPilot's own provider."""
    stored = [one for ticket in going.tickets for one in going.target.system.stored(ticket)]
    texts = [one.text for one in stored]
    copies = [sum(_summary(number) in text for text in texts) for number in range(going.plan.sessions)]
    times = "SELECT count(*), coalesce(sum(minutes), 0) FROM psa_posting_steps WHERE kind = 'time'"
    times_expected, minutes_expected = going.company.query(times)[0]
    nowhere = Access(going.proxy.url, (), NoLimiter(), Path())
    return Counts(
        sessions=going.plan.sessions,
        kills=going.plan.kills,
        answers_lost=going.answers_lost - len(going.proxy.planned),
        down_seconds=_DOWN_SECONDS,
        notes_stored=sum(copies),
        notes_doubled=sum(max(0, number - 1) for number in copies),
        notes_missing=copies.count(0),
        times_expected=times_expected,
        times_stored=sum(one.minutes > 0 for one in stored),
        minutes_expected=minutes_expected,
        minutes_stored=sum(one.minutes for one in stored),
        unit_seconds=going.target.system.provider(nowhere).capabilities.time_unit_seconds,
        seconds=seconds,
    )


def _summary(number: int) -> str:
    return f"Fuse {number:05} was replaced."


def _wait_until(is_so: Callable[[], bool], most_seconds: float) -> None:
    gives_up_at = time.monotonic() + most_seconds
    while not is_so() and time.monotonic() < gives_up_at:
        time.sleep(0.1)
