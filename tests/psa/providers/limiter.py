"""What a ticket system asks of its callers, as a test sees it."""

from datetime import datetime

from flowpilot.psa.client import NoLimiter


class WaitingLimiter(NoLimiter):
    """Remembers until when the ticket system asked to wait."""

    def __init__(self) -> None:
        self.rests_until: datetime | None = None

    async def rest_until(self, moment: datetime) -> None:
        self.rests_until = moment
