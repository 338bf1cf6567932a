from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.errors import ConflictError, NotFoundError
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.runs import list_runs
from flowpilot.imports.undo import Undone, undo_import
from tests.imports.helpers import MAPPING, NOW, World, row, write_log

WITH_CLIENTS = Mapping.model_validate({**MAPPING, "session": {**MAPPING["session"], "client": "kind"}})
MAY = [
    row("T1", 1, "09:00", "Ada", kind="Maple Dental"),
    row("T1", 2, "09:10", "Ada", 1, kind="Maple Dental"),
    row("T1", 3, "09:20", "Grace", 1, kind="Maple Dental"),
]
JUNE = [row("T2", 1, "10:00", "Grace", kind="Cedar Foods"), row("T3", 1, "11:00", "Joan", kind="Maple Dental")]
CONTENTS = (
    "SELECT psa_ticket_id FROM ai_sessions ORDER BY 1",
    "SELECT external_name FROM memberships ORDER BY 1",
    "SELECT name FROM clients ORDER BY 1",
)


@pytest.fixture
def both(world: World, tmp_path: Path) -> tuple[World, UUID, UUID]:
    """A world into which two logs came, and their runs: the second names people and clients of the first."""
    world.load(write_log(tmp_path / "may.csv", MAY), WITH_CLIENTS)
    world.load(write_log(tmp_path / "june.csv", JUNE), WITH_CLIENTS)
    june, may = sorted(list_runs(world.url, world.account_id), key=lambda run: run.file_name)
    return world, may.id, june.id


def contents(world: World) -> list[list[str]]:
    return [[name for (name,) in world.ask(query)] for query in CONTENTS]


def undo(world: World, urls: DatabaseUrls, run: UUID) -> Undone:
    return undo_import(urls.owner, world.account_id, run, now=NOW)


def test_an_undone_import_takes_what_only_it_brought(both: tuple[World, UUID, UUID], urls: DatabaseUrls) -> None:
    world, may, _ = both
    assert undo(world, urls, may) == Undone(sessions=1, people=1, clients=0, sessions_kept=0)
    assert contents(world) == [["T2", "T3"], ["Grace", "Joan"], ["Cedar Foods", "Maple Dental"]]
    assert world.ask("SELECT count(*) FROM session_handoffs") == [(0,)]
    assert world.ask("SELECT count(*) FROM ai_session_steps") == [(2,)]


def test_both_undone_leave_nothing_in_either_order(both: tuple[World, UUID, UUID], urls: DatabaseUrls) -> None:
    world, may, june = both
    undo(world, urls, june)
    assert contents(world) == [["T1"], ["Ada", "Grace"], ["Maple Dental"]]
    undo(world, urls, may)
    assert contents(world) == [[], [], []]
    assert world.ask("SELECT count(*) FROM import_items") == [(0,)]
    actions = world.ask("SELECT action, count(*) FROM audit_log GROUP BY 1 ORDER BY 1")
    assert actions == [("import", 2), ("import.undone", 2)]


def test_an_undone_file_can_be_imported_again(
    both: tuple[World, UUID, UUID], urls: DatabaseUrls, tmp_path: Path
) -> None:
    world, may, _ = both
    before = contents(world)
    undo(world, urls, may)
    assert world.load(tmp_path / "may.csv", WITH_CLIENTS).sessions == 1
    assert contents(world) == before


STEP = (
    "INSERT INTO ai_session_steps (account_id, id, session_id, position, content, created_at)"
    " SELECT account_id, gen_random_uuid(), id, 2, '{}', '2026-07-01' FROM ai_sessions WHERE psa_ticket_id = 'T2'"
)
EDITED = "UPDATE ai_sessions SET last_activity_at = '2026-07-01' WHERE psa_ticket_id = 'T2'"
RATED = "UPDATE ai_sessions SET session_rating = 4 WHERE psa_ticket_id = 'T2'"


@pytest.mark.row_security_alone
@pytest.mark.parametrize("work", [STEP, EDITED, RATED], ids=["a step", "edited details", "a rating"])
def test_a_session_with_which_somebody_worked_since_stays(
    both: tuple[World, UUID, UUID], urls: DatabaseUrls, work: str
) -> None:
    world, _, june = both
    with account_transaction(world.url, world.account_id) as connection:
        connection.execute(work.encode())
    assert undo(world, urls, june) == Undone(sessions=1, people=1, clients=0, sessions_kept=1)
    assert contents(world)[0] == ["T1", "T2"]


@pytest.mark.row_security_alone
def test_a_person_who_leaves_is_forgotten(both: tuple[World, UUID, UUID], urls: DatabaseUrls) -> None:
    world, may, _ = both
    ((ada,),) = world.ask("SELECT user_id FROM memberships WHERE external_name = 'Ada'")
    undo(world, urls, may)
    with psycopg.connect(urls.owner) as owner:
        assert owner.execute("SELECT name FROM users WHERE id = %s", (ada,)).fetchall() == []


@pytest.mark.row_security_alone
@pytest.mark.parametrize("role", ["team_admin", "viewer"])
def test_a_person_to_whom_somebody_gave_another_role_stays(
    both: tuple[World, UUID, UUID], urls: DatabaseUrls, role: str
) -> None:
    world, may, june = both
    with account_transaction(world.url, world.account_id) as connection:
        connection.execute("UPDATE memberships SET role = %s WHERE external_name = 'Ada'", (role,))
    assert undo(world, urls, may).people == 0
    assert undo(world, urls, june).people == 2
    assert contents(world)[1] == ["Ada"]


@pytest.mark.row_security_alone
def test_a_person_of_another_import_stays_although_nothing_names_them(
    both: tuple[World, UUID, UUID], urls: DatabaseUrls
) -> None:
    world, may, june = both
    with psycopg.connect(urls.owner) as owner:
        owner.execute("UPDATE ai_session_steps SET actor_id = NULL WHERE account_id = %s", (world.account_id,))
        owner.execute("UPDATE ai_sessions SET user_id = NULL WHERE account_id = %s", (world.account_id,))
    assert undo(world, urls, may).people == 2
    assert contents(world)[1] == ["Joan"]
    assert undo(world, urls, june).people == 1


@pytest.mark.row_security_alone
@pytest.mark.one_server
def test_a_client_that_was_merged_since_holds_nothing_up(
    both: tuple[World, UUID, UUID], urls: DatabaseUrls
) -> None:
    world, _, june = both
    merge = (
        "WITH merge AS (INSERT INTO client_merges"
        " (account_id, id, name_ids, company_ids, client_id, into_id, merged_at)"
        " SELECT account_id, gen_random_uuid(), '{}', '{}',"
        " (SELECT id FROM clients WHERE name = 'Cedar Foods'), id, now()"
        " FROM clients WHERE name = 'Maple Dental' RETURNING account_id, id)"
        " INSERT INTO client_merge_sessions (account_id, merge_id, session_id)"
        " SELECT s.account_id, merge.id, s.id FROM merge, ai_sessions s WHERE psa_ticket_id = 'T2'"
    )
    with account_transaction(world.url, world.account_id) as connection:
        connection.execute(merge.encode())
    assert undo(world, urls, june).sessions == 2


def test_an_import_of_another_account_is_not_found(
    both: tuple[World, UUID, UUID], other_world: World, urls: DatabaseUrls
) -> None:
    world, may, _ = both
    with pytest.raises(NotFoundError, match="There is no import"):
        undo(other_world, urls, may)
    assert contents(world)[0] == ["T1", "T2", "T3"]


def test_an_import_that_recorded_nothing_cannot_be_undone(
    both: tuple[World, UUID, UUID], urls: DatabaseUrls
) -> None:
    world, may, _ = both
    with account_transaction(world.url, world.account_id) as connection:
        connection.execute("DELETE FROM import_items WHERE account_id = %s", (world.account_id,))
    with pytest.raises(ConflictError, match="cannot be undone"):
        undo(world, urls, may)
