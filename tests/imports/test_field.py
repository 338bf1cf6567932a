"""Small logs that were tried in the field: each gives the values that its README says are right."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flowpilot.imports.choosing.bases import DraftRequest, begin
from flowpilot.imports.mapping.loading import mapping_of
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import preview_log
from tests.conftest import SHARED_DATA
from tests.imports.helpers import World

FIELD = SHARED_DATA / "field"
ISO = {"format": "iso", "zone": "UTC"}


def june(day: int, clock: str, zone: int = 0) -> datetime:
    return datetime.fromisoformat(f"2026-06-{day:02} {clock}").replace(tzinfo=UTC) - timedelta(hours=zone)


@pytest.fixture
def brought(world: World) -> Callable[[str, dict[str, Any]], World]:
    def bring(file: str, mapping: dict[str, Any]) -> World:
        world.load(FIELD / file, Mapping.model_validate({"name": file, **mapping}))
        return world

    return bring


SESSIONS = "SELECT psa_ticket_id, status, created_at, resolved_at FROM ai_sessions ORDER BY psa_ticket_id"
HANDOFFS = (
    "SELECT s.psa_ticket_id, h.created_at, h.claimed_at, u.name, h.closed_at FROM session_handoffs h"
    " JOIN ai_sessions s ON s.account_id = h.account_id AND s.id = h.session_id"
    " LEFT JOIN users u ON u.id = h.claimed_by ORDER BY s.psa_ticket_id"
)


def test_an_event_log_has_its_times_in_its_rows(brought: Callable[[str, dict[str, Any]], World]) -> None:
    world = brought(
        "event-log.csv",
        {
            "times": ISO,
            "case": {"id": "case"},
            "row": {"at": "when", "by": "who"},
            "session": {
                "created_at": {"row": "first"},
                "resolved_at": {"row": "last", "column": "activity", "values": ["Closed"]},
                "status": [
                    {"status": "resolved", "column": "activity", "values": ["Closed"]},
                    {"status": "abandoned"},
                ],
            },
        },
    )
    assert world.ask(SESSIONS) == [("M1", "resolved", june(1, "09:00"), june(3, "09:00"))]
    people = "SELECT u.name FROM ai_session_steps s JOIN users u ON u.id = s.actor_id ORDER BY s.position"
    assert world.ask(people) == [("Ada",), ("Grace",)]


def test_an_automatic_reply_neither_claims_nor_acts(brought: Callable[[str, dict[str, Any]], World]) -> None:
    world = brought(
        "automatic-reply.csv",
        {
            "times": ISO,
            "case": {"id": "case"},
            "row": {"at": "when", "by": "who"},
            "people": {"machines": ["Mailbot"]},
            "session": {"created_at": {"row": "first"}, "status": [{"status": "abandoned"}]},
            "step": {"content": ["act"]},
            "handoff": {"start": {"counter": "n"}},
        },
    )
    assert world.ask(HANDOFFS) == [("M6", june(1, "09:00"), june(1, "11:00"), "Grace", june(1, "11:30"))]
    assert world.ask("SELECT first_action_at FROM session_handoffs") == [(june(1, "11:30"),)]
    assert world.ask("SELECT name FROM users WHERE name = 'Mailbot'") == []


def test_one_row_a_ticket_keeps_its_claims_and_what_is_open(
    brought: Callable[[str, dict[str, Any]], World],
) -> None:
    world = brought(
        "one-row-a-ticket.csv",
        {
            "times": {"format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"},
            "case": {"id": "Ticket"},
            "ticket": {
                "first_response": {"at": "First response"},
                "escalated": {"at": "Escalated"},
                "claimed": {"at": "Taken at", "by": "Taken by"},
                "closed_at": "Closed",
            },
            "session": {
                "created_at": "Opened",
                "resolved_at": "Resolved",
                "client": "Client",
                "summary": ["Subject"],
                "status": [{"status": "resolved", "column": "Resolved"}, {"status": "open"}],
            },
        },
    )
    assert world.ask(SESSIONS) == [
        ("T-1001", "resolved", june(3, "08:00", 2), june(3, "11:00", 2)),
        ("T-1002", "resolved", june(3, "10:00", 2), june(3, "10:35", 2)),
        ("T-1003", "requesting_escalation", june(4, "09:00", 2), None),
        ("T-1004", "resolved", june(5, "14:00", 2), june(8, "14:00", 2)),
    ]
    assert world.ask(HANDOFFS) == [
        ("T-1001", june(3, "09:00", 2), june(3, "09:30", 2), "Grace", june(3, "11:00", 2)),
        ("T-1003", june(4, "10:00", 2), None, None, None),
    ]
    named = "SELECT problem_summary, client_name FROM ai_sessions ORDER BY psa_ticket_id"
    assert world.ask(named) == [
        ("Outlook asks for a password; again", "Harbour Logistics"),
        ("Printer offline", "Granite Works"),
        ("VPN drops", "Harbour Logistics"),
        ("Neuer Mitarbeiter am Montag", "Müller & Söhne"),
    ]


def test_json_lines_have_epoch_milliseconds_and_null(brought: Callable[[str, dict[str, Any]], World]) -> None:
    world = brought(
        "tickets.jsonl",
        {
            "times": {"format": "epoch_ms", "zone": "UTC"},
            "case": {"id": "key"},
            "ticket": {},
            "session": {
                "created_at": "created",
                "resolved_at": "resolved",
                "summary": ["summary"],
                "engineer": ["assignee"],
                "status": [{"status": "resolved", "column": "resolved"}, {"status": "open"}],
            },
        },
    )
    assert world.ask(SESSIONS) == [
        ("J-1", "resolved", june(1, "08:00"), june(2, "08:00")),
        ("J-2", "active", june(1, "09:00"), None),
    ]


def test_an_end_before_its_beginning_is_unknown(brought: Callable[[str, dict[str, Any]], World]) -> None:
    world = brought(
        "end-before-beginning.csv",
        {
            "times": ISO,
            "case": {"id": "case"},
            "row": {"at": "when", "by": "who"},
            "session": {
                "created_at": "opened",
                "resolved_at": "closed",
                "status": [{"status": "resolved", "column": "closed"}, {"status": "abandoned"}],
            },
        },
    )
    assert world.ask(SESSIONS) == [
        ("M3", "resolved", june(10, "12:00"), None),
        ("M4", "resolved", june(10, "12:00"), june(10, "15:00")),
        ("M5", "resolved", june(10, "12:00"), None),
    ]


@pytest.mark.parametrize(
    ("file", "zone", "minutes", "unknown"),
    [
        ("event-log.csv", "UTC", [2_880], 0),
        ("one-row-a-ticket.csv", "Europe/Berlin", [35, 180, 4_320], 0),
        ("tickets.jsonl", "UTC", [1_440], 0),
        ("end-before-beginning.csv", "UTC", [180], 2),
    ],
)
def test_the_mapping_that_is_suggested_has_the_right_times_to_resolution(
    world: World, file: str, zone: str, minutes: list[float], unknown: int
) -> None:
    mapping = mapping_of(begin(FIELD / file, DraftRequest(zone), {}).draft)
    found = preview_log(world.url, world.account_id, FIELD / file, mapping, now=june(30, "12:00"))
    assert (sorted(found.figures.minutes), found.figures.ends_unknown) == (minutes, unknown)
