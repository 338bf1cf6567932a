"""How many random histories a test of exactness lives through: few, or FLOWPILOT_TEST_HISTORIES times as many.

`make exact` asks for enough to keep a machine busy for half an hour.
"""

import os

from hypothesis import settings

_TIMES = int(os.environ.get("FLOWPILOT_TEST_HISTORIES", "1"))


def histories(few: int) -> settings:
    """The settings of a test that lives through so many histories in each run of the suite."""
    return settings(max_examples=few * _TIMES, deadline=None)
