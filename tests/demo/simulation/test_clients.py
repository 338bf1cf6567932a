"""The clients of the demo."""

import pytest

from flowpilot.clients.naming import key_of
from flowpilot.demo.world import ACCOUNTS, DemoAccount
from tests.demo.rows import simulated


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.name)
def test_sessions_are_for_clients_of_which_some_have_notes_and_one_has_a_second_name(account: DemoAccount) -> None:
    rows = simulated(account)
    clients = {client.id: client for client in rows.clients}
    for session in rows.sessions:
        client = None if session.client_id is None else clients[session.client_id]
        assert session.client_name == (client.name if client else None)
        assert client is None or client.created_at <= session.created_at
    assert {(name.client_id, name.key) for name in rows.client_names} == {
        (client.id, key_of(client.name)) for client in rows.clients
    }
    assert any(client.notes for client in rows.clients)
    assert {"Fabrikam Inc.", "Talblick GmbH"} & {client.name for client in rows.clients}
