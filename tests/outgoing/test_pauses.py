"""Pauses that grow."""

from datetime import timedelta

from flowpilot.outgoing.pauses import Pauses

PAUSES = Pauses(first=timedelta(seconds=4), factor=4, longest=timedelta(days=1))


def test_a_pause_grows_up_to_the_longest_however_often_it_failed() -> None:
    seconds = [PAUSES.after(failures).total_seconds() for failures in (1, 2, 3, 8, 9, 10_000)]
    assert seconds == [4, 16, 64, 65_536, 86_400, 86_400]
