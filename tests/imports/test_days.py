from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from flowpilot.cli.importing.words import Reports
from flowpilot.imports.case.merging import Statement, merged_case
from flowpilot.imports.case.model import Case
from flowpilot.imports.days import Days, window_of
from flowpilot.imports.progress import ImportSummary
from tests.imports.helpers import SMALL, row

ACCOUNT = UUID(int=7)


def case(opened: str, solved: str | None) -> Case:
    cells = {"opened": opened, "solved": solved}
    return merged_case([Statement(SMALL, [{**row("T1", 1, "09:00", "Ada"), **cells}])])


def days(zone: str, *cases: Case) -> tuple[date | None, date | None]:
    found = Days(ZoneInfo(zone), datetime(2026, 6, 1, 12, 0, tzinfo=UTC))
    for one in cases:
        found.add(one)
    return found.first, found.last


def test_days_are_those_of_the_accounts_zone() -> None:
    one = case("2026-05-04 23:30", "2026-05-05 23:30")
    assert days("UTC", one) == (date(2026, 5, 4), date(2026, 5, 5))
    assert days("Europe/Berlin", one) == (date(2026, 5, 5), date(2026, 5, 6))


def test_days_to_come_are_not_shown() -> None:
    assert days("UTC", case("2026-05-04 23:30", "2027-01-01 08:00")) == (date(2026, 5, 4), date(2026, 5, 4))
    assert days("UTC") == (None, None)


def test_a_window_has_all_days_without_its_end() -> None:
    assert window_of(date(2026, 5, 4), date(2026, 5, 5)) == (date(2026, 5, 4), date(2026, 5, 6))
    assert window_of(date(2016, 2, 29), date(2026, 5, 5)) == (date(2016, 2, 29), date(2026, 5, 6))


def test_an_import_says_where_the_reports_show_it() -> None:
    done = ImportSummary(1, sessions=1, first_day=date(2026, 5, 4), last_day=date(2026, 5, 5))
    assert list(Reports(ACCOUNT, "https://desk.example/").showing(done)) == [
        "It is from 2026-05-04 to 2026-05-05. The reports show it:",
        f"  flowpilot report dashboard --account {ACCOUNT} --from 2026-05-04 --to 2026-05-06",
        "  https://desk.example/analytics/overview?from=2026-05-04&to=2026-05-06",
    ]
