"""Random histories that a test of exactness lives through: few, or FLOWPILOT_TEST_HISTORIES times as many.

`make exact` asks for enough to keep a machine busy for half an hour.
"""

import os
import random
import uuid
from abc import ABC, abstractmethod
from typing import Any

from hypothesis import settings

from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.sessions.days import rolling

_TIMES = int(os.environ.get("FLOWPILOT_TEST_HISTORIES", "1"))


def histories(few: int) -> settings:
    """The settings of a test that lives through so many histories in each run of the suite."""
    return settings(max_examples=few * _TIMES, deadline=None)


class Rolled(ABC):
    """What sums up the days of a history: the job, one that gets to some of them, and one that is killed."""

    urls: DatabaseUrls
    account_id: uuid.UUID
    draw: random.Random

    def roll(self) -> None:
        """The job comes by."""
        rolling.roll(self.urls.runtime, self.account_id)

    def roll_some(self) -> None:
        """It gets to some days."""
        with account_transaction(self.urls.runtime, self.account_id) as connection:
            rolling.roll_days(connection, self.account_id, self.some_days())

    def killed(self) -> None:
        """It is killed before it commits."""
        with account_transaction(self.urls.runtime, self.account_id) as connection:
            rolling.roll_days(connection, self.account_id, self.some_days())
            connection.rollback()

    @abstractmethod
    def some_days(self) -> list[Any]:
        """Half of the days that have something."""
