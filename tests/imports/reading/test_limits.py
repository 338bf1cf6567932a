"""A look at a file reads its first rows, and ends when its time is over."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from flowpilot.imports.guess.suggest import suggest
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import preview_log
from flowpilot.imports.reading.limits import PreviewLimit, PreviewTooLongError
from flowpilot.imports.reading.opening import open_log
from tests.imports.helpers import NOW, SMALL, World, row, write_log


class Ticking:
    """A clock that goes on by a second whenever it is asked."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


def csv(folder: Path) -> Path:
    return saved(folder, "id,at\n" + "1,2026-06-01\n" * 100_000)


def packed(folder: Path) -> Path:
    return saved(folder, gzip.compress(csv(folder).read_bytes() * 3))


def document(folder: Path) -> Path:
    return saved(folder, json.dumps([{"id": place, "at": "x" * 100} for place in range(10_000)]))


def lines(folder: Path) -> Path:
    return saved(folder, "".join(json.dumps({"id": place, "at": "x" * 100}) + "\n" for place in range(10_000)))


def xes(folder: Path) -> Path:
    event = '<event><string key="concept:name" value="Opened"/></event>'
    return saved(folder, f"<log>{f'<trace>{event * 10}</trace>' * 1_000}</log>")


def spreadsheet(folder: Path) -> Path:
    with xlsxwriter.Workbook(folder / "log.xlsx") as book:
        sheet = book.add_worksheet()
        for place in range(1_000):
            sheet.write_row(place, 0, [place or "id", "a text"])
    return folder / "log.xlsx"


def saved(folder: Path, content: str | bytes) -> Path:
    path = folder / "log.dat"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


KINDS = [csv, packed, document, lines, xes, spreadsheet]


@pytest.mark.parametrize("make", KINDS)
def test_a_look_ends_with_its_time(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    limit = PreviewLimit(10**6, 12, Ticking())
    with (
        pytest.raises(PreviewTooLongError, match=r"longer than 12 seconds.*without a limit"),
        open_log(make(tmp_path), limit=limit) as reader,
    ):
        list(reader.rows())


@pytest.mark.parametrize("make", KINDS)
def test_a_look_reads_the_first_rows(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    with open_log(make(tmp_path), limit=PreviewLimit(20, 600)) as reader:
        assert (len(list(reader.rows())), reader.is_cut) == (20, True)


def test_a_look_at_a_spreadsheet_ends_what_reads_it(tmp_path: Path) -> None:
    limit = PreviewLimit(10**6, 600)
    limit.stop()
    with pytest.raises(PreviewTooLongError), open_log(spreadsheet(tmp_path), limit=limit):
        pass


def test_the_columns_are_those_of_the_first_records(tmp_path: Path) -> None:
    records = [{"ticket": "1"}] * 30 + [{"ticket": "2", "late": "x"}]
    file = saved(tmp_path, "".join(json.dumps(one) + "\n" for one in records))
    for most, header in ((30, ["ticket"]), (31, ["ticket", "late"])):
        with open_log(file, limit=PreviewLimit(most, 600)) as reader:
            assert (reader.header, reader.has_all_columns) == (header, most == 31)
    with open_log(file) as reader:
        assert reader.header == ["ticket", "late"]


def test_a_column_that_only_later_records_have_is_no_fault_of_the_mapping(world: World, tmp_path: Path) -> None:
    first = {name: cell for name, cell in row("T1", 1, "09:00", "Ada").items() if name != "note"}
    records = [first | {"seq": str(place)} for place in range(40)] + [row("T1", 50, "10:00", "Ada", note="late")]
    file = saved(tmp_path, "".join(json.dumps(one) + "\n" for one in records))
    found = preview_log(world.url, world.account_id, file, SMALL, now=NOW, limit=PreviewLimit(30, 600))
    assert (found.rows, found.is_cut, found.figures.steps) == (30, True, 30)
    world.load(file)
    assert world.ask("SELECT content->>'note' FROM ai_session_steps ORDER BY position DESC LIMIT 1") == [("late",)]


def test_a_statement_ends_with_the_look(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", [row(f"T{n}", 1, "09:00", "Ada") for n in range(200)])
    limit = PreviewLimit(10**6, 600)

    def blocked(_: object) -> None:
        limit.stop()

    with pytest.raises(PreviewTooLongError):
        preview_log(world.url, world.account_id, log, SMALL, now=NOW, progress=blocked, limit=limit)


def test_a_suggestion_ends_with_the_look(tmp_path: Path) -> None:
    with pytest.raises(PreviewTooLongError):
        suggest(csv(tmp_path), "log", "UTC", limit=PreviewLimit(10**6, 2, Ticking()))


def test_a_look_without_an_end_is_as_before(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", [row("T1", 1, "09:00", "Ada")])
    other = Mapping.model_validate(SMALL.model_dump() | {"name": "other"})
    assert preview_log(world.url, world.account_id, log, other, now=NOW).is_cut is False
