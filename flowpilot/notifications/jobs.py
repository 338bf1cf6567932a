"""The jobs that notify people of events: one decides who is notified, the other sends the messages of a lane."""

import asyncio
import logging
import uuid
from datetime import timedelta

from procrastinate import JobContext

from flowpilot.clock import now
from flowpilot.handoffs.events import NOTIFY_JOB
from flowpilot.jobs import DELIVERY_QUEUE, RETRY, Retry, Tools, app, not_there, tools
from flowpilot.notifications.delivery.attempts import record_attempt
from flowpilot.notifications.delivery.lanes import DELIVER_JOB, give_turn, give_turn_later
from flowpilot.notifications.delivery.planning import plan
from flowpilot.notifications.delivery.sending import send
from flowpilot.notifications.delivery.turns import PendingDelivery, lane_of_delivery, next_deliveries
from flowpilot.notifications.mailing import MAIL_JOB, mail_notices
from flowpilot.outgoing.failures import DeliveryError, TryLaterError

# After this time a lane queues again behind those that wait for a worker. One message may take longer.
_TURN = timedelta(seconds=5)

_LOOK_AGAIN = timedelta(seconds=1)

# A failed message is recorded with its delivery. Any other failure is our own fault, and holds up the whole lane.
_SOON = Retry(wait=15)

_log = logging.getLogger(__name__)


@app.task(name=NOTIFY_JOB, pass_context=True, retry=RETRY)
async def notify(context: JobContext, account_id: str, event_id: str) -> None:
    """Notify people of an event."""
    used, account = tools(context), uuid.UUID(account_id)
    by_email = used.settings.smtp_host is not None
    async with used.database.write(account) as db:
        if not await plan(db, account, uuid.UUID(event_id), now(), by_email=by_email):
            not_there(context, f"event {event_id}")


@app.task(name=MAIL_JOB, pass_context=True, retry=RETRY)
async def mail(context: JobContext, account_id: str, about: str) -> None:
    """Send the notices about something by e-mail, too."""
    used, account = tools(context), uuid.UUID(account_id)
    if used.settings.smtp_host is not None:
        async with used.database.write(account) as db:
            if not await mail_notices(db, account, uuid.UUID(about), now()):
                not_there(context, f"a notice about {about}")


@app.task(name="notifications.mail_refused", pass_context=True, retry=RETRY)
async def mail_refused(context: JobContext, account_id: str, connection_id: str) -> None:
    """The same, as the release before enqueued it."""
    await mail(context, account_id, connection_id)


@app.task(name=DELIVER_JOB, queue=DELIVERY_QUEUE, pass_context=True, retry=_SOON)
async def deliver(context: JobContext, account_id: str, delivery_id: str) -> None:
    """Send what is due in the lane of a delivery, for a few seconds.

    A job without the lane's lock (one that was scheduled for later, or made by an earlier release) only asks for a
    turn.
    """
    used, account, delivery = tools(context), uuid.UUID(account_id), uuid.UUID(delivery_id)
    async with used.database.read(account) as db:
        lane = await lane_of_delivery(db, account, delivery)
    if lane is None and context.job.lock is None:
        not_there(context, f"delivery {delivery_id}")
        return
    if lane is None:
        # It looks again without the lock, which would hold up the lane.
        async with used.database.write(account) as db:
            await give_turn_later(db, account, delivery, now() + _LOOK_AGAIN)
        return
    has_sent_all = context.job.lock is not None and await _send_what_is_due(used, account, lane)
    if not has_sent_all:
        async with used.database.write(account) as db:
            await give_turn(db, account, lane, delivery)


async def _send_what_is_due(used: Tools, account_id: uuid.UUID, lane: int) -> bool:
    """Whether everything that was due has been sent; if not, the turn is over."""
    ends = now() + _TURN
    while now() < ends:
        async with used.database.read(account_id) as db:
            due = await next_deliveries(db, account_id, lane, now())
        if not due:
            return True
        async with asyncio.TaskGroup() as sending:
            for pending in due:
                sending.create_task(_attempt(used, pending))
    return False


async def _attempt(used: Tools, pending: PendingDelivery) -> None:
    """Attempt a delivery once, with no database transaction open in the meantime.

    If a worker dies after sending and before recording it, the message is sent again. The receiver can tell by the
    message's id, which stays the same.
    """
    failure: DeliveryError | None = None
    answered = None
    try:
        answered = await send(used.settings, pending, now())
    except DeliveryError as error:
        failure, answered = error, error.status
    except Exception as error:
        _log.exception("delivery %s failed unexpectedly", pending.delivery.id)
        reason = f"FlowPilot could not send this ({type(error).__name__}). The server's log has the details."
        failure = TryLaterError(reason, of_message=True)
    by_email = used.settings.smtp_host is not None
    async with used.database.write(pending.delivery.account_id) as db:
        await record_attempt(db, pending, failure, answered=answered, at=now(), by_email=by_email)
