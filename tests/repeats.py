"""What the product has done once, repeated as rows.

Hundreds of tests begin with the same flow, session or handoff. The product makes it the first time. In an account
that looks as that one did before, what it wrote is put straight into the tables from then on, with ids of its own,
and as if it had happened just now. `test_repeats.py` compares the two.
"""

import json
import re
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flowpilot.clock import now
from flowpilot.db.announce import CHANNEL
from flowpilot.db.base import new_id
from flowpilot.migrations.tables import metadata
from tests.company import Company, account_connection

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# As text, or in microseconds.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)|(?<![\w.-])1[78]\d{14}(?!\d)")

# A date is not moved to the day of the repetition. Nothing is summed up of a day whose marks are left out.
_WITHOUT_ROWS = {"session_news", "psa_news", "handoff_news"}
_TABLES = {
    table.name: [column.name for column in table.columns if column.computed is None]
    for table in metadata.sorted_tables
    if ("account_id" in table.columns or table.name in {"accounts", "users"}) and table.name not in _WITHOUT_ROWS
}
# What is drawn by lot, and what every request writes.
_WITHOUT = {
    "api_keys": " - '{key_hash,prefix,last_used_at}'::text[]",
    "audit_log": " #- '{after,prefix}'",
}
_EVERYTHING = " UNION ALL ".join(
    f"(SELECT '{table}', (to_jsonb(t){_WITHOUT.get(table, '')})::text FROM {table} t ORDER BY t::text)"
    for table in _TABLES
).encode()

_JOB = [
    "queue_name",
    "task_name",
    "priority",
    "lock",
    "queueing_lock",
    "args",
    "status",
    "scheduled_at",
    "attempts",
]
_NEW_JOBS = (
    b"SELECT to_jsonb(j)::text FROM procrastinate_jobs j WHERE id > %s AND args->>'account_id' = %s ORDER BY id"
)

_Row = tuple[str, str]
T = TypeVar("T")


@dataclass(frozen=True)
class _Deed:
    """What the product wrote and answered, as JSON.

    `known` are the ids that the account had before, in the order in which its rows name them; `made` are the new.
    """

    known: list[str]
    made: list[str]
    rows: dict[str, str]
    answer: str
    moment: datetime


_DEEDS: dict[Hashable, _Deed] = {}


@dataclass(frozen=True)
class _Occasion:
    """An account before something is done in it. `alike` is the same for accounts that differ in ids and times."""

    company: Company
    before: list[_Row]
    newest_job: int
    known: list[str]
    alike: Hashable


def repeated(company: Company, app: Hashable, what: list[Any], do: Callable[[], T]) -> T:
    """Do something in an account, or repeat what was done.

    Args:
        app: what does it.
        what: names it, and says all that it depends on beside the account's own rows.
        do: does it, and returns what can be JSON.
    """
    occasion = _occasion(company, app, what)
    if occasion.alike in _DEEDS:
        return _repeat(occasion)  # type: ignore[no-any-return]
    answer = do()
    _remember(occasion, answer)
    return answer


async def repeated_later(company: Company, app: Hashable, what: list[Any], do: Callable[[], Awaitable[T]]) -> T:
    """The same for what is awaited."""
    occasion = _occasion(company, app, what)
    if occasion.alike in _DEEDS:
        return _repeat(occasion)  # type: ignore[no-any-return]
    answer = await do()
    _remember(occasion, answer)
    return answer


def forget() -> None:
    """Have the product do everything once more."""
    _DEEDS.clear()


def _occasion(company: Company, app: Hashable, what: list[Any]) -> _Occasion:
    before, newest_job = _all_of(company)
    text = json.dumps([before, what], default=str)
    numbers = {id_: str(number) for number, id_ in enumerate(dict.fromkeys(_ID.findall(text)))}
    alike = _TIME.sub("", _ID.sub(lambda found: numbers[found[0]], text))
    return _Occasion(company, before, newest_job, list(numbers), (app, alike, now().date()))


def _all_of(company: Company) -> tuple[list[_Row], int]:
    """All rows of the account, and the newest job of any."""
    with account_connection(company.urls, company.id) as connection:
        rows = connection.execute(_EVERYTHING, prepare=True).fetchall()
        [(newest,)] = connection.execute("SELECT coalesce(max(id), 0) FROM procrastinate_jobs", prepare=True)
    return rows, newest


def _remember(occasion: _Occasion, answer: Any) -> None:
    """Keep what was done, unless it changed what was there, or made a key, whose secret is not in its row."""
    after, _ = _all_of(occasion.company)
    before = set(occasion.before)
    added: dict[str, list[str]] = {}
    for table, row in after:
        if (table, row) not in before:
            added.setdefault(table, []).append(row)
    if sum(map(len, added.values())) != len(after) - len(before) or "api_keys" in added:
        return
    company = occasion.company
    with account_connection(company.urls, company.id) as connection:
        jobs = connection.execute(_NEW_JOBS, [occasion.newest_job, str(company.id)]).fetchall()
    added["procrastinate_jobs"] = [job for (job,) in jobs]
    rows = {table: f"[{', '.join(several)}]" for table, several in added.items() if several}
    made = set(_ID.findall(json.dumps([rows, answer]))) - set(occasion.known)
    _DEEDS[occasion.alike] = _Deed(occasion.known, sorted(made), rows, json.dumps(answer), now())


def _repeat(occasion: _Occasion) -> Any:
    """Write the rows of the deed with this account's ids, and return its answer with them."""
    deed, company = _DEEDS[occasion.alike], occasion.company
    ids = dict(zip(deed.known, occasion.known, strict=True)) | {id_: str(new_id()) for id_ in deed.made}
    since = now() - deed.moment

    def later(found: re.Match[str]) -> str:
        if found[0].isdigit():
            return str(int(found[0]) + since // timedelta(microseconds=1))
        moment = (datetime.fromisoformat(found[0]) + since).isoformat()
        return moment.replace("+00:00", "Z") if found[0].endswith("Z") else moment

    def again(text: str) -> str:
        return _TIME.sub(later, _ID.sub(lambda found: ids[found[0]], text))

    with account_connection(company.urls, company.id) as connection, connection.pipeline():
        for table, rows in deed.rows.items():
            connection.execute(_insertion(table), [again(rows)])
        if "handoff_events" in deed.rows:
            connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"handoffs {company.id}"])
    return json.loads(again(deed.answer))


def _insertion(table: str) -> bytes:
    columns = ", ".join(_TABLES.get(table, _JOB))
    rows = f"jsonb_populate_recordset(NULL::{table}, %s::text::jsonb)"
    # With shards, it would otherwise be a COPY, which row security refuses. The ids are new, so nothing conflicts.
    return f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {rows} ON CONFLICT DO NOTHING".encode()
