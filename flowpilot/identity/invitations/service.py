"""Invitations: anyone with the link can join the account, whether they are new or known in another account."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db, ReadDb
from flowpilot.email_address import valid_email
from flowpilot.errors import NotFoundError, OutdatedError
from flowpilot.identity.actor import PERMISSIONS, Actor, Permission, Role
from flowpilot.identity.audit.log import record
from flowpilot.identity.credentials import INVITATION_MARK, hash_key, new_secret
from flowpilot.identity.leaving import Holder, Holding, Leaver, LeavingHook
from flowpilot.identity.locking import LockedAccess, lock_access
from flowpilot.identity.members import AlreadyMemberError, find_member
from flowpilot.identity.models import Invitation

LIFETIME = timedelta(days=7)


class InvitationNotFoundError(NotFoundError):
    """No such invitation."""


class InvitationUsedError(OutdatedError):
    """It was accepted already."""


class InvitationState(StrEnum):
    """The state of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


def state_of(invitation: Invitation, now: datetime) -> InvitationState:
    """The invitation's state at a moment."""
    if invitation.accepted_at is not None:
        return InvitationState.ACCEPTED
    if invitation.revoked_at is not None:
        return InvitationState.REVOKED
    return InvitationState.EXPIRED if invitation.expires_at <= now else InvitationState.OPEN


def may_invite(inviter: Role | None, role: Role) -> bool:
    """Whether a member with the first role may invite people with the second. Without a role nobody may."""
    if inviter is None or Permission.MANAGE_MEMBERS not in PERMISSIONS[inviter]:
        return False
    return role.rank <= inviter.rank


async def invite(
    db: Db, actor: Actor, email: str, role: Role, now: datetime, name: str = ""
) -> tuple[Invitation, str]:
    """A new invitation and its secret, which is not stored. An older one for the same e-mail is revoked.

    Raises:
        AlreadyMemberError: the person is in the account.
        ForbiddenError: the role, or that of the older invitation, is above the actor's own.
    """
    address = valid_email(email)
    access = await lock_access(db, actor.account_id, actor)
    access.check(Permission.MANAGE_MEMBERS, role)
    if await find_member(db, actor.account_id, address) is not None:
        raise AlreadyMemberError(f"{address} is already a member of this account.")
    older = await db.scalar(
        select(Invitation).where(
            Invitation.account_id == actor.account_id,
            Invitation.email == address,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
    )
    if older is not None:
        await _revoke(db, access, older, now)
    invitation_id = new_id()
    secret = new_secret(INVITATION_MARK, actor.account_id, invitation_id)
    invitation = Invitation(
        account_id=actor.account_id,
        id=invitation_id,
        email=address,
        role=role,
        name=name,
        token_hash=hash_key(secret),
        created_by=actor.user_id,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    db.add(invitation)
    await db.flush()
    await _audit(db, access.actor_id, invitation, "invitation.created", now)
    return invitation, secret


async def revoke(db: Db, actor: Actor, invitation_id: uuid.UUID, now: datetime) -> None:
    """Revoke an invitation. Revoking it again changes nothing.

    Raises:
        InvitationNotFoundError: no such invitation here.
        InvitationUsedError: it was accepted.
        ForbiddenError: its role is above the actor's own.
    """
    access = await lock_access(db, actor.account_id, actor)
    invitation = await db.scalar(
        select(Invitation).where(Invitation.account_id == actor.account_id, Invitation.id == invitation_id)
    )
    if invitation is None:
        raise InvitationNotFoundError("There is no such invitation in this account.")
    if invitation.accepted_at is not None:
        raise InvitationUsedError("The invitation was accepted. Remove the member instead.")
    if invitation.revoked_at is None:
        await _revoke(db, access, invitation, now)


async def _revoke(db: Db, access: LockedAccess, invitation: Invitation, now: datetime) -> None:
    access.check(Permission.MANAGE_MEMBERS, Role(invitation.role))
    invitation.revoked_at = now
    await db.flush()
    await _audit(db, access.actor_id, invitation, "invitation.revoked", now)


async def _audit(db: Db, by: uuid.UUID | None, invitation: Invitation, action: str, now: datetime) -> None:
    facts = {"email": invitation.email, "role": invitation.role}
    target = ("invitation", invitation.id)
    await record(db, invitation.account_id, by, action, target, at=now, after=facts)


async def _list_held(db: ReadDb, holder: Holder) -> list[Holding]:
    return [_holding(invitation) for invitation in await _made_by(db, holder)]


async def _revoke_of_leaver(db: Db, leaver: Leaver) -> list[Holding]:
    """Revoke what the leaver could no longer create. They know the links, so nobody takes these over."""
    made = await _made_by(db, leaver)
    revoked = [invitation for invitation in made if not may_invite(leaver.role, Role(invitation.role))]
    for invitation in revoked:
        invitation.revoked_at = leaver.at
    await db.flush()
    for invitation in revoked:
        await _audit(db, leaver.by, invitation, "invitation.revoked", leaver.at)
    return [_holding(invitation) for invitation in revoked]


async def _made_by(db: ReadDb, holder: Holder) -> Sequence[Invitation]:
    """The open invitations that a member created."""
    query = select(Invitation).where(
        Invitation.account_id == holder.account_id,
        Invitation.created_by == holder.user_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > holder.at,
    )
    return (await db.scalars(query.order_by(Invitation.id))).all()


def _holding(invitation: Invitation) -> Holding:
    return Holding("invitation", invitation.id, invitation.email)


LEAVING = LeavingHook(_list_held, _revoke_of_leaver)
