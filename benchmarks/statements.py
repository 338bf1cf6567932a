"""Count the SQL statements of a request, by calling the app and listening to its engine."""

import uuid
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import event

from benchmarks.measure import CATALOGUE, PERIOD, REPORTS
from benchmarks.server import bearer, create_keys
from flowpilot.app import create_app
from flowpilot.settings import Settings


@dataclass(frozen=True, slots=True)
class Statements:
    """`own` are the report's; the others state the account and authenticate the caller. No BEGIN and COMMIT."""

    own: int
    total: int


def count_statements(settings: Settings, runtime_url: str, account: uuid.UUID) -> dict[str, Statements]:
    """The statements of every report, with a key that has already been used in this minute."""
    [key] = create_keys(runtime_url, [account])
    app = create_app(settings, runtime_url)
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(app.state.database.engine.sync_engine, "before_cursor_execute", listen)
    with TestClient(app, headers=bearer(key)) as client:

        def count(path: str) -> int:
            sent.clear()
            client.get(path, params=PERIOD).raise_for_status()
            return len(sent)

        count(CATALOGUE)
        # The catalogue reads no table, so its request sends only what every request sends.
        shared = count(CATALOGUE)
        totals = {report: count(path) for report, path in REPORTS.items()}
    return {report: Statements(total - shared, total) for report, total in totals.items()}
