"""A mapping that is made by looking brings the small logs of the field as their README says."""

import tomllib
from pathlib import Path

import pytest

from flowpilot.imports.guess.columns import Column
from flowpilot.imports.guess.roles import Roles
from flowpilot.imports.guess.suggest import suggest_mapping
from flowpilot.imports.mapping.loading import load_mapping
from flowpilot.imports.reading.errors import LogFileError
from tests.conftest import SHARED_DATA
from tests.imports.helpers import World

FIELD = SHARED_DATA / "field"
MINUTES = (
    "SELECT psa_ticket_id, status, extract(epoch FROM resolved_at - created_at)::int / 60"
    " FROM ai_sessions ORDER BY 1"
)


def bring(world: World, folder: Path, file: Path, zone: str = "UTC") -> World:
    mapping = folder / "mapping.toml"
    mapping.write_text(suggest_mapping(file, zone))
    world.load(file, load_mapping(str(mapping)))
    return world


def test_an_event_log(world: World, tmp_path: Path) -> None:
    bring(world, tmp_path, FIELD / "event-log.csv")
    assert world.ask(MINUTES) == [("M1", "resolved", 2880)]
    assert world.ask("SELECT external_name FROM memberships ORDER BY 1") == [("Ada",), ("Grace",)]
    engineer = "SELECT u.name FROM ai_sessions s JOIN users u ON u.id = s.user_id"
    assert world.ask(engineer) == [("Grace",)]


def test_one_row_a_ticket(world: World, tmp_path: Path) -> None:
    bring(world, tmp_path, FIELD / "one-row-a-ticket.csv", "Europe/Berlin")
    assert world.ask(MINUTES) == [
        ("T-1001", "resolved", 180),
        ("T-1002", "resolved", 35),
        ("T-1003", "requesting_escalation", None),
        ("T-1004", "resolved", 4320),
    ]
    claims = "SELECT extract(epoch FROM claimed_at - created_at)::int FROM session_handoffs ORDER BY created_at"
    assert world.ask(claims) == [(1800,), (None,)]
    assert world.ask("SELECT DISTINCT client_name FROM ai_sessions ORDER BY 1")[-1] == ("Müller & Söhne",)


def test_json_lines(world: World, tmp_path: Path) -> None:
    bring(world, tmp_path, FIELD / "tickets.jsonl")
    assert world.ask(MINUTES) == [("J-1", "resolved", 1440), ("J-2", "active", None)]


def test_a_german_event_log(world: World, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(
        "Fall;Aktivität;Zeitstempel;Bearbeiter\nA;Eröffnet;01.06.2026 08:00;Ada\nA;Gelöst;01.06.2026 09:00;Ada\n"
        "A;Wieder geöffnet;02.06.2026 08:00;Ada\nA;Gelöst;13.06.2026 08:00;Bob\n"
        "A;Geschlossen;20.06.2026 08:00;System\n"
        "B;Eröffnet;01.06.2026 08:00;Ada\nB;Abgebrochen;02.06.2026 08:00;Ada\n"
    )
    bring(world, tmp_path, file)
    assert world.ask(MINUTES) == [("A", "resolved", 12 * 24 * 60), ("B", "abandoned", None)]


EVENT = """
    <event><string key="concept:name" value="{}"/><string key="org:resource" value="{}"/>
      <date key="time:timestamp" value="2026-06-0{}T09:00:00Z"/></event>"""
XES = f"""<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <trace><string key="concept:name" value="M1"/><string key="creator" value="Tool"/>
    {EVENT.format("Open", "Ada", 1)}{EVENT.format("Closed", "Grace", 3)}
  </trace>
</log>"""
# As pm4py writes an event log; in some, the attributes of the case come first.
EVENTS_CSV = """,case:creator,org:resource,concept:name,time:timestamp,case:concept:name
0,Tool,Ada,Open,2026-06-01 09:00:00+00:00,M1
1,Tool,Grace,Closed,2026-06-03 09:00:00+00:00,M1
"""


@pytest.mark.parametrize(("name", "text"), [("log.xes", XES), ("log.csv", EVENTS_CSV)])
def test_a_log_by_the_standard_for_event_logs(world: World, tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    bring(world, tmp_path, file)
    assert world.ask(MINUTES) == [("M1", "resolved", 2880)]
    steps = "SELECT content FROM ai_session_steps ORDER BY position"
    assert world.ask(steps) == [({"concept:name": "Open"},), ({"concept:name": "Closed"},)]
    assert world.ask("SELECT external_name FROM memberships ORDER BY 1") == [("Ada",), ("Grace",)]


def test_the_number_of_a_case_is_not_read_as_something_else_too(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("ticket_activity,when\nA1,2026-06-01T09:00:00Z\nA1,2026-06-02T09:00:00Z\n")
    mapping = tomllib.loads(suggest_mapping(file, "UTC"))
    assert mapping["case"] == {"id": "ticket_activity"}
    assert "step" not in mapping


@pytest.mark.parametrize(
    ("values", "done"),
    [
        (["Unresolved", "Not solved", "Incomplete", "nicht gelöst", "Reopened", "Pending close"], []),
        (["Done", "In Progress", "Closed as duplicate", "gelöst"], ["Closed as duplicate", "Done", "gelöst"]),
    ],
)
def test_what_is_not_done_is_not_taken_for_done(values: list[str], done: list[str]) -> None:
    status = Column("Status", len(values), tuple(values))
    assert Roles({"status": status}, None, repeats=False).done_values("status") == done


def test_a_file_without_an_id_or_times_says_which_columns_it_has(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("colour,size\nred,1\nblue,2\n")
    with pytest.raises(LogFileError, match="The file's columns are: colour, size\\."):
        suggest_mapping(file, "UTC")
