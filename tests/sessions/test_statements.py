"""What a session costs in statements. BEGIN and COMMIT are not among them; who the caller is, is."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from flowpilot.app import create_app
from flowpilot.db.connect import DatabaseUrls
from flowpilot.settings import Settings
from tests.company import Company
from tests.sessions.flows import SESSIONS, post, publish_printer_flow, read, start, take


class Counting:
    """A client of an app of its own that hears every statement."""

    def __init__(self, client: TestClient, sent: list[str]) -> None:
        self.client, self.sent = client, sent

    def of(self, company: Company, path: str) -> int:
        """The statements of a GET."""
        self.sent.clear()
        self.client.get(path, headers=company.headers()).raise_for_status()
        return len(self.sent)


@pytest.fixture(scope="module")
def counting(settings: Settings, urls: DatabaseUrls) -> Iterator[Counting]:
    app = create_app(settings, urls.runtime)
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(app.state.database.engine.sync_engine, "before_cursor_execute", listen)
    with TestClient(app) as client:
        yield Counting(client, sent)


def test_print(counting: Counting, company: Company) -> None:
    publish_printer_flow(counting.client, company)
    counting.sent.clear()
    s = start(counting.client, company)["id"]
    print(len(counting.sent), counting.sent)
    for body in ({"choice": "No"}, {"free_text": "x"}, {"outcome": "Still nothing"}):
        counting.sent.clear()
        take(counting.client, company, s, **body)
        print(len(counting.sent))
    print(counting.sent)
    counting.of(company, SESSIONS)
    print(counting.of(company, SESSIONS), counting.of(company, f"{SESSIONS}/{s}"), counting.of(company, f"{SESSIONS}/{s}/documentation"))
    print(counting.sent)
    assert 0
