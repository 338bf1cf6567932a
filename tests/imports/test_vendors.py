"""Each shipped mapping reads a small export with its vendor's columns, made by us, as the how-to says."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter

from flowpilot.imports.case.build import build_case
from flowpilot.imports.case.model import Case
from flowpilot.imports.checking import Checker
from flowpilot.imports.loader import ImportSummary
from flowpilot.imports.mapping.loading import load_mapping, shipped_mappings
from flowpilot.imports.reading.opening import open_log
from tests.imports.helpers import NOW, World

SAMPLES = Path(__file__).parent / "samples"
SPREADSHEETS = {"zammad": "texts", "servicenow-labels": "dates"}
HARBOUR, GRANITE = "Harbour Logistics", "Granite Works"

# Of each case: ticket, status, begin and end (days of June and times, in UTC), engineer, client and domain.
SESSIONS: dict[str, list[tuple[str | None, ...]]] = {
    "jira": [
        ("HELP-1", "resolved", "1 09:00", "1 13:30", "Ada Brook", None, None),
        ("HELP-2", "active", "2 11:15", None, "Grace Holm", None, None),
        ("HELP-3", "abandoned", "3 12:05", None, None, None, None),
    ],
    "jsm": [
        ("DESK-1", "resolved", "1 09:00", "1 13:30", "Ada Brook", HARBOUR, None),
        ("DESK-2", "active", "2 11:15", None, "Grace Holm", GRANITE, None),
    ],
    "zendesk": [
        ("501", "resolved", "1 09:00", "1 11:30", "Ada Brook", HARBOUR, None),
        ("502", "active", "2 10:00", None, "Grace Holm", GRANITE, None),
        ("504", "active", "3 08:00", None, None, HARBOUR, None),
    ],
    "zammad": [
        ("26001", "resolved", "1 09:00", "1 12:00", "Ada Brook", HARBOUR, None),
        ("26002", "active", "2 10:00", None, None, GRANITE, None),
        ("26004", "active", "3 08:00", None, "Grace Holm", HARBOUR, None),
    ],
    "freshdesk": [
        ("701", "resolved", "1 09:00", "1 14:00", "Ada Brook", HARBOUR, "Network"),
        ("702", "active", "2 10:00", None, "Grace Holm", GRANITE, "Accounts"),
        ("703", "active", "3 08:00", None, None, GRANITE, None),
    ],
    "osticket": [
        ("340021", "resolved", "1 09:00", "1 16:00", "Ada Brook", None, "Printing"),
        ("340022", "active", "2 12:30", None, None, None, "Accounts"),
    ],
    "halopsa": [
        ("88001", "resolved", "1 08:00", "1 12:00", "Grace Holm", HARBOUR, "Servers"),
        ("88002", "requesting_escalation", "2 10:00", None, "Grace Holm", GRANITE, "Mail"),
    ],
    # The state decides: the last one was resolved once, and is open again.
    "servicenow-fields": [
        ("INC0010001", "resolved", "1 09:00", "1 12:30", "Ada Brook", None, "Network"),
        ("INC0010002", "active", "2 10:00", None, "Grace Holm", None, "Software"),
        ("INC0010003", "abandoned", "3 08:00", None, None, None, "Hardware"),
        ("INC0010004", "active", "3 11:00", None, None, None, None),
    ],
    "servicenow-labels": [
        ("INC0010011", "resolved", "1 09:00", "1 10:45", "Ada Brook", None, "Hardware"),
        ("INC0010012", "active", "2 10:00", None, None, None, "Inquiry / Help"),
    ],
    # New York is four hours behind UTC in June.
    "connectwise": [
        ("104201", "resolved", "1 13:00", "1 17:15", "abrook", HARBOUR, "Network"),
        ("104202", "active", "2 14:00", None, "gholm", GRANITE, "Accounts"),
        ("104203", "abandoned", "3 12:00", None, "gholm", GRANITE, "Hardware"),
    ],
    "autotask": [
        ("T20260601.0001", "resolved", "1 13:00", "1 16:30", "Holm, Grace", HARBOUR, "Applications"),
        ("T20260602.0004", "active", "2 14:00", None, None, GRANITE, "Telephony"),
    ],
}
STEPS: dict[str, list[tuple[str, str, str | None]]] = {
    "jira": [],
    "jsm": [],
    "zendesk": [],
    "zammad": [("26001", "1 09:25", "Ada Brook"), ("26004", "3 08:10", "Grace Holm")],
    "freshdesk": [("701", "1 09:45", "Ada Brook"), ("702", "2 10:20", "Grace Holm")],
    "osticket": [],
    "servicenow-fields": [],
    "servicenow-labels": [],
    # What the customer wrote is by nobody of the desk.
    "halopsa": [
        ("88001", "1 08:00", None),
        ("88001", "1 08:20", "Ada Brook"),
        ("88001", "1 09:00", "Ada Brook"),
        ("88001", "1 09:10", None),
        ("88001", "1 09:30", "Grace Holm"),
        ("88001", "1 12:00", "Grace Holm"),
        ("88002", "2 10:00", "Ada Brook"),
        ("88002", "2 10:15", "Ada Brook"),
    ],
    "connectwise": [("104201", "1 13:20", "jokafor"), ("104202", "2 14:30", "gholm")],
    "autotask": [("T20260601.0001", "1 13:12", "Brook, Ada")],
}
# Of each handoff: ticket, when and by whom, when and by whom it was claimed, and its end.
HANDOFFS: dict[str, list[tuple[str | None, ...]]] = {
    "halopsa": [
        ("88001", "1 09:00", "Ada Brook", "1 09:30", "Grace Holm", "1 12:00"),
        ("88002", "2 10:15", "Ada Brook", None, None, None),
    ],
}


def of_june(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%-d %H:%M}"


def file_of(system: str, folder: Path) -> Path:
    """The system's sample, as the spreadsheet that it is with some; times are dates in those of ServiceNow."""
    sample = SAMPLES / f"{system}.csv"
    if system not in SPREADSHEETS:
        return sample
    book = folder / "tickets.xlsx"
    with sample.open(newline="") as file, xlsxwriter.Workbook(book) as workbook:
        sheet, shown = workbook.add_worksheet(), workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for place, cells in enumerate(csv.reader(file)):
            sheet.write_row(place, 0, cells)
            for column, cell in enumerate(cells):
                if SPREADSHEETS[system] == "dates" and cell.startswith("2026-"):
                    sheet.write_datetime(place, column, datetime.fromisoformat(cell), shown)
    return book


def cases_of(system: str, folder: Path) -> list[Case]:
    """What an import would make of the sample, whose rows are in order."""
    mapping = load_mapping(system)
    rows: dict[str, list[dict[str, str | None]]] = {}
    with open_log(file_of(system, folder), mapping.file.layout) as reader:
        checker = Checker(reader, mapping, NOW)
        for line, fields in reader.rows():
            row = checker.row(line, fields)
            rows.setdefault(str(row[mapping.case.id]), []).append(row)
    built = (build_case(ticket, of_ticket, mapping) for ticket, of_ticket in rows.items())
    return [case for case in built if case is not None]


def test_every_shipped_mapping_has_a_sample() -> None:
    # The event log of ServiceNow is tried with the public data set, in test_uci498.py.
    assert sorted([*SESSIONS, "servicenow"]) == shipped_mappings()


@pytest.mark.parametrize("system", SESSIONS)
def test_an_export_becomes_what_it_says(system: str, tmp_path: Path) -> None:
    cases = cases_of(system, tmp_path)
    assert [
        (
            case.ticket,
            case.status,
            of_june(case.created_at),
            of_june(case.resolved_at),
            case.engineer,
            case.client,
            case.domain,
        )
        for case in cases
    ] == SESSIONS[system]
    assert all(case.summary for case in cases)
    assert [(case.ticket, of_june(step.at), step.by) for case in cases for step in case.steps] == STEPS[system]
    assert [
        (
            case.ticket,
            of_june(handoff.at),
            handoff.by,
            of_june(handoff.claim.at if handoff.claim else None),
            handoff.claim.by if handoff.claim else None,
            of_june(handoff.ended.at if handoff.ended else None),
        )
        for case in cases
        for handoff in case.handoffs
    ] == HANDOFFS.get(system, [])


def test_the_guide_has_the_query_of_the_mapping() -> None:
    mapping = Path("flowpilot/imports/mappings/halopsa.toml").read_text()
    query = [line.removeprefix("#   ") for line in mapping.splitlines() if line.startswith("#   ")]
    assert "\n".join(["```sql", *query, "```"]) in Path("docs/how-to/import-a-log.md").read_text()


def test_a_report_of_actions_is_imported_with_its_claim(world: World) -> None:
    summary = world.load(SAMPLES / "halopsa.csv", load_mapping("halopsa"))
    assert summary == ImportSummary(rows=8, sessions=2, steps=8, handoffs=2, claimed=1, people_created=2)
    assert world.ask("SELECT name FROM clients ORDER BY name") == [(GRANITE,), (HARBOUR,)]
