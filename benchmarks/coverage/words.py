"""What the page docs/intervals.md says around its tables."""

from benchmarks.coverage import kinds
from benchmarks.coverage.means import STUDENTS


def head(repetitions: int, seed: int) -> str:
    """The beginning of the page."""
    return f"""\
<!-- Written by `python -m benchmarks.coverage --log FILE --write`; edit benchmarks/coverage, not this page. -->
# What the intervals are worth

A 95 % interval promises that 95 of 100 such intervals hold the true value. This page shows how well each kind
that FlowPilot answers keeps the promise. {repetitions:,} samples of each size are drawn from a population whose
true value is known, and the product's own formula is asked. So many repetitions are right to about one point: of
intervals that cover 95 %, one cell in twenty is outside 94 to 96 by chance. The seed is {seed}; the same seed
gives the same page. A test draws some cells again, and compares what every formula says of fixed cases with what
it said when this page was written.

The real times are those of 23,362 resolved incidents of one company (Amaral, Fantinato and Peres (2018),
*Incident management process enriched event log*, UCI Machine Learning Repository, CC BY 4.0), drawn again with
replacement; their skewness is 6.9.

Each figure is how many percent of the intervals *that are shown* cover the true value. A dash means that none is
ever shown. Where only some of the samples have one, it says of how many: `96.4 of 68 %`.
"""


_RATES = """\
Exactly, without chance, and averaged over the true rates 5, 10 … 95 %, with the lowest of them in brackets. At
99.9 % are those that are compared every day, which find something by chance otherwise.
"""

_TIMES = """\
With none, a quarter or half of the cases still waiting. An end that is not known claims nothing.

- **A p95** has no upper end below 72 cases: more often than once in forty, none of them lasts so long. Its lower
  end has all the error then, so it is as sure as both ends together. While some still wait, the lower end is no
  later than the last time at which five were left. Where hardly anybody was watched for as long as the p95, that
  is all it says, and it is hardly ever wrong: 100 % there means *at least so long as we have looked*. No method
  knows more.
- **The share still waiting** is of all bands of the curve together, at the times at which the true share is 5,
  10 … 95 %. Where half still wait, the last steps are those of a few who were left, and their bands cover less.
- **A difference of two medians** is that of two sides of the same size, the second of which takes half as long.
  It is compared where both are reached. Where hardly any sample reaches both, those that do are the quick ones:
  of ten real times on either side, half of which still wait, one sample in five has a difference, and 88 % of
  these cover. No limit knows which samples have not got there.
"""

_MEANS = """\
No interval of a mean is honest for a few skewed values: what makes the mean is not yet among them. So a mean has
one from a number of cases on, and fewer are enough for values with two limits, such as ratings (both numbers are
in the [catalogue](reference/metrics.md#interval-of-a-mean)). The rule does not ask how skewed the cases are. One
that does passes the samples that have missed the tail: of log-normal times (sigma 1), it would show an interval
for one sample of 100 in eight, and one in five of these is wrong. [Decision
67](decisions/0067-intervals-of-means.md) says how the numbers were chosen, on other distributions than these and
with another seed.

A difference is that of two sides with an interval each. The second takes 0.8 of the time; of values with limits,
it is the same. Where a tenth of 200 cases makes most of the mean, the difference covers 98 %, which is too
cautious. The last rows show what Student's t would cover.
"""

_SAVINGS = """\
What the [savings](how-to/measure-the-baseline.md) compare, from 20 cases on either side: the share of pairs that
start faster, and the difference of the restricted means, which takes 50. Both sides have the same size; the
second takes 0.6 of the time, and some of it still waits. The horizon is the p70, or the p99 where none waits, but
no later than until when a quarter of the cases would still be watched. A sum per month is the difference times a
number, so it covers as often. The bootstrap of the medians is deprecated, and slow: of it there are 400 samples
of 30 and 200 of 100. With the far horizon, the difference of a hundred cases may cover 98 to 99 %.
"""

# The title of each part, what it says, and the kinds in its table.
SECTIONS = (
    ("Rates", _RATES, (kinds.RATE, kinds.DIFFERENCE_OF_RATES, kinds.DIFFERENCE_999)),
    ("Waiting times", _TIMES, (kinds.MEDIAN, kinds.P95, kinds.CURVE, kinds.DIFFERENCE_OF_MEDIANS)),
    ("Means", _MEANS, (kinds.MEAN, kinds.DIFFERENCE_OF_MEANS, STUDENTS)),
    ("Two sides", _SAVINGS, (kinds.FASTER_SHARE, kinds.RESTRICTED, kinds.RESAMPLED)),
)
