"""Why a message was not delivered. The delivery log keeps what they say: it holds no address and no secret."""

from datetime import datetime


class DeliveryError(Exception):
    """A message did not arrive. `reason` is a sentence; `status` is what a receiver answered, if it did.

    `of_message`: only this message is concerned; the receiver may well take others.
    """

    def __init__(self, reason: str, status: int | None = None, *, of_message: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.of_message = of_message


class RefusedError(DeliveryError):
    """It will not arrive later either."""


class GoneError(RefusedError):
    """The receiver is gone for good and asks for no more messages."""


class SettledError(DeliveryError):
    """It was not sent, because what it says no longer holds."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, of_message=True)


class TryLaterError(DeliveryError):
    """It may arrive later; `not_before` is the moment that the receiver asked to wait for."""

    def __init__(
        self,
        reason: str,
        status: int | None = None,
        not_before: datetime | None = None,
        *,
        of_message: bool = False,
    ) -> None:
        super().__init__(reason, status, of_message=of_message)
        self.not_before = not_before
