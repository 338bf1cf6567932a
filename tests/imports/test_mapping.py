import re
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowpilot.imports.case.build import build_case
from flowpilot.imports.case.model import Row
from flowpilot.imports.mapping.file import _exactly, parse_time
from flowpilot.imports.mapping.loading import load_mapping, shipped_mappings
from flowpilot.imports.mapping.sections import ColumnUse, MappingError
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.reading.layout import Layout
from tests.imports.helpers import MAPPING

MINIMAL = """
name = "minimal"
times = { format = "iso", zone = "UTC" }
case = { id = "id" }
row = { at = "at", by = "by" }
session = { created_at = "opened", status = [{ status = "abandoned" }] }
"""


def changed(*keys: str, value: Any) -> dict[str, Any]:
    """The small mapping with one key set, or removed if the value is None."""
    mapping = deepcopy(MAPPING)
    section = mapping
    for key in keys[:-1]:
        section = section[key]
    section[keys[-1]] = value
    if value is None:
        del section[keys[-1]]
    return mapping


def load_toml(folder: Path, text: str) -> Mapping:
    path = folder / "mapping.toml"
    path.write_text(text)
    return load_mapping(str(path))


def test_the_shipped_mapping_is_found_by_its_name() -> None:
    assert "servicenow" in shipped_mappings()
    assert load_mapping("servicenow").name == "ServiceNow incident event log"


def test_an_unknown_mapping_lists_the_shipped_ones() -> None:
    with pytest.raises(MappingError, match=r"no mapping remedy: .* one of the names autotask, connectwise, .*"):
        load_mapping("remedy")


def test_a_path_that_is_not_there_is_named() -> None:
    with pytest.raises(MappingError, match=r"The mapping nowhere/log\.toml cannot be read: No such file"):
        load_mapping("nowhere/log.toml")


def test_a_minimal_mapping_has_these_defaults(tmp_path: Path) -> None:
    mapping = load_toml(tmp_path, MINIMAL)
    assert mapping.file.layout == Layout()
    assert mapping.file.unknown == ("",)
    assert mapping.case.order == ()
    assert mapping.handoff is None


def test_the_columns_read_are_those_named_with_how_they_are_used(tmp_path: Path) -> None:
    assert load_toml(tmp_path, MINIMAL).uses == {
        "id": {"case.id": ColumnUse("name", required=True)},
        "at": {"row.at": ColumnUse("time", required=True)},
        "by": {"row.by": ColumnUse("name")},
        "opened": {"session.created_at": ColumnUse("time", required=True)},
    }


def test_text_that_is_not_toml_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="is not valid TOML"):
        load_toml(tmp_path, "name = ")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("colour = 1", "colour: is not a key of a mapping"),
        ("step = { contents = [] }", "step.contents: is not a key of a mapping"),
        ("handoff = { claim = 'none' }", "handoff.start: is missing"),
        ("handoff = { start = { counter = 'n' }, claim = 'any' }", "handoff.claim: Input should be"),
        ("handoff = { start = {} }", "handoff.start: give either counter or column"),
        ("handoff = { start = { counter = 'n', column = 'g' } }", "handoff.start: give either counter or column"),
        ("handoff = { start = { counter = 'n', before = 'g' } }", "handoff.start: before needs column"),
        ("step = { where_known = ['a'], where_changed = ['b'] }", "step: give where_known or where_changed"),
        ("file = { delimiter = ';;' }", "file.delimiter: "),
        ("file = { encoding = 'klingon' }", "file.encoding: klingon is not an encoding"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(MappingError) as raised:
        load_toml(tmp_path, MINIMAL + line)
    assert problem in raised.value.detail


@pytest.mark.parametrize(
    ("keys", "value", "problem"),
    [
        (("times", "zone"), "Mars/Olympus", "invalid timezone: Mars/Olympus"),
        (("times", "zone"), None, "Field required"),
        (("times", "format"), "%d/%Q", "bad directive"),
        (("times", "format"), "%H:%M", "it must state year, month and day"),
        (("case", "id"), "", "at least 1 character"),
        (("session", "status"), [], "every case gets a status"),
        (("session", "status"), [{"status": "resolved", "column": "x"}], "every case gets a status"),
        (("session", "status"), [{"status": "abandoned"}, {"status": "abandoned"}], "every case gets a status"),
        (("session", "status"), [{"status": "abandoned", "values": ["x"]}], "values needs column"),
        (("session", "status"), [{"status": "active"}], "'resolved', 'abandoned', 'open' or 'left_out'"),
    ],
)
def test_a_wrong_value_is_refused(keys: tuple[str, ...], value: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Mapping.model_validate(changed(*keys, value=value))


def test_a_time_without_a_zone_is_in_the_zone_of_the_mapping() -> None:
    mapping = Mapping.model_validate(changed("times", "zone", value="Europe/Berlin"))
    moment = mapping.times.parse("at", "2026-07-01 10:00")
    assert moment.isoformat() == "2026-07-01T08:00:00+00:00"


def test_a_time_keeps_the_zone_it_states() -> None:
    mapping = Mapping.model_validate(changed("times", "format", value="iso"))
    assert mapping.times.parse("at", "2026-07-01T10:00:00+05:00") == datetime(2026, 7, 1, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00", "9999-12-31T23:00:00-05:00"])
def test_a_time_that_utc_does_not_have_is_no_time(text: str) -> None:
    mapping = Mapping.model_validate(changed("times", value={"format": "iso", "zone": "Europe/Berlin"}))
    with pytest.raises(ValueError, match="is out of range"):
        mapping.times.parse("at", text)


@pytest.mark.parametrize(
    ("state", "resolved_at", "status"),
    [
        ("In Progress", None, "requesting_escalation"),
        ("On Hold", None, "requesting_escalation"),
        ("Resolved", None, "resolved"),
        ("Closed", "2/3/2026 10:00", "resolved"),
        ("Closed", None, "abandoned"),
        ("Canceled", None, "abandoned"),
    ],
)
def test_an_incident_of_servicenow_is_open_until_the_log_says_otherwise(
    state: str, resolved_at: str | None, status: str
) -> None:
    mapping = load_mapping("servicenow")
    cells = {"number": "INC1", "sys_updated_at": "2/3/2026 09:00", "opened_at": "2/3/2026 08:00"}
    first: Row = {**dict.fromkeys(mapping.uses), **cells, "incident_state": "New", "reassignment_count": "0"}
    last: Row = {**first, "incident_state": state, "resolved_at": resolved_at, "reassignment_count": "1"}
    case = build_case("INC1", [first, last], mapping)
    assert case is not None
    assert case.status == status


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("46174.375", "2026-06-01T09:00:00"),
        ("46174,41666667", "2026-06-01T10:00:00"),
        ("46175", "2026-06-02T00:00:00"),
        ("2026-06-01T09:30:00", "2026-06-01T09:30:00"),
    ],
)
def test_the_numbers_of_a_spreadsheet_are_times(text: str, moment: str) -> None:
    assert parse_time(text, "excel", UTC) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "pattern",
    ["%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y", "%d.%m.%Y, %H:%M Uhr", "(%Y) %m+%d", "%d%m%Y", "%d %b %Y"],
)
@pytest.mark.parametrize(
    "text",
    [
        *(
            "29/2/2016 01:16",
            "29/2/2015 01:16",
            "1/2/2016 24:00",
            " 1/2/2016 01:16",
            "01/02/2016  01:16",
            "1/2/16 1:1",
        ),
        *("2026-05-04 09:00:00", "2026-05-04 09:00:60", "2026-5-4 9:0:0", "2026-05-04 09:00:00.5", "2/29/2016"),
        *(
            "4.5.2026, 09:00 Uhr",
            "4.5.2026, 09:00 uhr",
            "(2026) 5+4",
            "1122020",
            "01122020",
            "٢٩/2/2016 01:16",
            "",
        ),
    ],
)
def test_a_time_made_of_numbers_is_read_as_strptime_reads_it(pattern: str, text: str) -> None:
    try:
        expected = datetime.strptime(text, pattern).replace(tzinfo=UTC)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            _exactly(text, pattern)
    else:
        assert _exactly(text, pattern).replace(tzinfo=UTC) == expected
