"""Changes of access: accounts, members and their roles. Each is recorded in the audit log."""

import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, Row, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from flowpilot.clock import zone
from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.email_address import normal_email, valid_email
from flowpilot.errors import ConflictError, InvalidError, NotFoundError, OutdatedError
from flowpilot.identity.actor import Actor, Permission, Role
from flowpilot.identity.assignees import can_work
from flowpilot.identity.audit.log import record
from flowpilot.identity.leaving import Holding, hand_over, on_record
from flowpilot.identity.locking import LockedAccess, lock_access
from flowpilot.identity.models import Account, ApiKey, Membership, User
from flowpilot.identity.sign_in.login import state_login_email


class RoleChangedError(OutdatedError):
    """The member's role is not the one that the caller saw."""


class AlreadyMemberError(ConflictError):
    """The person is already in the account."""


class KnownPersonError(ConflictError):
    """A person who should be new already has a password."""

    def __init__(self, address: str, *, given_by_operator: bool) -> None:
        if given_by_operator:
            advice = "They keep the password that an operator gave them. Add them with --known."
        else:
            advice = (
                "Somebody in another account may have chosen their password. Set a new one first (flowpilot user "
                "password), or, if you are certain that it is their own, add them with --known."
            )
        super().__init__(f"{address} already belongs to an account here. {advice}")


class InvitationNeededError(ConflictError):
    """Only the person can prove that the e-mail is theirs."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} has to accept an invitation. Create one: POST /api/v1/invitations.")


async def create_account(db: Db, account_id: uuid.UUID, name: str, timezone: str, now: datetime) -> None:
    """Create the account that is set in the session `db`."""
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


async def add_new_member(
    db: Db,
    account_id: uuid.UUID,
    email: str,
    role: Role,
    now: datetime,
    *,
    name: str = "",
    password_hash: str | None = None,
) -> uuid.UUID:
    """Add a person who is not known here yet, as the operator, and return their user id.

    Raises:
        AlreadyMemberError: the person is already in the account.
        KnownPersonError: the person belongs to another account.
    """
    address = valid_email(email)
    known = await _person(db, address)
    access = await lock_access(db, account_id, None, known and known.id)
    if known is not None:
        if known.id in access.roles:
            raise AlreadyMemberError(f"{address} is already a member of this account.")
        raise KnownPersonError(address, given_by_operator=known.password_given_by_operator)
    user_id = await add_user(
        db, name, now, email=address, password_hash=password_hash, given_by_operator=password_hash is not None
    )
    await join(db, access, user_id, role, now, by=None)
    return user_id


async def add_known_member(
    db: Db, account_id: uuid.UUID, actor: Actor | None, email: str, role: Role, now: datetime
) -> uuid.UUID:
    """Add a person who already has a password, and keeps it. Without an actor, an operator acts.

    Raises:
        NotFoundError: nobody has this e-mail; only an operator gets this error.
        InvitationNeededError: the actor cannot know who would join with this e-mail: the person is new, or their
            password may have been chosen by the person who invited them to another account.
        AlreadyMemberError: the person is already in the account.
        ForbiddenError: the role is above the actor's own.
    """
    address = valid_email(email)
    known = await _person(db, address)
    access = await lock_access(db, account_id, actor, known and known.id)
    access.check(Permission.MANAGE_MEMBERS, role)
    if known is not None and known.id in access.roles:
        raise AlreadyMemberError(f"{address} is already a member of this account.")
    if actor is not None and not (known and known.password_given_by_operator):
        # The same error for both, so that it does not reveal who belongs to other accounts.
        raise InvitationNeededError(address)
    if known is None:
        raise NotFoundError(f"Nobody here has the e-mail {address}. Leave out --known to add a new person.")
    user_id: uuid.UUID = known.id
    await join(db, access, user_id, role, now, by=access.actor_id)
    return user_id


async def _person(db: Db, address: str) -> Row[uuid.UUID, bool] | None:
    await state_login_email(db, address)
    query = select(User.id, User.password_given_by_operator).where(User.email == address)
    return (await db.execute(query)).first()


async def add_user(
    db: Db,
    name: str,
    now: datetime,
    *,
    email: str | None = None,
    password_hash: str | None = None,
    given_by_operator: bool = False,
) -> uuid.UUID:
    """A new user. Without a password nobody can sign in as this user."""
    user_id = new_id()
    user = {"id": user_id, "email": email, "name": name, "created_at": now}
    password = {"password_hash": password_hash, "password_given_by_operator": given_by_operator}
    try:
        await db.execute(insert(User).values(user | password))
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
        AlreadyMemberError: the user is a member already.
    """
    member = {"account_id": access.account_id, "user_id": user_id, "role": role, "created_at": now}
    try:
        await db.execute(insert(Membership).values(member))
    except IntegrityError as error:
        raise AlreadyMemberError("This person is already a member of the account.") from error
    facts = {"role": role} | ({"invitation_id": str(invitation_id)} if invitation_id else {})
    await record(db, access.account_id, by, "member.added", ("user", user_id), at=now, after=facts)


async def change_role(
    db: Db,
    actor: Actor,
    user_id: uuid.UUID,
    role: Role,
    now: datetime,
    *,
    from_role: Role | None = None,
    hand_over_to: uuid.UUID | None = None,
) -> list[Holding]:
    """Give a member another role. Return what they hand over because a lower role may not hold it.

    Raises:
        NotFoundError: no such member here.
        RoleChangedError: the member's role is not `from_role`, the one that the actor saw.
        NotAssignableError: the successor cannot sign in and claim.
        LastOwnerError: the account would be left without an owner.
        ForbiddenError: the member's old or new role is above the actor's own.
    """
    access = await lock_access(db, actor.account_id, actor, user_id)
    before = _present_role(access, user_id, from_role)
    access.check(Permission.MANAGE_MEMBERS, before, role)
    # To keep a role is no change, and the audit log has none.
    if role is before:
        return []
    if role is not Role.OWNER:
        access.keep_an_owner(leaving=user_id)
    await db.execute(update(Membership).where(_member(actor.account_id, user_id)).values(role=role))
    handed_over: list[Holding] = []
    if role.rank < before.rank or not can_work(role):
        handed_over = await hand_over(db, actor, user_id, role, hand_over_to, now)
    await record(
        db,
        actor.account_id,
        actor.user_id,
        "member.role_changed",
        ("user", user_id),
        at=now,
        before={"role": before},
        after={"role": role} | on_record(handed_over, hand_over_to),
    )
    return handed_over


async def remove_member(
    db: Db,
    actor: Actor,
    user_id: uuid.UUID,
    now: datetime,
    *,
    from_role: Role | None = None,
    hand_over_to: uuid.UUID | None = None,
) -> list[Holding]:
    """Remove a member from the account: revoke their keys, hand over what they hold, and return that.

    Records of their past work keep their name.

    Raises:
        NotFoundError, RoleChangedError, NotAssignableError, LastOwnerError, ForbiddenError: as in `change_role`.
    """
    access = await lock_access(db, actor.account_id, actor, user_id)
    before = _present_role(access, user_id, from_role)
    access.check(Permission.MANAGE_MEMBERS, before)
    access.keep_an_owner(leaving=user_id)
    revoked = await db.scalars(
        update(ApiKey)
        .where(ApiKey.account_id == actor.account_id, ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiKey.prefix)
    )
    await db.execute(delete(Membership).where(_member(actor.account_id, user_id)))
    handed_over = await hand_over(db, actor, user_id, None, hand_over_to, now)
    await record(
        db,
        actor.account_id,
        actor.user_id,
        "member.removed",
        ("user", user_id),
        at=now,
        before={"role": before},
        after={"revoked_keys": sorted(revoked)} | on_record(handed_over, hand_over_to),
    )
    return handed_over


def _present_role(access: LockedAccess, user_id: uuid.UUID, seen: Role | None) -> Role:
    """The member's role, compared with the role that the actor saw if they sent it."""
    role = access.role_of(user_id)
    if seen is not None and seen is not role:
        raise RoleChangedError(f"The member is now {role.replace('_', ' ')}. Nothing was changed.")
    return role


def _member(account_id: uuid.UUID, user_id: uuid.UUID) -> ColumnElement[bool]:
    return and_(Membership.account_id == account_id, Membership.user_id == user_id)


async def find_member(db: Db, account_id: uuid.UUID, email: str) -> uuid.UUID | None:
    """The user id of the member with this e-mail, if there is one."""
    return await db.scalar(
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.account_id == account_id, User.email == normal_email(email))
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
