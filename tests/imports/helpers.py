"""A small log and its mapping, and what the tests of the importer ask the database."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.imports.loader import ImportSummary, import_log
from flowpilot.imports.mapping.whole import Mapping
from tests.cluster.nodes import CLUSTER_URL, for_a_cluster

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HEADER = ("ticket", "seq", "opened", "solved", "at", "who", "kind", "moves", "note")
MAPPING: dict[str, Any] = {
    "name": "small",
    "file": {"unknown": ["?", ""]},
    "times": {"format": "%Y-%m-%d %H:%M", "zone": "UTC"},
    "case": {"id": "ticket", "order": ["seq"]},
    "row": {"at": "at", "by": "who"},
    "session": {
        "created_at": "opened",
        "resolved_at": "solved",
        "domain": "kind",
        "engineer": ["who"],
        "status": [{"status": "resolved", "column": "solved"}, {"status": "abandoned"}],
    },
    "step": {"content": ["note"]},
    "handoff": {"start": {"counter": "moves"}},
}
SMALL = Mapping.model_validate(MAPPING)
TABLES = (
    *("ai_sessions", "ai_session_steps", "session_handoffs", "handoff_events"),
    *("memberships", "import_runs", "audit_log"),
)


def row(ticket: str, seq: object, clock: str, who: str, moves: object = 0, **others: str) -> dict[str, str]:
    """A row of the small log, written on 2026-05-04 at that time of day."""
    cells = {"ticket": ticket, "seq": str(seq), "at": f"2026-05-04 {clock}", "who": who, "moves": str(moves)}
    return {"opened": "2026-05-04 08:00", "solved": "?", "kind": "?", "note": "?", **cells, **others}


def write_log(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    """Write a small log."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER)
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue())
    return path


@dataclass(frozen=True)
class World:
    """An account to import into, and queries of it."""

    url: str
    account_id: UUID

    def load(self, path: Path, mapping: Mapping = SMALL, **options: Any) -> ImportSummary:
        return import_log(self.url, self.account_id, path, mapping, **{"now": NOW, **options})

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with account_transaction(self.url, self.account_id) as connection:
            if CLUSTER_URL is not None:
                connection.execute("SET LOCAL citus.enable_repartition_joins = on")
            return connection.execute(for_a_cluster(query).encode()).fetchall()

    def counts(self) -> dict[str, int]:
        return {table: self.ask(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


NOTHING = dict.fromkeys(TABLES, 0)


def new_world(urls: DatabaseUrls) -> World:
    """Make an account with nothing in it."""
    account_id = uuid4()
    with account_transaction(urls.runtime, account_id) as connection:
        connection.execute("INSERT INTO accounts (id, name) VALUES (%s, 'Importing')", (account_id,))
    return World(urls.runtime, account_id)
