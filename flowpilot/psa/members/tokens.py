"""Tokens of members' own, where a ticket system books time for the credentials' owner alone.

What is theirs is written with it. Once a token is refused, that waits, and is never booked on somebody else in
silence.
"""

import uuid
from collections.abc import Collection
from contextlib import aclosing
from datetime import datetime, timedelta

from sqlalchemy import select, update

from flowpilot.db.session import Database, Db, ReadDb
from flowpilot.errors import ConflictError, OutdatedError
from flowpilot.http.fields import wrong
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record
from flowpilot.psa import hooks
from flowpilot.psa.connections.models import ProviderKind, PsaConnection, PsaMember
from flowpilot.psa.connections.opening import open_provider
from flowpilot.psa.connections.queries import lock_connection
from flowpilot.psa.connections.service import changed
from flowpilot.psa.members.service import lock_member
from flowpilot.psa.provider import CredentialsError
from flowpilot.psa.providers.registry import PROVIDERS
from flowpilot.sealed import seal
from flowpilot.settings import Settings

# A person waits for it.
_PATIENCE = timedelta(seconds=5)
_TIMEOUT_SECONDS = 15.0


class NotMatchedError(ConflictError):
    """The person is nobody in the ticket system yet, as far as FlowPilot knows."""

    def __init__(self, name: str) -> None:
        super().__init__(f"You are not matched with a member of {name}. A team admin can do so in Settings.")


def takes_tokens(connection: PsaConnection) -> bool:
    """Whether members may enter tokens of their own."""
    return PROVIDERS[ProviderKind(connection.provider)].own_token is not None


async def check_token(
    database: Database, settings: Settings, connection: PsaConnection, external_id: str, token: str
) -> None:
    """Ask the ticket system whose token this is.

    Raises:
        RequestValidationError: it is not this member's, or members' tokens are not used here.
        ProviderError: the ticket system does not answer.
    """
    if not takes_tokens(connection):
        raise wrong("token", f"{connection.name} books time for each member without a token of theirs.")
    provider = open_provider(
        database, settings, connection, own_token=token, patience=_PATIENCE, timeout_seconds=_TIMEOUT_SECONDS
    )
    async with aclosing(provider):
        try:
            owner = await provider.read_owner()
        except CredentialsError:
            raise wrong("token", f"{connection.name} does not accept this token.") from None
    if owner != external_id:
        whose = (
            "does not tell whose token this is" if owner is None else f"says that this token belongs to {owner}"
        )
        raise wrong("token", f"{connection.name} {whose}. Enter one of {external_id}.")


async def set_token(
    db: Db,
    actor: Actor,
    seen: PsaConnection,
    external_id: str,
    token: str | None,
    settings: Settings,
    now: datetime,
) -> None:
    """Keep a member's own token, which was checked; None removes it. What waited for it goes on.

    Args:
        db: the transaction.
        actor: who does so.
        seen: the connection over which the token was checked.
        external_id: of the member.
        token: their new one.
        settings: of this process.
        now: the present moment.

    Raises:
        NoSuchMemberError: there is no such member.
        OutdatedError: the connection leads to another address by now.
    """
    connection = await lock_connection(db, seen.account_id, seen.id)
    if token is not None and (connection.base_url, connection.settings) != (seen.base_url, seen.settings):
        raise OutdatedError("The connection has been changed meanwhile. Enter the token again.")
    member = await lock_member(db, connection, external_id)
    if token is None and member.token_encrypted is None:
        return
    member.token_encrypted = None if token is None else seal(settings.signing_key(), token)
    member.token_refused_at = None
    await db.flush()
    facts = {"member": member.name, "external_id": external_id}
    verb, target = "removed" if token is None else "set", ("psa_connection", connection.id)
    await record(db, actor.account_id, actor.user_id, f"psa_member.token_{verb}", target, at=now, after=facts)
    await hooks.call(hooks.on_ready, db, changed(connection, now))


async def owners(db: ReadDb, connection: PsaConnection, people: Collection[uuid.UUID]) -> list[PsaMember]:
    """The members with a token of their own who are one of these people."""
    query = select(PsaMember).where(
        PsaMember.account_id == connection.account_id,
        PsaMember.connection_id == connection.id,
        PsaMember.user_id.in_(people),
        PsaMember.token_encrypted.is_not(None),
    )
    return list(await db.scalars(query.order_by(PsaMember.id)))


async def refuse_token(db: Db, member: PsaMember, now: datetime) -> None:
    """Use a token no more, because the ticket system does not accept it.

    Args:
        db: the transaction.
        member: as it was when the token was used: if it has been replaced since, nothing is done.
        now: the present moment.
    """
    await db.execute(
        update(PsaMember)
        .where(
            PsaMember.account_id == member.account_id,
            PsaMember.id == member.id,
            PsaMember.token_encrypted == member.token_encrypted,
        )
        .values(token_refused_at=now)
    )
