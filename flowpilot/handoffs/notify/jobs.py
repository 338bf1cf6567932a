"""The jobs that tell people of events: one that says who is told, and one a message that leaves the product."""

import logging
import uuid

from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job

from flowpilot.clock import now
from flowpilot.handoffs.events import NOTIFY_JOB
from flowpilot.handoffs.notify.deliveries import DELIVER_JOB, plan, record_attempt
from flowpilot.handoffs.notify.failures import DeliveryError, RefusedError, TryLaterError
from flowpilot.handoffs.notify.models import DeliveryStatus
from flowpilot.handoffs.notify.queries import pending_parcel
from flowpilot.handoffs.notify.sending import send
from flowpilot.jobs import DELIVERY_QUEUE, RETRY, app, tools

_log = logging.getLogger(__name__)


class _Patience(BaseRetryStrategy):
    """As often as other jobs are tried, but not before the moment that a receiver asked to wait for."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        decision = RETRY.get_retry_decision(exception=exception, job=job)
        not_before = exception.not_before if isinstance(exception, TryLaterError) else None
        if decision is not None and decision.retry_at is not None and not_before is not None:
            decision.retry_at = max(decision.retry_at, not_before)
        return decision


_PATIENCE = _Patience()


@app.task(name=NOTIFY_JOB, pass_context=True, retry=RETRY)
async def notify(context: JobContext, account_id: str, event_id: str) -> None:
    """Tell people of an event."""
    used, account = tools(context), uuid.UUID(account_id)
    by_email = used.settings.smtp_host is not None
    async with used.database.write(account) as db:
        await plan(db, account, uuid.UUID(event_id), now(), by_email=by_email)


@app.task(name=DELIVER_JOB, queue=DELIVERY_QUEUE, pass_context=True, retry=_PATIENCE)
async def deliver(context: JobContext, account_id: str, delivery_id: str) -> None:
    """Make one attempt at a delivery, with no database transaction open meanwhile.

    A worker that dies between the sending and the record of it sends once more. A receiver can tell by the
    message's id, which stays the same.
    """
    used, account, delivery = tools(context), uuid.UUID(account_id), uuid.UUID(delivery_id)
    async with used.database.read(account) as db:
        parcel = await pending_parcel(db, account, delivery)
    if parcel is None:
        return
    failure, answered = None, None
    try:
        answered = await send(used.settings, parcel, now())
    except DeliveryError as error:
        failure, answered = error, error.status
    except Exception as error:
        _log.exception("delivery %s can not be made", delivery)
        failure = TryLaterError(f"Something went wrong on our side ({type(error).__name__}); the log says what.")
    status = _status_after(failure, context.job)
    async with used.database.write(account) as db:
        error_text = None if failure is None else failure.reason
        await record_attempt(db, account, delivery, status, answered=answered, error=error_text, at=now())
    if failure is not None and status is DeliveryStatus.PENDING:
        raise failure


def _status_after(failure: DeliveryError | None, job: Job) -> DeliveryStatus:
    if failure is None:
        return DeliveryStatus.SENT
    is_last = _PATIENCE.get_retry_decision(exception=failure, job=job) is None
    return DeliveryStatus.FAILED if is_last or isinstance(failure, RefusedError) else DeliveryStatus.PENDING
