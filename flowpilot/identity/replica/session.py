"""The transaction of a request that may read what is a few seconds old."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request

from flowpilot.db.failures import DatabaseTimeoutError, DatabaseUnavailableError
from flowpilot.db.session import ReadDb
from flowpilot.http.replica.reads import Place, ReplicaReads
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import Caller, ReadSession


async def report_session(request: Request, actor: Caller, db: ReadSession) -> AsyncIterator[ReadDb]:
    """The replica's transaction, or the request's own, which has verified the caller in either case."""
    reads: ReplicaReads | None = request.app.state.replica_reads
    place = None if reads is None else await reads.place_of(request, actor.user_id)
    if reads is None or place is None:
        yield db
    elif place is not Place.REPLICA:
        reads.count(place)
        yield db
    else:
        async with _at_replica(request, reads, actor) as there:
            reads.count(Place.PRIMARY_FAILED if there is None else place)
            yield there or db


@asynccontextmanager
async def _at_replica(request: Request, reads: ReplicaReads, actor: Actor) -> AsyncIterator[ReadDb | None]:
    """A transaction at the replica, or none. If it fails later, the request is done again, at the primary."""
    there: ReadDb | None = None
    try:
        async with reads.replica.read(actor.account_id) as there:
            yield there
    except DatabaseTimeoutError:
        raise  # It would take the primary as long.
    except DatabaseUnavailableError:
        request.state.replica_has_failed = there is not None
        raise


# Function scope, like the transaction that it stands for.
ReportSession = Annotated[ReadDb, Depends(report_session, scope="function")]
