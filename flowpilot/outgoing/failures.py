"""Why a message was not delivered. The delivery log keeps the reasons: they contain no address or secret."""

from datetime import datetime


class DeliveryError(Exception):
    """A message did not arrive. `reason` is a sentence; `status` is the code of the receiver's answer, if any.

    `of_message`: the failure concerns only this message; the receiver may well accept others.
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
    """It was not sent, because it no longer applies."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, of_message=True)


class TryLaterError(DeliveryError):
    """It may arrive later; `not_before` is the time that the receiver asked to wait for."""

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
