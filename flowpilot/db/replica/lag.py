"""How old what a replica shows is, from positions in the write-ahead log."""

from collections import deque

# An hour of looks. A replica that is further behind than that is not read anyway.
_MOST_SAMPLES = 3600


class Lag:
    """Remembers where the primary was, and so knows of which moment the replica is when it says where it is.

    The age of the newest replayed transaction would not do: on an idle primary it grows without anything missing,
    and on a replica that has lost its primary it says nothing of what is missing.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[int, float]] = deque(maxlen=_MOST_SAMPLES)
        self._shows: float | None = None

    def primary_is_at(self, position: int, moment: float) -> bool:
        """Note a position of the primary that was asked for at this moment.

        Returns:
            Whether the primary has not moved since it was asked before, and the replica has not come so far yet.
        """
        stands_still = bool(self._samples) and self._samples[-1][0] == position
        self._samples.append((position, moment))
        return stands_still

    def replica_is_at(self, position: int) -> None:
        """Note how far the replica has replayed: it shows all that was there when the primary was there."""
        while self._samples and self._samples[0][0] <= position:
            self._shows = self._samples.popleft()[1]

    def forget(self) -> None:
        """Nothing is known of the replica any more."""
        self._samples.clear()
        self._shows = None

    def seconds(self, moment: float) -> float | None:
        """How old what the replica shows is, at most; None if that is not known."""
        return None if self._shows is None else moment - self._shows
