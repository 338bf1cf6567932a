"""A log that names clients."""

from pathlib import Path

import pytest

from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.unusable import UnusableRowsError
from tests.imports.helpers import MAPPING, World, row, write_log

WITH_CLIENT = Mapping.model_validate({**MAPPING, "session": {**MAPPING["session"], "client": "kind"}})


def test_a_log_finds_clients_by_their_names_and_brings_new_ones(world: World, tmp_path: Path) -> None:
    with account_transaction(world.url, world.account_id) as connection:
        ids = (world.account_id, new_id())
        connection.execute("INSERT INTO clients (account_id, id, name) VALUES (%s, %s, 'ACME Ltd.')", ids)
        alias = (
            "INSERT INTO client_names (account_id, client_id, id, name, key) VALUES (%s, %s, %s, 'Acme', 'acme')"
        )
        connection.execute(alias, (*ids, new_id()))
    rows = [
        row("T1", 1, "09:00", "Ada", kind="acme "),
        row("T2", 1, "09:00", "Ada", kind="Globex"),
        row("T3", 1, "09:00", "Ada", kind="GLOBEX"),
        row("T4", 1, "09:00", "Ada"),
    ]
    world.load(write_log(tmp_path / "log.csv", rows), WITH_CLIENT)
    query = """
        SELECT s.psa_ticket_id, s.client_name, c.name FROM ai_sessions s
        LEFT JOIN clients c ON c.account_id = s.account_id AND c.id = s.client_id ORDER BY 1"""
    named = [("T1", "ACME Ltd."), ("T2", "Globex"), ("T3", "Globex"), ("T4", None)]
    assert world.ask(query) == [(ticket, name, name) for ticket, name in named]
    assert world.ask("SELECT name, key FROM client_names ORDER BY 1") == [("Acme", "acme"), ("Globex", "globex")]


def test_a_clients_name_is_no_longer_than_elsewhere(world: World, tmp_path: Path) -> None:
    rows = [row("T1", 1, "09:00", "Ada", kind="A" * 200), row("T2", 1, "09:00", "Ada", kind="A" * 201)]
    with pytest.raises(UnusableRowsError, match=r"^Line 3 \(ticket T2\): kind is longer than 200 characters\."):
        world.load(write_log(tmp_path / "log.csv", rows), WITH_CLIENT)
    assert world.ask("SELECT 1 FROM clients") == []
