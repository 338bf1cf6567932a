"""A later export of a log goes on with the earlier one, also if its mapping is not the same to the letter."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flowpilot.imports.case.merging import Statement, add_to, merged_case
from flowpilot.imports.case.model import Case
from flowpilot.imports.choosing.bases import DraftRequest, begin
from flowpilot.imports.mapping.loading import mapping_of
from flowpilot.imports.mapping.whole import Mapping
from tests.imports.helpers import World
from tests.imports.known.test_said import written

CLOSED = {"column": "what", "values": ["Closed"]}
BASE: dict[str, Any] = {
    "name": "may",
    "times": {"format": "%Y-%m-%d %H:%M", "zone": "UTC"},
    "case": {"id": "case"},
    "row": {"at": "at", "by": "who"},
    "session": {
        "created_at": {"row": "first"},
        "resolved_at": {"row": "last", **CLOSED},
        "attributes": "last_known",
        "status": [{"status": "resolved", "row": "any", **CLOSED}, {"status": "open"}],
    },
    "step": {"content": ["what"]},
}
MAY = [("05-30 09:00", "Ada", "Open"), ("05-31 09:00", "Ada", "Note")]
JUNE = [("06-01 09:00", "Ada", "Call"), ("06-01 10:00", "Ada", "Note"), ("06-02 09:00", "Grace", "Closed")]
ALL = ["Open", "Note", "Call", "Note", "Closed"]


def said(rows: list[tuple[str, str, str]], pattern: str = "%Y-%m-%d %H:%M", **others: Any) -> Statement:
    """What an import says whose mapping differs in `others`, and whose times are written in this way."""
    stated = {"times": {"format": pattern, "zone": "UTC"}, **others}
    mapping = mapping_of(BASE | stated)
    cells: list[dict[str, str | None]] = [
        {"case": "7", "at": f"{datetime.fromisoformat(f'2026-{at}'):{pattern}}", "who": who, "what": what}
        for at, who, what in rows
    ]
    return Statement(mapping, [{name: row.get(name) for name in mapping.uses} for row in cells])


def steps(case: Case) -> list[str]:
    return [step.content["what"] for step in case.steps]


OPEN = {"created_at": {"row": "first"}, "attributes": "last_known", "status": [{"status": "open"}]}


@pytest.mark.parametrize(
    "others",
    [
        {"name": "june"},
        {"system": "desk"},
        {"file": {"leave_out_unusable": True, "delimiter": ";", "header_line": 3}},
        {"file": {"unknown": ["", "?"]}},
        {"people": {"machines": ["Robot"], "groups": ["Second line"]}},
        {"session": OPEN},
        {"handoff": {"start": {"column": "what", "values": ["Escalated"]}}},
        {"pattern": "%d.%m.%Y %H:%M"},
        {"pattern": "%Y-%m-%dT%H:%M:%S"},
        {"step": {"content": ["what", "remark"]}},
        {"session": BASE["session"] | {"engineer": ["owner"]}},
    ],
)
@pytest.mark.parametrize("is_earlier", [True, False])
def test_a_month_goes_on_with_the_month_before(others: dict[str, Any], *, is_earlier: bool) -> None:
    may = said(MAY, **others) if is_earlier else said(MAY)
    june = said(JUNE) if is_earlier else said(JUNE, **others)
    case = merged_case([may, june])
    assert (steps(case), f"{case.created_at:%m-%d %H:%M}") == (ALL, "05-30 09:00")
    again = said([*MAY, *JUNE], **others)
    assert steps(merged_case([may, june, again])) == steps(merged_case([again, may, june])) == ALL
    assert steps(add_to([may, june], said(JUNE, **others)).case) == ALL


def test_a_mapping_that_reads_other_times_in_the_same_texts_replaces_what_the_wrong_one_read() -> None:
    rows = [("06-05 09:00", "Ada", "Open"), ("06-07 09:00", "Ada", "Closed")]
    right = said(rows, "%d/%m/%Y %H:%M")
    wrong = Statement(mapping_of(BASE | {"times": {"format": "%m/%d/%Y %H:%M", "zone": "UTC"}}), right.rows)
    assert merged_case([wrong, right]) == merged_case([right])
    other_zone = said(rows, times={"format": "%Y-%m-%d %H:%M", "zone": "Europe/Vienna"})
    assert merged_case([said(rows), other_zone]) == merged_case([other_zone])


def test_a_mapping_that_needs_what_an_import_did_not_keep_goes_without_it() -> None:
    numbered = said([], case={"id": "case", "order": ["number"]})
    rows = [{**row, "number": str(place)} for place, row in enumerate(said(JUNE).rows)]
    assert steps(merged_case([said(MAY), Statement(numbered.mapping, rows)])) == ["Call", "Note", "Closed"]


def test_what_only_an_earlier_mapping_reads_of_the_case_stays() -> None:
    earlier = said([], session=BASE["session"] | {"client": "for"})
    rows = [{**row, "for": "Miller Ltd"} for row in said(MAY).rows]
    case = merged_case([Statement(earlier.mapping, rows), said(JUNE)])
    assert (case.client, steps(case)) == ("Miller Ltd", ALL)


def test_cells_that_were_unknown_to_one_import_make_no_second_row() -> None:
    unknown = said([("05-30 09:00", "?", "Open")])
    known = said([], file={"unknown": ["", "?"]})
    rows = [{**row, "who": None} for row in unknown.rows]
    for statements in ([unknown, Statement(known.mapping, rows)], [Statement(known.mapping, rows), unknown]):
        assert steps(merged_case(statements)) == ["Open"]


def guessed(file: Path) -> Mapping:
    return mapping_of(begin(file, DraftRequest("UTC"), {}).draft | {"system": "desk"})


@pytest.mark.one_server
def test_two_months_that_were_guessed_from_files_of_other_names_are_one_history(
    world: World, tmp_path: Path
) -> None:
    """May's file has no ticket that is closed, and writes its times in another way."""
    header = "case,activity,when,who\n"
    may = (
        header
        + "7,Open,30.05.2026 09:00,Ada\n7,Note,31.05.2026 09:00,Ada\n8,Open,31.05.2026 10:00,Ada\n"
        + "8,Note,31.05.2026 11:00,Ada\n"
    )
    june = (
        header
        + "7,Call,2026-06-01 09:00:00,?\n7,Note,2026-06-01 10:00:00,Ada\n7,Closed,2026-06-01 11:00:00,Grace\n"
        + "9,Open,2026-06-01 09:00:00,Ada\n9,Closed,2026-06-01 10:00:00,Ada\n"
    )
    for name, text in (("log-may.csv", may), ("level2.csv", june)):
        file = written(tmp_path / name, text)
        world.load(file, guessed(file))
    assert world.ask(
        "SELECT s.status, to_char(s.created_at, 'MM-DD HH24:MI'), count(*) FROM ai_sessions s"
        " JOIN ai_session_steps p ON p.account_id = s.account_id AND p.session_id = s.id"
        " WHERE s.psa_ticket_id = '7' GROUP BY s.id, s.status, s.created_at"
    ) == [("resolved", "05-30 09:00", 5)]
