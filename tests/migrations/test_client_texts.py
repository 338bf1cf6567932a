"""The clients of two accounts at the revision before, from the texts in their sessions."""

from uuid import UUID

from flowpilot.db.base import new_id
from tests.migrations.rows import BEGUN, Migrate, ask, found_account


def _session(url: str, account_id: UUID, client_name: str | None, status: str = "resolved") -> UUID:
    session_id = new_id()
    ask(
        url,
        account_id,
        "INSERT INTO ai_sessions (account_id, id, status, client_name, created_at) VALUES (%s, %s, %s, %s, %s)",
        *(account_id, session_id, status, client_name, BEGUN),
    )
    return session_id


def test_each_account_gets_its_own_clients(external: str, to_revision: Migrate) -> None:
    to_revision("0015")
    accounts = (found_account(external), found_account(external))
    expected = {
        account_id: {
            _session(external, account_id, "Acme Ltd"): "Acme Ltd",
            _session(external, account_id, "Acme Ltd", "active"): "Acme Ltd",
            _session(external, account_id, "ACME  ltd "): "Acme Ltd",
            _session(external, account_id, "Straße 7"): "STRASSE 7" if number else "Straße 7",
            _session(external, account_id, "Acme", "paused"): "Acme",
            _session(external, account_id, None): None,
            _session(external, account_id, "  "): "  ",
        }
        for number, account_id in enumerate(accounts)
    }
    for _ in range(2):
        expected[accounts[1]][_session(external, accounts[1], "STRASSE 7")] = "STRASSE 7"

    to_revision("0016")

    ids = set[UUID]()
    for account_id, sessions in expected.items():
        assert dict(ask(external, account_id, "SELECT id, client_name FROM ai_sessions")) == sessions
        query = "SELECT s.client_name, c.name, c.id FROM ai_sessions s LEFT JOIN clients c ON c.id = s.client_id"
        rows = ask(external, account_id, query)
        assert all(text == name or (name is None and not (text or "").strip()) for text, name, _ in rows)
        clients = {(name, client_id) for _, name, client_id in rows if name is not None}
        assert {name for name, _ in clients} == set(filter(str.strip, filter(None, sessions.values())))
        assert len(clients) == 3
        ids |= {client_id for _, client_id in clients}
        names = ask(external, account_id, "SELECT client_id, name, key FROM client_names")
        assert {(name, client_id) for client_id, name, _ in names} == clients
        assert {key for _, _, key in names} == {"acme ltd", "strasse 7", "acme"}
    assert len(ids) == 6


def test_what_the_previous_release_begins_later_keeps_its_text(external: str, to_revision: Migrate) -> None:
    to_revision("0016")
    account_id = found_account(external)
    _session(external, account_id, "Acme", "active")
    assert ask(external, account_id, "SELECT client_id, client_name FROM ai_sessions") == [(None, "Acme")]
