"""Chance that repeats: everything here draws from the simulation's own generator."""

import math
import uuid
from datetime import datetime
from random import Random


def id_at(rng: Random, moment: datetime) -> uuid.UUID:
    """A UUIDv7 of that moment."""
    milliseconds = int(moment.timestamp() * 1000)
    high, low = rng.getrandbits(12), rng.getrandbits(62)
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def around(rng: Random, median: float, spread: float = 0.6) -> float:
    """A positive number about the median, with a long tail to the right."""
    return rng.lognormvariate(math.log(median), spread)
