"""JSON routes of invitations. Invited people have no credential yet but the link's secret."""

import uuid
from datetime import datetime

from fastapi import APIRouter, Request

from flowpilot.clock import Now
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity import queries
from flowpilot.identity.access import CanManageMembers
from flowpilot.identity.actor import Role
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce
from flowpilot.identity.invitations import accept
from flowpilot.identity.invitations import service as invitations
from flowpilot.identity.invitations.schemas import (
    AcceptIn,
    InvitationIn,
    InvitationOut,
    InvitationPreviewOut,
    InvitationToken,
    JoinedOut,
    NewInvitationOut,
)
from flowpilot.identity.models import Invitation
from flowpilot.identity.sign_in.limits import limit_sign_in

router = APIRouter(prefix="/api/v1/invitations", tags=["identity"])


@router.get("")
async def list_invitations(
    actor: CanManageMembers, db: ReadSession, now: Now, limit: Limit = 50, cursor: Cursor = None
) -> ListPage[InvitationOut]:
    """The account's invitations and their states, newest first."""
    rows = await queries.invitations(db, actor.account_id, limit + 1, cursor)
    inviters = {row.created_by for row in rows if row.created_by is not None}
    names = await queries.names_of(db, actor.account_id, inviters)
    return list_page([_shown(row, names, now) for row in rows], limit)


@router.post("", status_code=201)
async def create_invitation(
    body: InvitationIn, actor: CanManageMembers, db: WriteSession, now: Now, once: CreateOnce
) -> NewInvitationOut:
    """Invite a person. The link is valid for 7 days; its secret is in this answer only."""

    async def make() -> NewInvitationOut:
        made, secret = await invitations.invite(db, actor, body.email, body.role, now, body.name)
        names = await queries.names_of(db, actor.account_id, [actor.user_id])
        return NewInvitationOut(**_shown(made, names, now).model_dump(), token=secret)

    return await once.create(NewInvitationOut, body, make, unstored="token")


@router.delete("/{invitation_id}", status_code=204)
async def revoke_invitation(invitation_id: uuid.UUID, actor: CanManageMembers, db: WriteSession, now: Now) -> None:
    """Revoke an invitation that has not been accepted."""
    await invitations.revoke(db, actor, invitation_id, now)


@router.post("/look")
async def look_at_invitation(request: Request, body: InvitationToken, now: Now) -> InvitationPreviewOut:
    """What an invitation shows to a person with its link."""
    found = await accept.preview(request.app.state.database, body.token, now)
    return InvitationPreviewOut.model_validate(found)


@router.post("/accept", status_code=201)
async def accept_invitation(request: Request, body: AcceptIn, now: Now) -> JoinedOut:
    """Join the account. Then sign in to it with the e-mail and the password."""
    database = request.app.state.database
    found = await accept.preview(database, body.token, now)
    await limit_sign_in(request, found.email)
    joined = await accept.accept(database, body.token, body.name.strip(), body.password, now)
    return JoinedOut.model_validate(joined)


def _shown(row: Invitation, names: dict[uuid.UUID, str], now: datetime) -> InvitationOut:
    return InvitationOut(
        id=row.id,
        email=row.email,
        role=Role(row.role),
        name=row.name,
        state=invitations.state_of(row, now),
        created_by=row.created_by,
        created_by_name=None if row.created_by is None else names.get(row.created_by),
        created_at=row.created_at,
        expires_at=row.expires_at,
        accepted_at=row.accepted_at,
        accepted_by=row.accepted_by,
        revoked_at=row.revoked_at,
    )
