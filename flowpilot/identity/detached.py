"""Callers of routes that wait for another server.

A request usually holds one transaction, and with it a connection to the database, until it is answered. Ten
requests that wait for a slow ticket system would hold up everybody. So these callers are verified in a transaction
that is over when the route begins, and the route takes short ones of its own.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from fastapi import Depends, Request

from flowpilot.clock import Now, now
from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.db.session import Database
from flowpilot.identity.actor import Actor, Permission, require
from flowpilot.identity.auth import Claim, claim_of, record_use, verify
from flowpilot.identity.credentials import KeyClaim


async def authenticate_detached(request: Request, claimed: Claim, now: Now) -> Actor:
    """Look the claim up in its account, with its present role."""
    database: Database = request.app.state.database
    async with database.read(claimed.account_id) as db:
        actor, use_is_due = await verify(db, claimed, now)
    request.state.user_id = actor.user_id
    if use_is_due and isinstance(claimed, KeyClaim):
        with suppress(DatabaseUnavailableError):
            await record_use(database, claimed, now)
    return actor


def requires_detached(permission: Permission) -> Any:
    """The dependency of such a route that requires a permission."""

    async def check(actor: Actor = Depends(authenticate_detached)) -> Actor:
        require(actor, permission)
        return actor

    return Depends(check)


def admit(permission: Permission) -> Callable[[Request], Awaitable[None]]:
    """What makes sure of who sends a request with files, before any of it is received.

    It raises UnauthenticatedError without a valid credential, and ForbiddenError if the sender's role does not
    include the permission.
    """

    async def check(request: Request) -> None:
        require(await authenticate_detached(request, await claim_of(request), now()), permission)

    return check
