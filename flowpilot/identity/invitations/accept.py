"""Accepting an invitation: from the secret of a link to a membership."""

import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from flowpilot.db.session import Database, Db, ReadDb
from flowpilot.errors import ConflictError, FlowPilotError
from flowpilot.identity.actor import Role
from flowpilot.identity.credentials import (
    INVITATION_MARK,
    KeyClaim,
    UnauthenticatedError,
    unpack,
)
from flowpilot.identity.invitations.service import (
    InvitationNotFoundError,
    InvitationState,
    InvitationUsedError,
    may_invite,
    state_of,
)
from flowpilot.identity.locking import lock_access
from flowpilot.identity.members import add_user, join
from flowpilot.identity.models import Account, Invitation, Membership, User
from flowpilot.identity.passwords import is_right, new_hash, set_password_hash
from flowpilot.identity.queries import role_of
from flowpilot.identity.sign_in.login import accounts_of, state_login_email

_ASK_AGAIN = "Ask the person who invited you for a new one."


class InvitationClosedError(FlowPilotError):
    """It is revoked or expired, or the person who created it may no longer invite."""

    status = 410


class PasswordNeededError(ConflictError):
    """Only the operator can give this person a first password."""


@dataclass(frozen=True, slots=True)
class InvitationPreview:
    """What an open invitation shows. `invited_by` is None for an inviter without a name."""

    account_id: uuid.UUID
    account_name: str
    timezone: str
    email: str
    role: Role
    name: str
    invited_by: str | None
    expires_at: datetime
    can_sign_in: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """The new member and the account."""

    account_id: uuid.UUID
    user_id: uuid.UUID
    email: str
    role: Role


async def preview(database: Database, token: str, now: datetime) -> InvitationPreview:
    """What the invitation shows.

    Raises:
        InvitationNotFoundError, InvitationUsedError, InvitationClosedError: it is not open.
    """
    claim = _claim(token)
    async with database.read(claim.account_id) as db:
        found = await _open(db, claim, now)
        _check_inviter(found.Invitation, await role_of(db, claim.account_id, found.Invitation.created_by))
        person = await _person(db, found.Invitation.email)
    return InvitationPreview(
        account_id=claim.account_id,
        account_name=found.account_name,
        timezone=found.timezone,
        email=found.Invitation.email,
        role=Role(found.Invitation.role),
        name=found.Invitation.name,
        invited_by=found.inviter_name or found.inviter_email,
        expires_at=found.Invitation.expires_at,
        can_sign_in=person is not None and person.password_hash is not None,
    )


async def accept(database: Database, token: str, name: str, password: str, now: datetime) -> Joined:
    """Join the account: with the person's password if they have one, otherwise with this as their first.

    Raises:
        InvitationNotFoundError, InvitationUsedError, InvitationClosedError: it is not open.
        UnauthenticatedError: the password is wrong.
        PasswordNeededError: the person has no password, but belongs to an account.
        InvalidError: the new password is too short.
    """
    claim = _claim(token)
    async with database.read(claim.account_id) as db:
        found = await _open(db, claim, now)
        invited_by = found.Invitation.created_by
        known = await _person(db, found.Invitation.email)
    first_hash = await _prove(known, password)
    async with database.write(claim.account_id) as db:
        access = await lock_access(db, claim.account_id, None, invited_by)
        invitation: Invitation = (await _open(db, claim, now)).Invitation
        _check_inviter(invitation, access.roles.get(invited_by))
        if await _person(db, invitation.email) != known:
            raise ConflictError("Your user has just been changed. Try again.")
        if known is None:
            name = name or invitation.name
            user_id = await add_user(db, name, now, email=invitation.email, password_hash=first_hash)
        else:
            user_id = known.id
            if first_hash is not None:
                await _set_first_password(db, user_id, first_hash, now)
        invitation.accepted_at, invitation.accepted_by = now, user_id
        role = Role(invitation.role)
        await join(db, access, user_id, role, now, by=user_id, invitation_id=invitation.id)
    return Joined(claim.account_id, user_id, invitation.email, role)


def _claim(token: str) -> KeyClaim:
    try:
        return unpack(token, INVITATION_MARK)
    except ValueError as error:
        raise InvitationNotFoundError(f"There is no such invitation. {_ASK_AGAIN}") from error


async def _open(db: ReadDb, claim: KeyClaim, now: datetime) -> Row[Any]:
    query = (
        select(
            Invitation,
            Account.name.label("account_name"),
            Account.timezone,
            User.name.label("inviter_name"),
            User.email.label("inviter_email"),
        )
        .join(Account, Account.id == Invitation.account_id)
        .outerjoin(
            Membership,
            (Membership.account_id == Invitation.account_id) & (Membership.user_id == Invitation.created_by),
        )
        .outerjoin(User, User.id == Membership.user_id)
        .where(Invitation.account_id == claim.account_id, Invitation.id == claim.key_id)
    )
    found: Row[Any] | None = (await db.execute(query)).first()  # type: ignore[assignment] # A row of that.
    if found is None or not hmac.compare_digest(found.Invitation.token_hash, claim.key_hash):
        raise InvitationNotFoundError(f"There is no such invitation. {_ASK_AGAIN}")
    state = state_of(found.Invitation, now)
    if state is InvitationState.ACCEPTED:
        raise InvitationUsedError("This invitation was accepted already. Sign in instead.")
    if state is not InvitationState.OPEN:
        raise InvitationClosedError(f"This invitation is {state}. {_ASK_AGAIN}")
    return found


def _check_inviter(invitation: Invitation, inviter: Role | None) -> None:
    # Otherwise a removed member could come back by an invitation that they created before.
    if not may_invite(inviter, Role(invitation.role)):
        raise InvitationClosedError(
            "The person who created this invitation may no longer invite. Ask a team admin for one."
        )


async def _person(db: ReadDb, email: str) -> Row[uuid.UUID, str | None] | None:
    await state_login_email(db, email)
    return (await db.execute(select(User.id, User.password_hash).where(User.email == email))).first()


async def _prove(known: Row[uuid.UUID, str | None] | None, password: str) -> str | None:
    """The hash of a first password, or None if the person has proved that they know their own."""
    if known is None or known.password_hash is None:
        return await new_hash(password)
    if not await is_right(password, known.password_hash):
        raise UnauthenticatedError("The password is wrong. Use the one you sign in with.")
    return None


async def _set_first_password(db: Db, user_id: uuid.UUID, password_hash: str, now: datetime) -> None:
    # The person who invites has the link too, so it must not open the accounts that the invited person is in.
    if await accounts_of(db, user_id):
        raise PasswordNeededError("You have no password yet. Ask the operator for one: flowpilot user password.")
    await set_password_hash(db, user_id, password_hash, now, instead_of=None)
