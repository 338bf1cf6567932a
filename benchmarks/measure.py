"""Time every report over HTTP, together with what it is compared to."""

import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

import httpx2
import numpy as np
import psycopg
from psycopg import sql

from benchmarks import naive
from benchmarks.rows import DAYS_IN_WINDOW
from benchmarks.server import bearer, create_keys
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls

BASE = "/api/v1/analytics/flowpilot"
CATALOGUE = f"{BASE}/metrics"
PERIOD = {"period": f"{DAYS_IN_WINDOW}d"}

REPORTS = {
    "dashboard": BASE,
    "coverage": f"{BASE}/coverage",
    "flow-quality": f"{BASE}/flow-quality",
    "psa-metrics": f"{BASE}/psa-metrics",
    "escalations": f"{BASE}/escalations",
    "knowledge-gaps": f"{BASE}/knowledge-gaps",
    "savings": f"{BASE}/savings",
}
SESSIONS = "/api/v1/ai-sessions"
SEARCHES = {
    "search: a ticket, about 1 of 5,000 sessions": "t4711",
    "search: two words, 1 of 100": "certificate mailbox",
    "search: words of most sessions": "driver cable",
}
HEALTHZ = "GET /healthz"
COUNT = "SELECT count(*)"

# The plainest queries take seconds in a large account, so not every round sends them.
_ROUNDS_PER_NAIVE = 10

# A plan is final after about ten runs on a connection, and the server uses two connections in turn.
WARM_UP_ROUNDS = 24
# The tightest limit is ten requests a minute.
_ROUNDS_PER_KEY = 8

_COUNT_SQL = """
SELECT count(*) FROM ai_sessions
WHERE account_id = %(account)s AND created_at >= %(start)s AND created_at < %(end)s
"""


@dataclass(frozen=True, slots=True)
class Timing:
    """What was measured for a report or for something that it is compared to, in milliseconds."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Size:
    """Accounts of one size, measured in turn."""

    name: str
    accounts: Sequence[uuid.UUID]


Samples = dict[str, dict[str, list[float]]]


def measure(
    address: str, urls: DatabaseUrls, sizes: Sequence[Size], rounds: int, report: Callable[[], None]
) -> dict[str, dict[str, Timing]]:
    """Timings by size and what was timed. Sizes take turns, so that noise affects all of them."""
    samples: Samples = {size.name: defaultdict(list) for size in sizes}
    everybody = {size.name: cycle(_callers(urls, size, rounds + WARM_UP_ROUNDS)) for size in sizes}
    with (
        httpx2.Client(base_url=address, timeout=60) as client,
        psycopg.connect(urls.runtime) as runtime,
    ):
        for number in range(WARM_UP_ROUNDS + rounds):
            for size, callers in everybody.items():
                account, key = next(callers)
                timed = _round(client, runtime, account, key, with_naive=number % _ROUNDS_PER_NAIVE == 0)
                for what, milliseconds in timed:
                    if number >= WARM_UP_ROUNDS:
                        samples[size][what].append(milliseconds)
            report()
    return {size: {what: _timing(values) for what, values in by_what.items()} for size, by_what in samples.items()}


def _callers(urls: DatabaseUrls, size: Size, rounds: int) -> list[tuple[uuid.UUID, str]]:
    """Accounts with one key each, so many that none comes near its rate limit."""
    turns = cycle(size.accounts)
    accounts = [next(turns) for _ in range(-(-rounds // _ROUNDS_PER_KEY))]
    return list(zip(accounts, create_keys(urls.runtime, accounts), strict=True))


def _round(
    client: httpx2.Client, runtime: psycopg.Connection, account: uuid.UUID, key: str, *, with_naive: bool
) -> Iterator[tuple[str, float]]:
    """Everything once. The catalogue comes first: a minute's first request also notes that the key is used."""
    client.headers.update(bearer(key))
    client.get(CATALOGUE).raise_for_status()
    yield HEALTHZ, _get(client, "/healthz", {})
    yield COUNT, _count(runtime, account)
    for report, path in REPORTS.items():
        yield report, _get(client, path, PERIOD)
        if with_naive and report in naive.STATEMENTS:
            yield naive_of(report), _plainest(runtime, account, report)
    for search, words in SEARCHES.items():
        yield search, _get(client, SESSIONS, {"q": words})


def naive_of(report: str) -> str:
    """What the timing of a report's plainest queries is called."""
    return f"naive {report}"


def _get(client: httpx2.Client, path: str, asked: Mapping[str, str]) -> float:
    started = time.perf_counter()
    response = client.get(path, params=asked)
    milliseconds = 1000 * (time.perf_counter() - started)
    response.raise_for_status()
    return milliseconds


def _count(connection: psycopg.Connection, account: uuid.UUID) -> float:
    start, end = _window()
    with _in_account(connection, account):
        started = time.perf_counter()
        connection.execute(_COUNT_SQL, {"account": account, "start": start, "end": end}).fetchone()
        return 1000 * (time.perf_counter() - started)


def _plainest(connection: psycopg.Connection, account: uuid.UUID, report: str) -> float:
    with _in_account(connection, account):
        started = time.perf_counter()
        naive.answer(connection, report, account, *_window())
        return 1000 * (time.perf_counter() - started)


def _window() -> tuple[datetime, datetime]:
    end = now()
    return end - timedelta(days=DAYS_IN_WINDOW), end


@contextmanager
def _in_account(connection: psycopg.Connection, account: uuid.UUID) -> Iterator[None]:
    with connection.transaction():
        connection.execute(sql.SQL("SET LOCAL app.account_id = {}").format(sql.Literal(str(account))))
        yield


def _timing(milliseconds: list[float]) -> Timing:
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return Timing(float(p50), float(p95))
