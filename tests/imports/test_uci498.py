"""The facts of a real ServiceNow log (UCI 498), each recomputed with SQL from our own tables.

The file is imported once; its facts were computed beforehand by two engines that are not ours.
"""

import csv
import gzip
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from flowpilot.db.connect import DatabaseUrls
from flowpilot.imports.loader import ImportSummary
from flowpilot.imports.mapping.loading import load_mapping
from tests.conftest import SHARED_DATA
from tests.imports.helpers import NOW, World, new_world

FILE = SHARED_DATA / "uci498" / "incident_event_log.csv.gz"
HOURS = "EXTRACT(EPOCH FROM resolved_at - created_at) / 3600"
MEDIAN = "percentile_cont(0.5) WITHIN GROUP (ORDER BY {})"

Imported = tuple[World, ImportSummary]


@pytest.fixture(scope="module")
def imported(urls: DatabaseUrls) -> Imported:
    if not FILE.exists():
        absent = pytest.fail if os.environ.get("CI") else pytest.skip
        absent(f"{FILE.name} is not here")
    world = new_world(urls)
    return world, world.load(FILE, load_mapping("servicenow"))


@pytest.fixture(scope="module")
def uci(imported: Imported) -> World:
    return imported[0]


def log_rows() -> Iterator[dict[str, str]]:
    with gzip.open(FILE, "rt", newline="") as file:
        yield from csv.DictReader(file)


def rounded(values: tuple[Any, ...]) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)


def test_the_summary_says_what_was_added(imported: Imported) -> None:
    counted = replace(imported[1], warnings=[])
    assert counted == ImportSummary(
        rows=141_712,
        sessions=24_918,
        steps=141_712,
        handoffs=23_414,
        claimed=16_230,
        people_created=1_133,
    )


def test_the_one_claim_before_its_handoff_is_a_warning(imported: Imported) -> None:
    moments = {"text": "29/2/2016 08:53", "begins": "1/3/2016 11:56"}
    assert imported[1].warnings == [{"ticket": "INC0000164", "field": "claimed_at", **moments}]


@pytest.mark.one_server
def test_rows_and_sessions(uci: World) -> None:
    query = (
        "SELECT (SELECT count(*) FROM ai_session_steps), count(*), count(DISTINCT psa_ticket_id) FROM ai_sessions"
    )
    assert uci.ask(query) == [(141_712, 24_918, 24_918)]


@pytest.mark.parametrize(("column", "values"), [("category", 59), ("assignment_group", 79), ("assigned_to", 235)])
def test_distinct_values_of_a_step(uci: World, column: str, values: int) -> None:
    query = f"SELECT count(DISTINCT COALESCE(content->>'{column}', '?')) FROM ai_session_steps"
    assert uci.ask(query) == [(values,)]


def test_distinct_resolvers_in_the_file(uci: World) -> None:
    assert len({row["resolved_by"] for row in log_rows()}) == 217


def test_resolved_and_not(uci: World) -> None:
    query = "SELECT status, count(*), count(resolved_at) FROM ai_sessions GROUP BY 1 ORDER BY 1"
    assert uci.ask(query) == [("abandoned", 1_556, 0), ("resolved", 23_362, 23_362)]


def test_hours_to_resolution(uci: World) -> None:
    query = f"SELECT avg({HOURS}), {MEDIAN.format(HOURS)} FROM ai_sessions WHERE status = 'resolved'"
    assert rounded(uci.ask(query)[0]) == (178.1716, 22.1000)


def test_steps_per_session(uci: World) -> None:
    assert uci.ask("SELECT round(avg(step_count), 3)::text, max(step_count) FROM ai_sessions") == [("5.687", 58)]


def test_the_step_counts_are_those_of_the_steps(uci: World) -> None:
    query = """
        SELECT count(*) FROM ai_sessions s
        JOIN (SELECT session_id, count(*) n, max(position) last FROM ai_session_steps GROUP BY 1) t
            ON session_id = s.id AND n = step_count AND last = step_count
        WHERE answer_count = 0 AND free_text_count = 0"""
    assert uci.ask(query) == [(24_918,)]


def test_handoffs_and_the_sessions_with_one(uci: World) -> None:
    query = "SELECT count(*), count(DISTINCT session_id) FROM session_handoffs"
    assert uci.ask(query) == [(23_414, 11_369)]
    assert round(100 * 11_369 / 24_918, 2) == 45.63


def test_each_case_has_as_many_handoffs_as_its_own_final_count(uci: World) -> None:
    final: dict[str, tuple[int, int]] = {}
    for row in log_rows():
        # Of rows with the same modification count, the later one in the file is the later one.
        latest = (int(row["sys_mod_count"]), int(row["reassignment_count"]))
        final[row["number"]] = max(final.get(row["number"], latest), latest, key=lambda pair: pair[0])
    query = """
        SELECT psa_ticket_id, count(h.id) FROM ai_sessions s
        LEFT JOIN session_handoffs h ON session_id = s.id GROUP BY 1"""
    assert dict(uci.ask(query)) == {number: count for number, (_, count) in final.items()}


def test_claims(uci: World) -> None:
    minutes = MEDIAN.format("EXTRACT(EPOCH FROM claimed_at - created_at) / 60")
    query = f"SELECT count(claimed_by), count(claimed_at), {minutes} FROM session_handoffs"
    # One of them is dated before its handoff.
    assert uci.ask(query) == [(16_230, 16_229, 952.0)]


def test_nobody_claims_their_own_handoff(uci: World) -> None:
    assert uci.ask("SELECT count(*) FROM session_handoffs WHERE claimed_by = created_by") == [(0,)]


@pytest.mark.parametrize(
    ("domain", "sessions", "resolved", "hours"),
    [
        ("Category 42", 3_558, 3_138, 98.5477),
        ("Category 26", 3_338, 3_045, 83.2927),
        ("Category 53", 2_678, 2_587, 128.1246),
    ],
)
def test_a_category(uci: World, domain: str, sessions: int, resolved: int, hours: float) -> None:
    query = f"SELECT count(*), count(resolved_at), avg({HOURS}) FROM ai_sessions WHERE problem_domain = '{domain}'"
    assert rounded(uci.ask(query)[0]) == (sessions, resolved, hours)


def test_facts_missing_from_the_log_are_unknown(uci: World) -> None:
    query = """
        SELECT count(*) FROM ai_sessions
        WHERE num_nonnulls(confidence_tier, matched_flow_id, session_rating) > 0 OR problem_domain = '?'"""
    assert uci.ask(query) == [(0,)]
    assert uci.ask("SELECT count(*) FROM psa_post_logs") == [(0,)]
    assert uci.ask("SELECT count(*) FROM memberships WHERE external_name = '?'") == [(0,)]


def test_every_handoff_is_over_and_not_before_its_claim(uci: World) -> None:
    query = "SELECT count(*) FROM session_handoffs WHERE closed_at >= GREATEST(created_at, claimed_at)"
    assert uci.ask(query) == [(23_414,)]


def test_the_first_action_is_the_earliest_step_after_the_claim(uci: World) -> None:
    query = """
        SELECT count(*) FROM session_handoffs h LEFT JOIN LATERAL (
            SELECT created_at, actor_id FROM ai_session_steps s
            WHERE s.account_id = h.account_id AND s.session_id = h.session_id AND s.created_at > h.claimed_at
            ORDER BY created_at, position LIMIT 1) action ON true
        WHERE (first_action_at, first_action_by) IS NOT DISTINCT FROM (action.created_at, action.actor_id)"""
    assert uci.ask(query) == [(23_414,)]


def test_the_claimants_first_action_is_the_earliest_of_the_claimants_steps(uci: World) -> None:
    query = """
        SELECT count(*) FROM session_handoffs h LEFT JOIN LATERAL (
            SELECT min(created_at) AS at FROM ai_session_steps s
            WHERE s.account_id = h.account_id AND s.session_id = h.session_id AND s.created_at > h.claimed_at
              AND s.actor_id = h.claimed_by AND s.created_at <= h.closed_at) action ON true
        WHERE claimant_action_at IS NOT DISTINCT FROM action.at"""
    assert uci.ask(query) == [(23_414,)]


def test_each_handoff_has_its_events(uci: World) -> None:
    query = "SELECT kind, count(*), count(DISTINCT handoff_id) FROM handoff_events GROUP BY 1 ORDER BY 1"
    reassigned = 23_414 - 11_369
    assert uci.ask(query) == [
        ("claimed", 16_229, 16_229),
        ("closed", 11_369, 11_369),
        ("created", 23_414, 23_414),
        ("reassigned", reassigned, reassigned),
    ]


def test_a_second_import_changes_nothing(uci: World) -> None:
    before = uci.counts()
    again = uci.load(FILE, load_mapping("servicenow"), now=NOW + timedelta(days=1))
    assert again == ImportSummary(rows=141_712, already_imported_at=NOW)
    assert uci.counts() == before
