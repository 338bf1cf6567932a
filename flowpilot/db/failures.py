"""Failures of the database as named errors, whatever the driver calls them.

They pass by themselves and are not faults of the program, so they have no traceback: one line in the log stands
for all requests and jobs that fail meanwhile.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator

import prometheus_client
import psycopg
import sqlalchemy.exc
from prometheus_client import CollectorRegistry

from flowpilot.errors import FlowPilotError

_SECONDS_BETWEEN_LINES = 60.0

_log = logging.getLogger(__name__)


class DatabaseUnavailableError(FlowPilotError):
    """The database cannot be reached, or cannot be used."""

    status = 503
    retry_after_seconds = 5

    def __init__(self, detail: str = "The database does not answer. Nothing was changed; try again soon.") -> None:
        super().__init__(detail, headers={"Retry-After": str(self.retry_after_seconds)})


class DatabaseBusyError(DatabaseUnavailableError):
    """The database has no connection, memory or disk space left for this."""

    def __init__(self) -> None:
        super().__init__("The database is at its limit. Nothing was changed; try again soon.")


class DatabaseTimeoutError(DatabaseUnavailableError):
    """A statement took longer than its time limit."""

    retry_after_seconds = 30

    def __init__(self) -> None:
        super().__init__("This took the database too long. Nothing was changed; request less, or try again later.")


class TransactionUndoneError(DatabaseUnavailableError):
    """PostgreSQL undid the transaction in favour of another one: a deadlock, or a serialization failure."""

    retry_after_seconds = 1

    def __init__(self) -> None:
        super().__init__("Somebody else was changing the same thing. Nothing was changed; send it again.")


class OutcomeUnknownError(DatabaseUnavailableError):
    """The commit was sent, and its answer was lost."""

    def __init__(self) -> None:
        super().__init__(
            "The database went away while it stored this, so it may have been done. Send it again with the same "
            "Idempotency-Key, or check first whether it was done."
        )


def outage(error: BaseException, *, is_committing: bool = False) -> DatabaseUnavailableError | None:
    """The failure of the database behind an error; None if the error is something else.

    Args:
        is_committing: the error came from the commit of a writing transaction.
    """
    if isinstance(error, DatabaseUnavailableError):
        return error
    cause = _cause(error)
    found = None if cause is None else _kind(cause)
    if found is None:
        return None
    return OutcomeUnknownError() if is_committing and found is DatabaseUnavailableError else found()


def expected_reason(error: BaseException) -> str | None:
    """Why background work stopped, for one line in the log; None if a traceback is needed."""
    reasons = [_expected_reason(leaf) for leaf in _leaves(error)]
    return None if None in reasons else reasons[0]


class OutageLog:
    """Counts failures of the database, and logs each kind once a minute."""

    def __init__(
        self, registry: CollectorRegistry | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._unsaid = Counter[str]()
        self._next_line = dict[str, float]()
        self._total = prometheus_client.Counter(
            "flowpilot_database_failures",
            "Transactions that failed because of the database, by kind of failure.",
            ["kind"],
            registry=registry,
        )

    def note(self, found: DatabaseUnavailableError, error: BaseException) -> None:
        """Count one failed transaction."""
        self._total.labels(found.slug).inc()
        self._unsaid[found.slug] += 1
        moment = self._clock()
        if moment < self._next_line.get(found.slug, 0):
            return
        self._next_line[found.slug] = moment + _SECONDS_BETWEEN_LINES
        n = self._unsaid.pop(found.slug)
        _log.warning("%s (%d since the last such line): %s", found.slug, n, _reason(error))


# PostgreSQL's error codes, or the beginnings of codes for whole classes and groups.
_KINDS = {
    "08": DatabaseUnavailableError,  # the connection
    "57P": DatabaseUnavailableError,  # the server stops, starts, or ends the connection
    "25P03": DatabaseUnavailableError,  # idle_in_transaction_session_timeout
    "40003": DatabaseUnavailableError,  # the result of a statement is unknown
    "53": DatabaseBusyError,  # connections, memory, disk
    "57014": DatabaseTimeoutError,  # statement_timeout
    "55P03": DatabaseTimeoutError,  # lock_timeout
    "25P04": DatabaseTimeoutError,  # transaction_timeout
    "40001": TransactionUndoneError,  # serialization
    "40P01": TransactionUndoneError,  # deadlock
}

_Cause = psycopg.Error | sqlalchemy.exc.TimeoutError


def _cause(error: BaseException) -> _Cause | None:
    """The driver's or the pool's error inside those that libraries wrap around it."""
    at: BaseException | None = error
    while at is not None and not isinstance(at, FlowPilotError):
        if isinstance(at, _Cause):
            return at
        at = at.__cause__
    return None


def _kind(cause: _Cause) -> type[DatabaseUnavailableError] | None:
    if isinstance(cause, sqlalchemy.exc.TimeoutError):
        return DatabaseBusyError
    if cause.sqlstate is not None:
        code = cause.sqlstate
        return next((kind for start, kind in _KINDS.items() if code.startswith(start)), None)
    # An error without a code does not come from the server, but from the connection to it: an internal one if the
    # end of the connection came in the middle of an answer.
    is_lost = isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError))
    return DatabaseUnavailableError if is_lost else None


def _reason(error: BaseException) -> str:
    cause = _cause(error) or error
    return " ".join(str(cause).split()) or type(cause).__name__


def _expected_reason(error: BaseException) -> str | None:
    if isinstance(error, FlowPilotError):
        return error.detail
    return _reason(error) if outage(error) else None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _leaves(part)
    else:
        yield error
