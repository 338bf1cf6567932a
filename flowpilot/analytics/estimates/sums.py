"""Sums of many numbers that are as exact as `math.fsum`, and can be added to each other."""

from fractions import Fraction

import numpy as np

from flowpilot.analytics.estimates.curves import Floats

# In a step, so much of each number that whole numbers hold the sum of some millions of centuries in seconds.
_FIRST_BITS, _MORE_BITS = 8, 40


def exact_sum(values: Floats) -> Fraction:
    """The sum without any rounding: its float is what `fsum` finds."""
    found, rest, bits = Fraction(0), values, _FIRST_BITS
    while rest.any():
        whole = np.trunc(np.ldexp(rest, bits))
        found += Fraction(int(whole.astype(np.int64).sum()), 1 << bits)
        rest = rest - np.ldexp(whole, -bits)
        bits += _MORE_BITS
    return found
