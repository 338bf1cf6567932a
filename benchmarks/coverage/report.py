"""The page docs/intervals.md."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from benchmarks.coverage.means import MeanCell
from benchmarks.coverage.medians import MedianCell
from benchmarks.coverage.populations import REPETITIONS, SEED, SIZES
from benchmarks.coverage.rates import RateCell
from benchmarks.coverage.started import StartedCell

PAGE = Path(__file__).parents[2] / "docs" / "intervals.md"

_HEAD = f"""\
<!-- Written by `python -m benchmarks.coverage --log FILE --write`; edit benchmarks/coverage, not this page. -->
# What the intervals are worth

A 95 % interval promises that 95 of 100 such intervals hold the true value. This page shows how well each kind that
FlowPilot reports keeps the promise. {REPETITIONS:,} samples of each size are drawn from a population whose true
value is known, and the product's own formula is asked. So many repetitions are right to about one point. The seed
is {SEED}; the same seed gives the same page. The real times are those of 23,362 resolved incidents of one company
(Amaral, Fantinato and Peres (2018), *Incident management process enriched event log*, UCI Machine Learning
Repository, CC BY 4.0), drawn again with replacement; their skewness is 6.9.
"""

_RATES = """\
## Rates

Wilson's interval of a rate, computed exactly and averaged over the true rates 0.05, 0.10 … 0.95, with the lowest
of them in brackets; and Newcombe's interval of the difference of two rates, over seven pairs.
"""

_MEDIANS = """\
## Waiting times

The Kaplan-Meier figures, with none, a quarter or half of the cases still waiting. An end that is not known claims
nothing. A difference of two medians is compared where both are reached; it goes through the two intervals, which
is cautious when there are few cases.
"""

_MEANS = """\
## Means

No interval of a mean is honest for a few very skewed values: what makes the mean is not yet among them. So a mean
has an interval only if there are enough cases for their skewness (the rule is in the
[catalogue](reference/metrics.md#interval-of-a-mean)), and then it is Hall's.

| column | what it says |
|---|---|
| has one | how often a sample passes the rule |
| covers | of those that are shown; where few samples pass, they are the ones that missed the tail |
| wrong | how often, of all samples, an interval is shown that misses the true mean: 5 would be as promised |
| Student's t | what that interval would cover if it were always shown |
"""


_STARTED = """\
## Two sides

What the [savings](how-to/measure-the-baseline.md) compare: the share of pairs that start faster, and the
difference of the restricted means, of two sides of the same size. The second takes 0.6 of the time, and some of it
still waits. The horizon is the p70, or until when a quarter of the cases would still be watched. The difference
follows the rule for means, on both sides.
"""


def page(
    rates: Sequence[RateCell],
    medians: Sequence[MedianCell],
    means: Sequence[MeanCell],
    started: Sequence[StartedCell],
) -> str:
    """All of docs/intervals.md."""
    sizes = [f"n = {n:,}" for n in SIZES]
    return "\n".join((
        _HEAD,
        _RATES,
        *_table(["interval", *sizes], _rate_rows(rates)),
        "",
        _MEDIANS,
        *_table(["figure", "times", "still waiting", *sizes], _median_rows(medians)),
        "",
        _MEANS,
        *_table(["times", "n", "has one", "covers", "wrong", "Student's t"], map(_mean_row, means)),
        "",
        _STARTED,
        *_table(
            ["times", "still waiting", "n", "faster share", "difference: has one", "covers", "wrong"],
            map(_started_row, started),
        ),
        "",
    ))  # fmt: skip


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(headers) + " |"
    yield "|" + "---|" * len(headers)
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def _rate_rows(cells: Sequence[RateCell]) -> Iterator[list[str]]:
    for kind, sizes in groupby(cells, key=lambda cell: cell.kind):
        yield [kind, *(f"{_percent(cell.average)} ({_percent(cell.lowest)})" for cell in sizes)]


def _median_rows(cells: Sequence[MedianCell]) -> Iterator[list[str]]:
    for (kind, population, censored), sizes in groupby(cells, key=lambda cell: cell[:3]):
        yield [kind, population, f"{censored:.0%}", *(_percent(cell.covered) for cell in sizes)]


def _mean_row(cell: MeanCell) -> list[str]:
    return [cell.population, f"{cell.n:,}", *map(_percent, cell[2:])]


def _started_row(cell: StartedCell) -> list[str]:
    return [cell.population, f"{cell.censored:.0%}", f"{cell.n:,}", *map(_percent, cell[3:])]


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f}"
