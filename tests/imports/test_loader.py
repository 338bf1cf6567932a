import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from flowpilot.db.bulk import account_transaction
from flowpilot.errors import NotFoundError
from flowpilot.imports.loader import ImportProgress, ImportSummary, import_log
from flowpilot.imports.mapping.whole import Mapping
from tests.imports.helpers import MAPPING, NOTHING, NOW, SMALL, World, row, write_log


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-04 {clock}").replace(tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two cases whose rows are mixed and out of order. T1 is handed over once, and claimed; T2 never."""
    return write_log(
        tmp_path / "log.csv",
        [
            row("T1", 10, "09:40", "Grace", 1, solved="2026-05-04 09:40", kind="Mail", note="fixed"),
            row("T2", 1, "09:05", "Ada", note="called"),
            row("T1", 9, "09:20", "Grace", 1),
            row("T1", 1, "09:00", "Ada", note="asked"),
            row("T1", 2, "09:10", "Ada", 1),
        ],
    )


def test_the_summary_counts_what_was_added(world: World, log: Path) -> None:
    assert world.load(log) == ImportSummary(rows=5, sessions=2, steps=5, handoffs=1, claimed=1, people_created=2)


def test_one_session_per_case(world: World, log: Path) -> None:
    world.load(log)
    query = """
        SELECT psa_ticket_id, external_name, status, problem_domain, problem_summary, step_count, answer_count,
            free_text_count, ai_sessions.created_at, resolved_at, confidence_tier, matched_flow_id, session_rating
        FROM ai_sessions JOIN memberships USING (account_id, user_id) ORDER BY psa_ticket_id"""
    unknown = (None, None, None)
    assert world.ask(query) == [
        ("T1", "Grace", "resolved", "Mail", "", 4, 0, 0, at("08:00"), at("09:40"), *unknown),
        ("T2", "Ada", "abandoned", None, "", 1, 0, 0, at("08:00"), None, *unknown),
    ]


def test_steps_are_numbered_in_the_order_of_the_case(world: World, log: Path) -> None:
    world.load(log)
    query = """
        SELECT psa_ticket_id, position, external_name, kind, is_free_text, content, s.created_at
        FROM ai_session_steps s JOIN ai_sessions p ON p.id = session_id
        JOIN memberships m ON m.user_id = actor_id ORDER BY 1, 2"""
    assert world.ask(query) == [
        ("T1", 1, "Ada", "note", False, {"note": "asked"}, at("09:00")),
        ("T1", 2, "Ada", "note", False, {}, at("09:10")),
        ("T1", 3, "Grace", "note", False, {}, at("09:20")),
        ("T1", 4, "Grace", "note", False, {"note": "fixed"}, at("09:40")),
        ("T2", 1, "Ada", "note", False, {"note": "called"}, at("09:05")),
    ]


def test_a_handoff_with_its_claim_first_action_and_end(world: World, log: Path) -> None:
    world.load(log)
    query = """
        SELECT psa_ticket_id, giver.external_name, h.created_at, reason, snapshot, target_user_id,
            taker.external_name, claimed_at, first_action_by = claimed_by, first_action_at,
            claimant_action_at, closed_at
        FROM session_handoffs h JOIN ai_sessions s ON s.id = session_id
        JOIN memberships giver ON giver.user_id = created_by
        JOIN memberships taker ON taker.user_id = claimed_by"""
    (handoff,) = world.ask(query)
    assert handoff[:6] == ("T1", "Ada", at("09:10"), "", {}, None)
    assert handoff[6:] == ("Grace", at("09:20"), True, at("09:40"), at("09:40"), at("09:40"))


def test_a_handoffs_events_are_kept(world: World, log: Path) -> None:
    world.load(log)
    query = """
        SELECT kind, external_name, e.created_at FROM handoff_events e
        JOIN session_handoffs h ON h.id = handoff_id JOIN memberships m ON m.user_id = actor_id ORDER BY e.id"""
    assert world.ask(query) == [
        ("created", "Ada", at("09:10")),
        ("claimed", "Grace", at("09:20")),
        ("closed", "Grace", at("09:40")),
    ]


def test_people_become_engineers_that_cannot_sign_in(world: World, log: Path) -> None:
    world.load(log)
    query = """
        SELECT external_name, name, role, email, password_hash, m.created_at, u.created_at
        FROM memberships m JOIN users u ON u.id = user_id ORDER BY 1"""
    assert world.ask(query) == [(name, name, "engineer", None, None, NOW, NOW) for name in ("Ada", "Grace")]


def test_a_mapping_is_known_by_what_it_says_and_not_by_keys_of_a_newer_release(world: World, log: Path) -> None:
    """Digests of earlier releases still hold, so that a file is not imported a second time."""
    said = SMALL.model_dump(mode="json")
    del said["system"], said["equal_numbers"], said["case"]["number"], said["case"]["whole"]
    del said["file"]["leave_out_unusable"]
    assert json.loads(SMALL.identity) == said
    world.load(log)
    named = Mapping.model_validate({**MAPPING, "system": "autotask"})
    assert world.load(log, named).already_imported_at == NOW


def test_the_import_is_recorded_and_audited(world: World, log: Path) -> None:
    world.load(log)
    counts: dict[str, Any] = {"rows": 5, "sessions": 2, "steps": 5, "handoffs": 1, "claimed": 1}
    counts |= {
        "people_created": 2,
        "cases_already_here": 0,
        "cases_left_out": 0,
        "lines_left_out": [],
        "letters": None,
        "odd_times": [],
    }
    counts |= {"odd_times": [], "first_day": "2026-05-04", "last_day": "2026-05-04"}
    counts |= {"unusable": {"rows": 0, "tickets": 0, "listed": []}}
    counts |= {"repeated": {"rows": 0, "tickets": 0, "different": 0}}
    counts |= {"changes": {"updated": 0, "unchanged": 0, "less": 0, "fields": {}}}
    (run,) = world.ask("SELECT id, file_name, mapping, counts, created_at FROM import_runs")
    assert run[1:] == ("log.csv", "small", counts, NOW)
    assert world.ask("SELECT action, target_type, target_id, actor_id, before, after, at FROM audit_log") == [
        ("import", "import_run", run[0], None, None, counts, NOW)
    ]


def test_the_tables_hold_nothing_else(world: World, log: Path) -> None:
    world.load(log)
    rows = {"ai_sessions": 2, "ai_session_steps": 5, "session_handoffs": 1, "handoff_events": 3}
    assert world.counts() == {**rows, "memberships": 2, "import_runs": 1, "audit_log": 1}


def test_rows_that_are_equal_in_order_stay_as_they_are_in_the_file(world: World, tmp_path: Path) -> None:
    rows = [row("T1", 1, "09:00", "Ada", note=note) for note in ("c", "a", "b")]
    world.load(write_log(tmp_path / "log.csv", rows))
    assert world.ask("SELECT content->>'note' FROM ai_session_steps ORDER BY position") == [("c",), ("a",), ("b",)]


def test_a_case_can_be_ordered_by_a_time(world: World, tmp_path: Path) -> None:
    rows = [row("T1", 1, "10:00", "Ada", note="b"), row("T1", 1, "9:00", "Ada", note="a")]
    mapping = Mapping.model_validate({**MAPPING, "case": {"id": "ticket", "order": ["at"]}})
    world.load(write_log(tmp_path / "log.csv", rows), mapping)
    assert world.ask("SELECT content->>'note' FROM ai_session_steps ORDER BY position") == [("a",), ("b",)]


def test_the_same_file_again_changes_nothing(world: World, log: Path) -> None:
    world.load(log)
    before = world.counts()
    again = world.load(log, now=NOW + timedelta(days=1))
    assert again == ImportSummary(rows=5, already_imported_at=NOW)
    assert world.counts() == before


def test_the_same_file_packed_is_the_same_file(world: World, log: Path, tmp_path: Path) -> None:
    world.load(log)
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    assert world.load(packed).already_imported_at == NOW


@pytest.mark.parametrize(("ours", "theirs"), [("#T3", "T3"), ("T3", "#T3"), (" # t3", "T3"), ("T3", "t3")])
def test_a_number_that_is_written_in_another_way_is_that_of_the_same_ticket(
    world: World, log: Path, tmp_path: Path, ours: str, theirs: str
) -> None:
    world.load(log)
    with account_transaction(world.url, world.account_id) as connection:
        connection.execute(
            "UPDATE ai_sessions SET last_activity_at = now(), psa_ticket_id = %s WHERE psa_ticket_id = 'T1'",
            (ours,),
        )
    rows = [row(theirs, 1, "09:00", "Ada"), row("T30", 1, "09:00", "Ada")]
    summary = world.load(write_log(tmp_path / "newer.csv", rows))
    assert (summary.sessions, summary.cases_already_here) == (1, 1)


def test_a_ticket_with_a_session_of_the_accounts_own_is_left_as_it_is(
    world: World, log: Path, tmp_path: Path
) -> None:
    world.load(log)
    with account_transaction(world.url, world.account_id) as connection:
        connection.execute(b"UPDATE ai_sessions SET last_activity_at = now() WHERE psa_ticket_id = 'T1'")
    rows = [row("T1", 1, "09:00", "Ada"), row("T1", 2, "09:00", "Ada"), row("T3", 1, "09:00", "Joan")]
    summary = world.load(write_log(tmp_path / "newer.csv", rows))
    assert summary == ImportSummary(rows=3, sessions=1, steps=1, people_created=1, cases_already_here=1)
    query = "SELECT psa_ticket_id, step_count FROM ai_sessions ORDER BY 1"
    assert world.ask(query) == [("T1", 4), ("T2", 1), ("T3", 1)]


def test_a_person_of_an_earlier_import_is_the_same_person(world: World, log: Path, tmp_path: Path) -> None:
    world.load(log)
    ada = world.ask("SELECT user_id FROM memberships WHERE external_name = 'Ada'")
    summary = world.load(write_log(tmp_path / "newer.csv", [row("T3", 1, "09:00", "Ada")]))
    assert summary.people_created == 0
    assert world.ask("SELECT user_id FROM ai_sessions WHERE psa_ticket_id = 'T3'") == ada


def test_accounts_do_not_share_an_import_or_its_people(world: World, other_world: World, log: Path) -> None:
    world.load(log)
    assert other_world.load(log).people_created == 2
    assert other_world.counts() == world.counts()
    query = "SELECT user_id FROM memberships"
    assert not set(other_world.ask(query)) & set(world.ask(query))


def test_an_account_that_is_not_there_is_an_error(world: World, log: Path) -> None:
    with pytest.raises(NotFoundError, match="There is no account"):
        import_log(world.url, uuid4(), log, SMALL, now=NOW)


def test_a_log_without_rows_is_recorded_and_adds_nothing(world: World, tmp_path: Path) -> None:
    assert world.load(write_log(tmp_path / "log.csv", [])) == ImportSummary(rows=0)
    assert world.counts() == {**NOTHING, "import_runs": 1, "audit_log": 1}


def test_progress_ends_each_phase_in_full(world: World, log: Path) -> None:
    reported: list[ImportProgress] = []
    world.load(log, progress=reported.append)
    size = log.stat().st_size
    assert reported == [
        ImportProgress("reading", size, size),
        ImportProgress("writing", 5, 5),
        ImportProgress("writing", 5, 5),
    ]
    assert [progress.fraction for progress in reported] == [1.0, 1.0, 1.0]
