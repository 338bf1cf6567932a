"""The job that posts what a connection has to post."""

import uuid
from contextlib import AsyncExitStack, aclosing
from datetime import datetime

from procrastinate import JobContext, RetryStrategy

from flowpilot.clock import now
from flowpilot.identity.queries import names_of
from flowpilot.jobs import PSA_QUEUE, Tools, app, tools
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.connections.opening import open_provider
from flowpilot.psa.connections.service import pause_for_credentials
from flowpilot.psa.postings import due
from flowpilot.psa.postings.health import wake
from flowpilot.psa.postings.lanes import TURN_JOB, give_turn
from flowpilot.psa.postings.turn import Turn, run
from flowpilot.psa.postings.writers import open_writers
from flowpilot.psa.provider import CredentialsError

# What a ticket system does is recorded with each step. Any other failure is our own fault, and holds up the lane.
_SOON = RetryStrategy(wait=15)


@app.task(name=TURN_JOB, queue=PSA_QUEUE, pass_context=True, retry=_SOON)
async def turn(context: JobContext, account_id: str, connection_id: str) -> None:
    """Post what is due, for a few seconds. A job without the lane's lock only asks for a turn."""
    used, account, connection = tools(context), uuid.UUID(account_id), uuid.UUID(connection_id)
    if context.job.lock is None:
        async with used.database.write(account) as db:
            await give_turn(db, account, connection)
        return
    async with used.database.read(account) as db:
        found = await due.open_connection(db, account, connection)
    if found is None:
        return
    goes_on_at = await _go_on(used, found)
    if goes_on_at is None:
        return
    async with used.database.write(account) as db:
        if goes_on_at <= (moment := now()):
            await give_turn(db, account, connection)
        else:
            await wake(db, account, connection, goes_on_at, moment)


async def _go_on(used: Tools, connection: PsaConnection) -> datetime | None:
    """Work for a turn, and return when the next one is wanted; None for never."""
    account, database = connection.account_id, used.database
    if connection.quiet_until is not None and connection.quiet_until > now():
        return connection.quiet_until
    async with database.read(account) as db:
        members = await due.members_of(db, account, connection.id)
        names = await names_of(db, account, await due.people(db, account, connection.id))
    try:
        async with AsyncExitStack() as stack:
            provider = open_provider(database, used.settings, connection)
            await stack.enter_async_context(aclosing(provider))
            writers = await open_writers(stack, database, used.settings, connection, names)
            async with database.write(account) as db:
                able = members.keys() - writers.refused
                await due.wake_matched(db, account, connection.id, able, now())
            return await run(Turn(database, connection, provider, members, names, writers))
    except CredentialsError as error:
        async with database.write(account) as db:
            await pause_for_credentials(db, connection, error.detail, now())
        return None
