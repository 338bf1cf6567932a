"""API keys: how programs act in an account."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import InvalidError, NotFoundError
from flowpilot.identity.actor import Actor, ForbiddenError, Permission, Role
from flowpilot.identity.audit.log import record
from flowpilot.identity.credentials import hash_key, key_prefix, new_api_key
from flowpilot.identity.locking import LockedAccess, lock_access
from flowpilot.identity.members import add_user, join
from flowpilot.identity.models import ApiKey, User


async def create_key(
    db: Db,
    account_id: uuid.UUID,
    actor: Actor | None,
    role: Role,
    *,
    now: datetime,
    name: str = "",
    user_id: uuid.UUID | None = None,
    expires_days: int | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is not stored. Without an actor, an operator acts.

    Raises:
        ForbiddenError: the role is above the actor's own, or above that of the user the key would act as, or that
            user is another person.
        NotFoundError: the user is not a member of the account.
    """
    access = await lock_access(db, account_id, actor, user_id)
    ceiling = role if user_id is None else access.role_of(user_id)
    access.check(Permission.MANAGE_KEYS, role, ceiling)
    if role.rank > ceiling.rank:
        raise ForbiddenError(f"The key's role ({role}) is above that of its user ({ceiling}).")
    if actor is not None and user_id not in {None, actor.user_id}:
        await _refuse_person(db, user_id)
    if expires_days is not None and expires_days < 1:
        raise InvalidError("A key must be valid for at least one day.", field="expires_days")
    if user_id is None:
        user_id = await add_user(db, name or "Integration", now)
        await join(db, access, user_id, role, now, by=access.actor_id)
    key_id = new_id()
    secret = new_api_key(account_id, key_id)
    key = ApiKey(
        account_id=account_id,
        id=key_id,
        user_id=user_id,
        name=name,
        key_hash=hash_key(secret),
        prefix=key_prefix(secret),
        role=role,
        created_by=access.actor_id,
        created_at=now,
        expires_at=None if expires_days is None else now + timedelta(days=expires_days),
    )
    db.add(key)
    await db.flush()
    await _audit(db, access, key, "key.created", now)
    return key, secret


async def revoke_key(db: Db, actor: Actor, key_id: uuid.UUID, now: datetime) -> None:
    """Revoke a key. Revoking it again changes nothing.

    Raises:
        NotFoundError: no such key here.
        ForbiddenError: the key's role is above the actor's own.
    """
    access = await lock_access(db, actor.account_id, actor)
    key = await db.scalar(select(ApiKey).where(ApiKey.account_id == actor.account_id, ApiKey.id == key_id))
    if key is None:
        raise NotFoundError("There is no such API key in this account.")
    access.check(Permission.MANAGE_KEYS, Role(key.role))
    if key.revoked_at is None:
        key.revoked_at = now
        await _audit(db, access, key, "key.revoked", now)


async def _refuse_person(db: Db, user_id: uuid.UUID | None) -> None:
    if await db.scalar(select(User.email).where(User.id == user_id)) is not None:
        raise ForbiddenError(
            "Only the person, or an operator, can create a key that acts as a person: flowpilot key create --user."
        )


async def _audit(db: Db, access: LockedAccess, key: ApiKey, action: str, now: datetime) -> None:
    # The list of keys shows the prefix too, so that entries can be matched to keys.
    facts = {"prefix": key.prefix, "role": key.role, "user_id": str(key.user_id)}
    await record(db, key.account_id, access.actor_id, action, ("api_key", key.id), at=now, after=facts)
