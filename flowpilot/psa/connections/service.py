"""Changing the connection to the ticket system. Each change is in the audit log, which holds no secret."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError
from flowpilot.http.fields import wrong
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record
from flowpilot.psa import hooks
from flowpilot.psa.connections.fields import addresses_in
from flowpilot.psa.connections.models import NO_TROUBLE, PauseKind, ProviderKind, PsaConnection, PsaMember
from flowpilot.psa.connections.opening import seal_credentials
from flowpilot.psa.connections.queries import active_connection, lock_connection, require_active
from flowpilot.psa.connections.systems import check_same, tenant_of
from flowpilot.psa.members.schedule import EVERY, schedule_reading
from flowpilot.settings import Settings


class AlreadyConnectedError(ConflictError):
    """The account has a connection, and may have only one."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"This account is already connected to {name}. Change that connection, or remove it first. "
            "What was posted through it stays on record."
        )


@dataclass(frozen=True, slots=True)
class NewConnection:
    """A connection whose fields are checked (`fields`)."""

    provider: ProviderKind
    name: str
    base_url: str
    credentials: BaseModel
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What to change about a connection, with checked fields; None leaves it as it is.

    `same_system`: a person says that it leads to the same ticket system as before, under another name.
    """

    name: str | None = None
    base_url: str | None = None
    credentials: BaseModel | None = None
    settings: Mapping[str, Any] | None = None
    same_system: bool = False


async def connect(db: Db, actor: Actor, new: NewConnection, settings: Settings, now: datetime) -> PsaConnection:
    """Connect the account to its ticket system.

    Raises:
        AlreadyConnectedError: it is connected to one.
    """
    row = {
        "account_id": actor.account_id,
        "id": new_id(),
        "provider": new.provider,
        "name": new.name,
        "base_url": new.base_url,
        "tenant": tenant_of(new.provider, new.credentials),
        "credentials_encrypted": seal_credentials(settings, new.credentials),
        "settings": dict(new.settings),
        "created_by": actor.user_id,
        "created_at": now,
    }
    # Two people may do so at the same time; the index lets one of them.
    if (
        await db.scalar(insert(PsaConnection).values(row).on_conflict_do_nothing().returning(PsaConnection.id))
        is None
    ):
        active = await active_connection(db, actor.account_id)
        raise AlreadyConnectedError("a ticket system" if active is None else active.name)
    connection = await require_active(db, actor.account_id)
    await schedule_reading(db, connection, now + EVERY)
    await _record(db, actor, connection, "connected", now)
    return connection


async def change_connection(
    db: Db, actor: Actor, connection_id: uuid.UUID, change: Change, settings: Settings, now: datetime
) -> PsaConnection:
    """Change a connection. New credentials end a pause that was made because the old ones were not accepted.

    Members' own tokens are not sent to another address: they are forgotten, and their owners enter them again.

    Raises:
        NoSuchConnectionError: there is none with this id.
        RequestValidationError: the stored credentials would go to another address, and have to be entered again;
            or it may lead to another ticket system.
    """
    connection = await lock_connection(db, actor.account_id, connection_id)
    if change.credentials is None and _leads_elsewhere(connection, change):
        raise wrong("credentials", "Enter the credentials again, because they would be sent to another address.")
    given = change.credentials
    tenant = None if given is None else tenant_of(connection.provider, given)
    if not change.same_system:
        address, is_elsewhere = change.base_url or connection.base_url, bool(_new_addresses(connection, change))
        await check_same(db, connection, address, tenant, other_settings=is_elsewhere)
    if _leads_elsewhere(connection, change):
        await _forget_tokens(db, connection)
    connection.name = change.name or connection.name
    if change.base_url not in {None, connection.base_url} or change.credentials is not None:
        # What was found before says nothing of this.
        connection.findings = connection.checked_at = None
    connection.base_url = change.base_url or connection.base_url
    if change.settings is not None:
        connection.settings = dict(change.settings)
    if given is not None and tenant is not None:
        connection.credentials_encrypted, connection.tenant = seal_credentials(settings, given), tenant
        if connection.pause_kind == PauseKind.CREDENTIALS:
            connection.paused_at = connection.pause_kind = None
    if (change.base_url, given, change.settings) != (None, None, None):
        # Also if it was not paused: a turn may just find that the old ones are not accepted, and stop.
        await _go_on(db, connection, now)
    await _record(db, actor, connection, "changed", now, credentials_replaced=change.credentials is not None)
    return connection


async def pause(db: Db, actor: Actor, connection_id: uuid.UUID, now: datetime) -> PsaConnection:
    """Post nothing until somebody resumes. What is posted meanwhile waits.

    Raises:
        NoSuchConnectionError: there is none with this id.
    """
    connection = await lock_connection(db, actor.account_id, connection_id)
    if connection.paused_at is None:
        connection.paused_at, connection.pause_kind = now, PauseKind.BY_HAND
        await _record(db, actor, connection, "paused", now)
    return connection


async def resume(db: Db, actor: Actor, connection_id: uuid.UUID, now: datetime) -> PsaConnection:
    """Go on posting, with what waits first.

    Raises:
        NoSuchConnectionError: there is none with this id.
    """
    connection = await lock_connection(db, actor.account_id, connection_id)
    if connection.paused_at is not None:
        connection.paused_at = connection.pause_kind = None
        await _go_on(db, connection, now)
        await _record(db, actor, connection, "resumed", now)
    return connection


async def remove(db: Db, actor: Actor, connection_id: uuid.UUID, now: datetime) -> None:
    """Remove a connection and all its credentials. What was posted through it stays on record.

    Raises:
        NoSuchConnectionError: there is none with this id.
    """
    connection = await lock_connection(db, actor.account_id, connection_id)
    connection.removed_at, connection.credentials_encrypted = now, b""
    await _forget_tokens(db, connection)
    await hooks.call(hooks.on_removed, db, changed(connection, now))
    await _record(db, actor, connection, "removed", now)


async def pause_for_credentials(db: Db, connection: PsaConnection, reason: str, now: datetime) -> bool:
    """Pause a connection whose credentials were not accepted, with one notice to those who can enter new ones.

    Args:
        db: the transaction.
        connection: as it was when its credentials were used: if they have been replaced since, nothing is done.
        reason: a sentence for them.
        now: the time.
    """
    used = (
        PsaConnection.account_id == connection.account_id,
        PsaConnection.id == connection.id,
        PsaConnection.credentials_encrypted == connection.credentials_encrypted,
        PsaConnection.removed_at.is_(None),
        PsaConnection.paused_at.is_(None),
    )
    pausing = update(PsaConnection).where(*used).values(paused_at=now, pause_kind=PauseKind.CREDENTIALS)
    if await db.scalar(pausing.returning(PsaConnection.id)) is None:
        return False
    refused = hooks.CredentialsRefused(connection.account_id, connection.id, connection.name, now, reason)
    for hook in hooks.on_refused:
        await hook(db, refused)
    return True


def changed(connection: PsaConnection, now: datetime) -> hooks.Changed:
    """The connection as hooks are told of it."""
    return hooks.Changed(connection.account_id, connection.id, connection.name, now)


def _leads_elsewhere(connection: PsaConnection, change: Change) -> bool:
    return change.base_url not in {None, connection.base_url} or bool(_new_addresses(connection, change))


def _new_addresses(connection: PsaConnection, change: Change) -> set[str]:
    return addresses_in(change.settings or {}) - addresses_in(connection.settings)


async def _forget_tokens(db: Db, connection: PsaConnection) -> None:
    of_members = PsaMember.account_id == connection.account_id, PsaMember.connection_id == connection.id
    await db.execute(update(PsaMember).where(*of_members).values(token_encrypted=None, token_refused_at=None))


async def _go_on(db: Db, connection: PsaConnection, now: datetime) -> None:
    """Try what waits, at once: what was wrong with the connection may be mended."""
    for name, value in NO_TROUBLE.items():
        setattr(connection, name, value)
    await db.flush()
    await hooks.call(hooks.on_ready, db, changed(connection, now))


async def _record(
    db: Db, actor: Actor, connection: PsaConnection, verb: str, now: datetime, **facts: object
) -> None:
    after = {"provider": connection.provider, "name": connection.name, "base_url": connection.base_url, **facts}
    target = ("psa_connection", connection.id)
    await record(db, actor.account_id, actor.user_id, f"psa_connection.{verb}", target, at=now, after=after)
