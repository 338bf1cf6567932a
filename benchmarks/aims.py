"""What the reports should cost, and the ratios of one run that say whether they do."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.measure import REPORTS, Timing, naive_of

# Of a small account: so fast, or so many times as fast as the plainest queries.
SMALL_MS, SMALL_TIMES = 8.0, 5.0
# Of a large one, however large it is; and so many times as fast as the plainest queries, if it has a million.
LARGE_MS, SLOW_LARGE_MS = 40.0, 60.0
LARGE_TIMES, FAST_LARGE_TIMES = 20.0, 50.0
MILLION = 1_000_000
# Ten times the sessions cost so much more, or the report stays under this.
GROWTH_PER_TEN, ALWAYS_FAST_MS = 1.5, 15.0

_SLOW = {"knowledge-gaps", "savings"}
_FAST = {"dashboard", "flow-quality"}


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of one run beside its aim. None: it was not measured, or there is no aim."""

    value: float | None
    aim: float | None
    is_missed: bool


@dataclass(frozen=True, slots=True)
class ReportRatios:
    """One report: naive / ours in a small account and in the large one, and large / small."""

    report: str
    small: Ratio
    large: Ratio
    growth: Ratio


def large_ms(report: str) -> float:
    """The longest that a report may take in a large account, in milliseconds."""
    return SLOW_LARGE_MS if report in _SLOW else LARGE_MS


def report_ratios(
    small: Mapping[str, Timing], large: Mapping[str, Timing], sizes: tuple[int, int]
) -> Iterator[ReportRatios]:
    """The ratios of every report, at so many sessions."""
    for report in REPORTS:
        ours, theirs = small[report].p50, large[report].p50
        yield ReportRatios(
            report,
            _times(report, small, SMALL_TIMES, applies=ours > SMALL_MS),
            _times(report, large, _large_times(report), applies=sizes[1] >= MILLION),
            _growth(theirs / ours, theirs, sizes),
        )


def _large_times(report: str) -> float:
    return FAST_LARGE_TIMES if report in _FAST else LARGE_TIMES


def _times(report: str, timings: Mapping[str, Timing], aim: float, *, applies: bool) -> Ratio:
    plainest = timings.get(naive_of(report))
    if plainest is None:
        return Ratio(None, None, is_missed=False)
    value = plainest.p50 / timings[report].p50
    return Ratio(value, aim, is_missed=applies and value < aim)


def _growth(value: float, milliseconds: float, sizes: tuple[int, int]) -> Ratio:
    aim = GROWTH_PER_TEN ** math.log10(sizes[1] / sizes[0])
    return Ratio(value, aim, is_missed=value > aim and milliseconds > ALWAYS_FAST_MS)


RATIOS_IN_WORDS = (
    "naive / ours is how many times as long the plainest queries take, and large / small what the large account"
    " costs more. They are of one run, so a busy machine changes them little. With ! an aim is missed: in a small"
    f" account, unless a report takes less than {SMALL_MS:.0f} ms; in the large one, if it has a million sessions;"
    f" of large / small, unless it takes less than {ALWAYS_FAST_MS:.0f} ms."
)
RATIO_HEADERS = (
    "report",
    "naive / ours, small",
    "aim",
    "naive / ours, large",
    "aim at a million",
    "large / small",
    "aim",
)


def ratio_cells(ratios: ReportRatios) -> Sequence[str]:
    """The line of a report, as in `RATIO_HEADERS`. What misses its aim is marked."""
    return (
        *(ratios.report, _value(ratios.small), _aim(ratios.small, ">"), _value(ratios.large)),
        *(_aim(ratios.large, ">"), _value(ratios.growth), _aim(ratios.growth, "<")),
    )


def _value(ratio: Ratio) -> str:
    if ratio.value is None:
        return ""
    return f"{ratio.value:.1f}{' !' if ratio.is_missed else ''}"


def _aim(ratio: Ratio, sign: str) -> str:
    return "" if ratio.aim is None else f"{sign} {ratio.aim:.1f}"
