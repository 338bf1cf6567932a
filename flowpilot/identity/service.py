"""Changes of access: accounts, members and their roles. Each leaves an entry in the audit log."""

import asyncio
import uuid
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from flowpilot.clock import zone
from flowpilot.db.base import new_id
from flowpilot.db.session import Database, Db
from flowpilot.errors import ConflictError, InvalidError, NotFoundError
from flowpilot.identity.actor import Actor, Permission, Role
from flowpilot.identity.audit import record
from flowpilot.identity.auth import accounts_of, normal, set_password_hash, state_login_email
from flowpilot.identity.credentials import hash_password
from flowpilot.identity.locking import LockedAccess, lock_access
from flowpilot.identity.models import Account, ApiKey, Membership, User

MIN_PASSWORD_LENGTH = 12

_INVITE_THEM = "Invite them, or ask the operator to add them: flowpilot user create."
_KEEP_PASSWORD = "Add them without a password: they keep their own."  # noqa: S105 - what to do, no password


class AlreadyMemberError(ConflictError):
    """The person is already in the account."""


async def create_account(db: Db, account_id: uuid.UUID, name: str, timezone: str, now: datetime) -> None:
    """Create the account that the session `db` already states."""
    if not name.strip():
        raise InvalidError("An account needs a name.")
    zone(timezone)
    await db.execute(insert(Account).values(id=account_id, name=name.strip(), timezone=timezone, created_at=now))
    await record(
        db,
        account_id,
        None,
        "account.created",
        ("account", account_id),
        at=now,
        after={"name": name.strip(), "timezone": timezone},
    )


async def add_member(
    db: Db,
    account_id: uuid.UUID,
    actor: Actor | None,
    email: str,
    role: Role,
    *,
    now: datetime,
    name: str = "",
    password: str | None = None,
) -> uuid.UUID:
    """Add a person by e-mail and return their user id. No actor: an operator at the command line.

    Raises:
        AlreadyMemberError: the person is already in the account.
        ConflictError: the person is known already, and it is not the operator who adds them without a password.
        ForbiddenError: the role is above the actor's own.
    """
    address = valid_email(email)
    await state_login_email(db, address)
    known_id = await db.scalar(select(User.id).where(User.email == address))
    access = await lock_access(db, account_id, actor, known_id)
    access.check(Permission.MANAGE_MEMBERS, role)
    if known_id is None:
        user_id = await add_user(db, name, now, email=address, password=password)
    elif actor is not None or password is not None:
        # A person has one password for all their accounts, and whoever added them first may have chosen it. So
        # only the operator, whom all accounts trust, lets a known person in; or they accept an invitation.
        raise ConflictError(f"{address} is known here already. {_INVITE_THEM if actor else _KEEP_PASSWORD}")
    else:
        user_id = known_id
        if user_id in access.roles:
            raise AlreadyMemberError(f"{address} is already a member of this account.")
    await join(db, access, user_id, role, now, by=access.actor_id)
    return user_id


async def add_user(
    db: Db, name: str, now: datetime, *, email: str | None = None, password: str | None = None
) -> uuid.UUID:
    """A new user; without a password nobody can sign in as it."""
    if password is not None:
        check_password(password)
    user_id = new_id()
    password_hash = None if password is None else await asyncio.to_thread(hash_password, password)
    user = {"id": user_id, "email": email, "name": name, "password_hash": password_hash, "created_at": now}
    try:
        await db.execute(insert(User).values(user))
    except IntegrityError as error:
        raise ConflictError(f"{email} has just been added. Try again.") from error
    return user_id


async def join(
    db: Db,
    access: LockedAccess,
    user_id: uuid.UUID,
    role: Role,
    now: datetime,
    *,
    by: uuid.UUID | None,
    invitation_id: uuid.UUID | None = None,
) -> None:
    """Make a user a member, by an invitation if there is one.

    Raises:
        AlreadyMemberError: they are one.
    """
    member = {"account_id": access.account_id, "user_id": user_id, "role": role, "created_at": now}
    try:
        await db.execute(insert(Membership).values(member))
    except IntegrityError as error:
        raise AlreadyMemberError("This person is already a member of the account.") from error
    facts = {"role": role} | ({"invitation_id": str(invitation_id)} if invitation_id else {})
    await record(db, access.account_id, by, "member.added", ("user", user_id), at=now, after=facts)


async def change_role(db: Db, actor: Actor, user_id: uuid.UUID, role: Role, now: datetime) -> None:
    """Give a member another role.

    Raises:
        NotFoundError: no such member here.
        LastOwnerError: the account would be left without an owner.
        ForbiddenError: the member's old or new role is above the actor's own.
    """
    access = await lock_access(db, actor.account_id, actor, user_id)
    before = access.role_of(user_id)
    access.check(Permission.MANAGE_MEMBERS, before, role)
    if role is not Role.OWNER:
        access.keep_an_owner(leaving=user_id)
    await db.execute(update(Membership).where(_member(actor.account_id, user_id)).values(role=role))
    await record(
        db,
        actor.account_id,
        actor.user_id,
        "member.role_changed",
        ("user", user_id),
        at=now,
        before={"role": before},
        after={"role": role},
    )


async def remove_member(db: Db, actor: Actor, user_id: uuid.UUID, now: datetime) -> None:
    """Take a member out of the account; their keys are revoked, what they did stays theirs.

    Raises:
        NotFoundError, LastOwnerError, ForbiddenError: as in `change_role`.
    """
    access = await lock_access(db, actor.account_id, actor, user_id)
    before = access.role_of(user_id)
    access.check(Permission.MANAGE_MEMBERS, before)
    access.keep_an_owner(leaving=user_id)
    revoked = await db.scalars(
        update(ApiKey)
        .where(ApiKey.account_id == actor.account_id, ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiKey.prefix)
    )
    await db.execute(delete(Membership).where(_member(actor.account_id, user_id)))
    await record(
        db,
        actor.account_id,
        actor.user_id,
        "member.removed",
        ("user", user_id),
        at=now,
        before={"role": before},
        after={"revoked_keys": sorted(revoked)},
    )


def _member(account_id: uuid.UUID, user_id: uuid.UUID) -> ColumnElement[bool]:
    return and_(Membership.account_id == account_id, Membership.user_id == user_id)


def valid_email(email: str) -> str:
    """The e-mail in the form in which it is kept.

    Raises:
        InvalidError: it is none.
    """
    try:
        return normal(validate_email(email, check_deliverability=False, test_environment=True).normalized)
    except EmailNotValidError as error:
        raise InvalidError(f"{email!r} is not an e-mail address: {error}") from error


async def find_member(db: Db, account_id: uuid.UUID, email: str) -> uuid.UUID | None:
    """The user id of the member with this e-mail, if there is one."""
    return await db.scalar(
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.account_id == account_id, User.email == normal(email))
    )


async def member_by_email(db: Db, account_id: uuid.UUID, email: str) -> uuid.UUID:
    """The user id of a member.

    Raises:
        NotFoundError: nobody in the account has this e-mail.
    """
    user_id = await find_member(db, account_id, email)
    if user_id is None:
        raise NotFoundError(f"{email} is not a member of this account.")
    return user_id


async def reset_password(database: Database, email: str, password: str, now: datetime) -> None:
    """Give a person another password, as the operator; each of their accounts has it in its audit log.

    Raises:
        NotFoundError: nobody has this e-mail.
    """
    check_password(password)
    async with database.write(None) as db:
        await state_login_email(db, email)
        user_id = await db.scalar(select(User.id).where(User.email == normal(email)))
        if user_id is None:
            raise NotFoundError(f"Nobody here has the e-mail {email}.")
        await set_password_hash(db, user_id, await asyncio.to_thread(hash_password, password), now)
        accounts = await accounts_of(db, user_id)
    for account in accounts:
        async with database.write(account.id) as db:
            await record(db, account.id, None, "user.password_changed", ("user", user_id), at=now)


def check_password(password: str) -> None:
    """Refuse a new password that is too short.

    Raises:
        InvalidError: it is.
    """
    if len(password) < MIN_PASSWORD_LENGTH:
        raise InvalidError(f"A password needs at least {MIN_PASSWORD_LENGTH} characters.")
