"""What a run is judged by: its ratios beside their aims, and those of earlier commits."""

from benchmarks.aims import ReportRatios, large_ms, ratio_cells, report_ratios
from benchmarks.history import HEADING, history_line, history_markdown
from benchmarks.importing.measure import ImportCost
from benchmarks.measure import REPORTS, Timing, naive_of

COST = ImportCost("a later one", 1_000, 2.0, 1.0, 0.5, 100.0, 110.0, 0.1)


def _ratios(
    small: float, large: float, naive_small: float, naive_large: float, sessions: int = 1_000_000
) -> dict[str, ReportRatios]:
    """Every report takes so many milliseconds, and so do its plainest queries, but for those of knowledge gaps."""

    def timings(ours: float, naive: float) -> dict[str, Timing]:
        plainest = {naive_of(report): Timing(naive, naive) for report in REPORTS if report != "knowledge-gaps"}
        return {**{report: Timing(ours, ours) for report in REPORTS}, **plainest}

    found = report_ratios(timings(small, naive_small), timings(large, naive_large), (5_000, sessions))
    return {one.report: one for one in found}


def test_a_small_account_is_fast_enough_in_milliseconds_or_in_times() -> None:
    assert not _ratios(small=8, large=14, naive_small=9, naive_large=2_000)["coverage"].small.is_missed
    assert not _ratios(small=9, large=14, naive_small=45, naive_large=2_000)["coverage"].small.is_missed
    assert _ratios(small=9, large=14, naive_small=44, naive_large=2_000)["coverage"].small.is_missed


def test_a_large_account_is_held_to_its_times_only_if_it_has_a_million_sessions() -> None:
    of_a_million = _ratios(small=8, large=10, naive_small=9, naive_large=300)
    assert of_a_million["dashboard"].large.is_missed
    assert not of_a_million["coverage"].large.is_missed
    fewer = _ratios(small=8, large=10, naive_small=9, naive_large=30, sessions=200_000)
    assert not any(ratios.large.is_missed for ratios in fewer.values())


def test_growth_is_compared_by_tens_of_sessions() -> None:
    grown = _ratios(small=8, large=20, naive_small=9, naive_large=2_000, sessions=50_000)["dashboard"].growth
    assert (grown.value, grown.aim, grown.is_missed) == (2.5, 1.5, True)
    assert not _ratios(small=2, large=14, naive_small=9, naive_large=2_000)["dashboard"].growth.is_missed


def test_a_report_without_plainest_queries_has_no_such_ratio() -> None:
    gaps = _ratios(small=8, large=10, naive_small=9, naive_large=300)["knowledge-gaps"]
    assert ratio_cells(gaps) == ("knowledge-gaps", "", "", "", "", "1.2", "< 2.5")
    assert (large_ms("knowledge-gaps"), large_ms("dashboard")) == (60, 40)


def test_each_run_adds_a_line_and_the_same_commit_takes_the_place_of_its_own() -> None:
    ratios = list(_ratios(small=8, large=10, naive_small=9, naive_large=300).values())
    first = history_line("aaa", "2026-11-29", 200_000, ratios, COST)
    assert first[:4] == ("aaa", "2026-11-29", "200,000", "30.0")
    assert first[-1] == "20"
    text = f"# What the reports cost\n\n{history_markdown('', first)}\n"
    text = history_markdown(text, history_line("bbb", "2026-11-30", 200_000, ratios, COST))
    text = history_markdown(text, history_line("bbb", "2026-12-01", 200_000, ratios, COST))
    text = history_markdown(text, history_line("bbb", "2026-12-01", 1_000_000, ratios, COST))
    assert text.startswith(HEADING)
    lines = [line.split(" | ")[:3] for line in text.splitlines() if line.startswith("| ")]
    assert lines == [
        ["| commit", "date", "sessions"],
        ["| aaa", "2026-11-29", "200,000"],
        ["| bbb", "2026-12-01", "200,000"],
        ["| bbb", "2026-12-01", "1,000,000"],
    ]


def test_a_report_that_is_younger_than_a_line_is_empty_there() -> None:
    older = f"{HEADING}\n\n| commit | date | sessions | dashboard | import |\n|---|---|---:|---:|---:|\n"
    older += "| aaa | 2026-11-29 | 200,000 | 9.0 | 20 |\n"
    ratios = list(_ratios(small=8, large=10, naive_small=9, naive_large=300).values())
    text = history_markdown(older, history_line("bbb", "2026-11-30", 200_000, ratios, COST))
    [line] = [line for line in text.splitlines() if line.startswith("| aaa")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == ["aaa", "2026-11-29", "200,000", "9.0", *[""] * (len(REPORTS) - 1), "20"]
