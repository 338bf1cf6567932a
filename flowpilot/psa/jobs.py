"""The jobs of a connection: posting what it has to post, and reading who works there."""

import uuid
from contextlib import AsyncExitStack, aclosing
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from procrastinate import JobContext

from flowpilot.clock import now
from flowpilot.identity.queries import names_and_timezone
from flowpilot.jobs import PSA_QUEUE, RETRY, Retry, Tools, app, not_there, tools
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.connections.opening import open_provider
from flowpilot.psa.connections.queries import NoSuchConnectionError, active_connection, is_known
from flowpilot.psa.connections.service import pause_for_credentials
from flowpilot.psa.members.schedule import EVERY, READ_JOB, schedule_reading
from flowpilot.psa.members.service import store_members
from flowpilot.psa.postings.health import awake, stop_if_removed, wake
from flowpilot.psa.postings.lanes import TURN_JOB, give_turn
from flowpilot.psa.postings.sending import due
from flowpilot.psa.postings.sending.turn import Turn, run
from flowpilot.psa.postings.sending.writers import open_writers
from flowpilot.psa.provider import CredentialsError, ProviderError

# What a ticket system does is recorded with each step. Any other failure is our own fault, and holds up the lane.
_SOON = Retry(wait=15)
# When members are read again, if the ticket system did not answer.
_LATER = timedelta(hours=1)


@app.task(name=TURN_JOB, queue=PSA_QUEUE, pass_context=True, retry=_SOON)
async def turn(context: JobContext, account_id: str, connection_id: str) -> None:
    """Post what is due, for a few seconds. A job without the lane's lock only asks for a turn."""
    used, account, connection = tools(context), uuid.UUID(account_id), uuid.UUID(connection_id)
    if context.job.lock is None:
        async with used.database.write(account) as db:
            await awake(db, account, connection)
            await give_turn(db, account, connection)
        return
    async with used.database.read(account) as db:
        found = await due.open_connection(db, account, connection)
    if found is None:
        async with used.database.write(account) as db:
            await stop_if_removed(db, account, connection, now())
            if not await is_known(db, account, connection):
                not_there(context, f"connection {connection_id}")
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
        people = await due.people(db, account, connection.id)
        names, timezone = await names_and_timezone(db, account, people)
    try:
        async with AsyncExitStack() as stack:
            provider = open_provider(database, used.settings, connection)
            await stack.enter_async_context(aclosing(provider))
            writers = await open_writers(stack, database, used.settings, connection, names)
            async with database.write(account) as db:
                able = members.keys() - writers.refused
                await due.wake_matched(db, account, connection.id, able, now())
            return await run(Turn(database, connection, provider, members, names, ZoneInfo(timezone), writers))
    except CredentialsError as error:
        async with database.write(account) as db:
            await pause_for_credentials(db, connection, error.detail, now())
        return None


@app.task(name=READ_JOB, queue=PSA_QUEUE, pass_context=True, retry=RETRY)
async def read_members(context: JobContext, account_id: str, connection_id: str) -> None:
    """Read who works in the ticket system, once a day. A paused connection is asked nothing."""
    used, account, connection = tools(context), uuid.UUID(account_id), uuid.UUID(connection_id)
    async with used.database.write(account) as db:
        found = await active_connection(db, account)
        if found is None or found.id != connection:
            if not await is_known(db, account, connection):
                not_there(context, f"connection {connection_id}")
            return
        if found.members_due_at is None or found.members_due_at > now():
            return
        # The next time is set first, so that nobody else reads now, and a crash costs this day at most.
        if not await schedule_reading(db, found, now() + EVERY):
            return
    if found.paused_at is None and not await _read_members(used, found):
        async with used.database.write(account) as db:
            await schedule_reading(db, found, now() + _LATER)


async def _read_members(used: Tools, connection: PsaConnection) -> bool:
    """Read and keep them; False if the ticket system does not tell."""
    account, database = connection.account_id, used.database
    try:
        async with aclosing(open_provider(database, used.settings, connection)) as provider:
            members = await provider.list_members()
    except CredentialsError as error:
        async with database.write(account) as db:
            await pause_for_credentials(db, connection, error.detail, now())
        return False
    except ProviderError:
        return False
    try:
        async with database.write(account) as db:
            await store_members(db, connection, members, now())
    except NoSuchConnectionError:
        return False
    return True
