"""Open tickets that a later import updates, and imports that are taken back, on the database."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.cli.importing.words import Reports, in_words
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.imports.known.statements import Statements
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import preview_log
from flowpilot.imports.progress import Changes, ImportProgress
from flowpilot.imports.runs import list_runs
from flowpilot.imports.undo import Undone, undo_import
from tests.imports.helpers import MAPPING, NOW, World, new_world, row, write_log

SESSION = {**MAPPING["session"], "client": "kind"}
OPEN = Mapping.model_validate(
    {**MAPPING, "session": {**SESSION, "status": [*SESSION["status"][:1], {"status": "open"}]}}
)
LEFT_OUT = Mapping.model_validate(
    {**MAPPING, "session": {**SESSION, "status": [*SESSION["status"][:1], {"status": "left_out"}]}}
)
ASKED = row("T1", 1, "09:00", "Ada")
HANDED = row("T1", 2, "09:10", "Ada", 1, kind="Maple Dental")
TAKEN = row("T1", 3, "09:20", "Grace", 1, kind="Maple Dental")
SOLVED = row("T1", 4, "09:40", "Grace", 1, solved="2026-05-04 09:40", kind="Maple Dental")
STATE = """
    SELECT s.psa_ticket_id, s.status, s.created_at, s.resolved_at, s.client_name, s.step_count, p.external_name,
        (SELECT array_agg((t.position, t.created_at, m.external_name, t.content)::text ORDER BY t.position)
         FROM ai_session_steps t LEFT JOIN memberships m ON m.user_id = t.actor_id WHERE t.session_id = s.id),
        (SELECT array_agg((h.created_at, g.external_name, h.reason, h.claimed_at, c.external_name,
            h.first_action_at, h.claimant_action_at, h.closed_at)::text ORDER BY h.id)
         FROM session_handoffs h LEFT JOIN memberships g ON g.user_id = h.created_by
         LEFT JOIN memberships c ON c.user_id = h.claimed_by WHERE h.session_id = s.id),
        (SELECT array_agg((e.kind, e.created_at)::text ORDER BY e.id) FROM handoff_events e
         JOIN session_handoffs h ON h.id = e.handoff_id WHERE h.session_id = s.id),
        i.steps, i.events
    FROM ai_sessions s LEFT JOIN memberships p ON p.user_id = s.user_id JOIN import_items i ON i.id = s.id
    ORDER BY 1"""


def load(world: World, path: Path, name: str, *rows: dict[str, str], mapping: Mapping = OPEN) -> Changes:
    return world.load(write_log(path / f"{name}.csv", rows), mapping).changes


def run_of(world: World, name: str) -> UUID:
    return next(run.id for run in list_runs(world.url, world.account_id) if run.file_name == f"{name}.csv")


def undo(world: World, urls: DatabaseUrls, name: str) -> Undone:
    return undo_import(urls.owner, world.account_id, run_of(world, name), now=NOW)


def state(world: World) -> Sequence[object]:
    return world.ask(STATE)


@pytest.mark.one_server
def test_a_later_export_of_an_open_ticket_goes_on_with_its_session(world: World, tmp_path: Path) -> None:
    load(world, tmp_path, "may", ASKED, HANDED)
    (session,) = world.ask("SELECT id, status FROM ai_sessions")
    changes = load(world, tmp_path, "june", ASKED, HANDED, TAKEN, SOLVED)
    assert world.ask("SELECT id, status, step_count FROM ai_sessions") == [(session[0], "resolved", 4)]
    assert session[1] == "requesting_escalation"
    assert (changes.updated, changes.unchanged, changes.fields) == (
        *(1, 0),
        {"status": 1, "resolved": 1, "engineer": 1, "steps": 1, "claims": 1},
    )
    assert changes.examples[0][0] == "T1"


def test_an_open_ticket_that_was_left_out_comes_with_a_later_export(world: World, tmp_path: Path) -> None:
    assert world.load(write_log(tmp_path / "may.csv", [ASKED, HANDED]), LEFT_OUT).cases_left_out == 1
    assert world.load(write_log(tmp_path / "june.csv", [ASKED, HANDED, SOLVED]), LEFT_OUT).sessions == 1
    assert world.ask("SELECT status FROM ai_sessions") == [("resolved",)]


@pytest.mark.one_server
def test_another_export_that_says_the_same_changes_nothing(world: World, tmp_path: Path) -> None:
    load(world, tmp_path, "may", ASKED, HANDED)
    before = state(world), world.ask("SELECT id FROM ai_session_steps ORDER BY 1")
    changes = load(world, tmp_path, "again", ASKED, HANDED, row("T2", 1, "09:00", "Ada"))
    assert (changes.updated, changes.unchanged) == (0, 1)
    assert (
        state(world)[:1],
        world.ask(
            "SELECT t.id FROM ai_session_steps t JOIN ai_sessions s ON s.id = session_id"
            " WHERE psa_ticket_id = 'T1' ORDER BY 1"
        ),
    ) == before


@pytest.mark.row_security_alone
@pytest.mark.one_server
def test_a_session_that_somebody_worked_on_is_not_changed(world: World, tmp_path: Path) -> None:
    load(world, tmp_path, "may", ASKED, HANDED)
    with account_transaction(world.url, world.account_id) as connection:
        connection.execute(b"UPDATE ai_sessions SET last_activity_at = now()")
    before = state(world)
    summary = world.load(write_log(tmp_path / "june.csv", [ASKED, HANDED, TAKEN, SOLVED]), OPEN)
    assert (summary.cases_already_here, summary.changes) == (1, Changes())
    assert state(world) == before


@pytest.mark.row_security_alone
@pytest.mark.one_server
def test_the_runtime_role_clears_no_session_that_somebody_worked_on(world: World, tmp_path: Path) -> None:
    load(world, tmp_path, "may", ASKED, HANDED)
    clear = "SELECT clear_imported_sessions(account_id, array_agg(id)) FROM ai_sessions GROUP BY account_id"
    with account_transaction(world.url, world.account_id) as connection:
        connection.execute(b"UPDATE ai_sessions SET last_activity_at = now()")
        connection.execute(clear.encode())
    assert world.ask("SELECT count(*) FROM ai_session_steps") == [(2,)]


@pytest.mark.one_server
def test_a_dry_run_says_what_would_change(world: World, tmp_path: Path) -> None:
    load(world, tmp_path, "may", ASKED, HANDED)
    before = state(world)
    log = write_log(tmp_path / "june.csv", [ASKED, HANDED, TAKEN])
    found = preview_log(world.url, world.account_id, log, OPEN, now=NOW)
    assert (found.figures.cases, found.changes.updated) == (0, 1)
    assert found.changes.fields == {"status": 1, "engineer": 1, "steps": 1, "claims": 1}
    assert state(world) == before


@pytest.mark.one_server
def test_a_file_that_says_less_than_what_is_there_is_doubtful(world: World, tmp_path: Path) -> None:
    load(world, tmp_path, "june", ASKED, HANDED, TAKEN, SOLVED)
    older = write_log(tmp_path / "may.csv", [ASKED, HANDED])
    other = Mapping.model_validate({**OPEN.model_dump(), "file": MAPPING["file"] | {"encoding": "utf-8"}})
    lost = "Cases that would lose steps, handoffs or claims, or be open again: 1."
    for mapping, less in ((OPEN, 0), (other, 1)):
        found = preview_log(world.url, world.account_id, older, mapping, now=NOW)
        assert (found.changes.less, lost in [doubt.what for doubt in found.figures.doubts()]) == (less, bool(less))
    assert world.load(older, other).changes.less == 1
    assert world.ask("SELECT counts->'changes'->'less' FROM import_runs ORDER BY created_at, id DESC") == [
        (1,),
        (0,),
    ]


JOAN = row("T2", 1, "09:00", "Joan")


@pytest.mark.parametrize("later", [[ASKED, HANDED, TAKEN], [ASKED], [ASKED, HANDED, JOAN]])
@pytest.mark.one_server
def test_a_dry_run_and_the_import_say_the_same(world: World, tmp_path: Path, later: list[dict[str, str]]) -> None:
    load(world, tmp_path, "may", ASKED, HANDED)
    log = write_log(tmp_path / "june.csv", later)
    found = preview_log(world.url, world.account_id, log, OPEN, now=NOW)
    done = world.load(log, OPEN)
    said = (found.figures.cases, found.new_people, found.changes)
    assert said == (done.sessions, done.people_created, done.changes)
    assert not [words for words in found.figures.warnings() if words.startswith("No case would be made")]


def test_a_dry_run_locks_no_session(world: World, tmp_path: Path) -> None:
    load(world, tmp_path, "may", ASKED, HANDED)
    log = write_log(tmp_path / "june.csv", [ASKED, HANDED, TAKEN])
    free: list[object] = []

    def look(progress: ImportProgress) -> None:
        if progress.phase == "looking":
            query = "SELECT psa_ticket_id FROM ai_sessions WHERE account_id = %s FOR UPDATE NOWAIT"
            with account_transaction(world.url, world.account_id) as somebody:
                free.append(somebody.execute(query, (world.account_id,)).fetchone())

    preview_log(world.url, world.account_id, log, OPEN, now=NOW, progress=look)
    assert set(free) == {("T1",)}


def test_a_dry_run_compares_many_cases_at_once(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [row(f"T{n}", 1, "09:00", "Ada") for n in range(7)]
    load(world, tmp_path, "may", *several)
    asked: list[int] = []
    of = Statements.of

    def counted(statements: Statements, sessions: Sequence[UUID], **options: Any) -> Any:
        asked.append(len(sessions))
        return of(statements, sessions, **options)

    monkeypatch.setattr(Statements, "of", counted)
    log = write_log(tmp_path / "june.csv", [*several, row("T3", 2, "10:00", "Ada")])
    found = preview_log(world.url, world.account_id, log, OPEN, now=NOW)
    assert (found.changes.updated, found.changes.unchanged, asked) == (1, 6, [7])


def test_known_cases_read_the_mappings_of_their_own_imports_once(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(world, tmp_path, "may", ASKED)
    load(world, tmp_path, "june", JOAN)
    read: list[str] = []

    def mapping_of(said: dict[str, Any]) -> Mapping:
        read.append(said["name"])
        return OPEN

    monkeypatch.setattr("flowpilot.imports.known.statements.Rules.model_validate", mapping_of)
    ((session_id,),) = world.ask("SELECT id FROM ai_sessions WHERE psa_ticket_id = 'T1'")
    with account_transaction(world.url, world.account_id) as connection:
        statements = Statements(connection, world.account_id)
        for _ in range(2):
            assert len(statements.of([session_id])[session_id]) == 1
    assert read == [OPEN.name]


@pytest.mark.one_server
def test_undoing_the_later_import_restores_what_the_earlier_had_said(
    world: World, urls: DatabaseUrls, tmp_path: Path
) -> None:
    load(world, tmp_path, "may", ASKED, HANDED)
    before = state(world)
    load(world, tmp_path, "june", ASKED, HANDED, TAKEN, SOLVED)
    assert undo(world, urls, "june") == Undone(0, people=1, clients=0, sessions_kept=0, sessions_restored=1)
    assert state(world) == before


@pytest.mark.one_server
def test_undoing_the_earlier_import_keeps_what_the_later_said(
    world: World, urls: DatabaseUrls, tmp_path: Path
) -> None:
    load(world, tmp_path, "may", ASKED, HANDED)
    load(world, tmp_path, "june", ASKED, HANDED, TAKEN, SOLVED)
    before = state(world)
    assert undo(world, urls, "may").sessions_restored == 1
    assert state(world) == before
    assert undo(world, urls, "june").sessions == 1
    assert world.ask("SELECT (SELECT count(*) FROM memberships), (SELECT count(*) FROM clients)") == [(0, 0)]


LOGS = {
    "a": [ASKED, HANDED],
    "b": [ASKED, HANDED, TAKEN, row("T2", 1, "10:00", "Joan", kind="Cedar Foods")],
    "c": [TAKEN, SOLVED, row("T2", 2, "10:30", "Ada", 1)],
    "d": [row("T2", 1, "10:00", "Kim", solved="2026-05-04 11:00"), row("T3", 1, "08:30", "Joan")],
}


@settings(max_examples=5, deadline=None)
@given(st.lists(st.sampled_from(sorted(LOGS)), min_size=4, max_size=9))
@pytest.mark.one_server
def test_imports_and_undos_in_any_order_leave_what_the_remaining_imports_say(
    urls: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory, history: list[str]
) -> None:
    """Each name imports that log, or takes it back if it is there. Those that are left count, in their order."""
    path, world, done = tmp_path_factory.getbasetemp(), new_world(urls), list[str]()
    for name in history:
        if name in done:
            undo(world, urls, name)
            done.remove(name)
        else:
            load(world, path, name, *LOGS[name])
            done.append(name)
    only = new_world(urls)
    for name in done:
        load(only, path, name, *LOGS[name])
    assert state(world) == state(only)
    for name in done:
        undo(world, urls, name)
    rows = world.counts()
    assert [rows[table] for table in ("ai_sessions", "session_handoffs", "memberships", "import_runs")] == [0] * 4
    assert world.ask("SELECT count(*) FROM import_items") == [(0,)]


def test_what_a_mapping_leaves_out_is_said_though_nothing_is_new(world: World, tmp_path: Path) -> None:
    done = world.load(write_log(tmp_path / "may.csv", [ASKED, HANDED]), LEFT_OUT)
    done.lines_left_out, done.odd_times = ["Line 4: Total 2"], ["1 time is odd."]
    words = in_words("may.csv", done, Reports(world.account_id, None))
    assert "may.csv: nothing new. Cases that are here already: 0. Cases that the mapping leaves out: 1." in words
    assert "Left out, because it is not a row: Line 4: Total 2\n" in words
    assert "1 time is odd." in words
