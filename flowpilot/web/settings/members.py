"""Settings: members, their roles, and invitations."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response

from flowpilot.clock import Now
from flowpilot.http.fields import Trimmed
from flowpilot.http.paging import ListPage
from flowpilot.identity import api, queries
from flowpilot.identity.access import CanManageMembers, CanViewMembers
from flowpilot.identity.actor import Permission, Role
from flowpilot.identity.assignees import can_work
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.identity.invitations import api as invitations_api
from flowpilot.identity.invitations.schemas import InvitationIn, InvitationOut
from flowpilot.identity.schemas import MemberOut, RoleIn
from flowpilot.imports.queries import imported_people
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.sections import Secret, SettingsPage, roles_below, show_secret

router = APIRouter(prefix="/settings/members", include_in_schema=False)


_HERE = "/settings/members"
_AT_ONCE = 50


class NewInvitationForm(OnceForm, InvitationIn):
    """A person to invite."""


class RoleForm(RoleIn):
    """A member's new role, the one that the page showed, and the words that the page was searched by."""

    from_role: Role
    q: Trimmed = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Members(SettingsPage):
    """Members and invitations; `invitations` is None if the person may not see them.

    `words` are what they are looked for by, and `is_complete` says that the page shows all that there are. The
    `only_owner` who can sign in must stay.
    """

    template: ClassVar[str] = "settings/members.html"
    section: ClassVar[str] = _HERE
    members: ListPage[MemberOut]
    invitations: ListPage[InvitationOut] | None
    roles: list[Role]
    imported: set[uuid.UUID]
    words: str
    is_complete: bool
    only_owner: uuid.UUID | None

    @property
    def here(self) -> str:
        """The address of the first page of what is shown."""
        return _found_by(self.words)


@router.get("")
async def show(
    request: Request,
    actor: CanViewMembers,
    db: ReadSession,
    frame: CurrentFrame,
    cursor: uuid.UUID | None = None,
    invited: uuid.UUID | None = None,
    q: Trimmed = "",
) -> Response:
    """Members, page by page, or those with these words; `invited` is the cursor of the invitations."""
    asked_in = None
    if actor.may(Permission.MANAGE_MEMBERS):
        asked_in = await invitations_api.list_invitations(actor, db, frame.now, limit=20, cursor=invited)
    members = await api.list_members(actor, db, limit=_AT_ONCE, cursor=cursor, q=q)
    page = Members(
        title="Members",
        members=members,
        invitations=asked_in,
        roles=roles_below(actor),
        imported=await imported_people(
            db, actor.account_id, [one.user_id for one in members.items if not one.email]
        ),
        words=q,
        is_complete=not q and cursor is None and members.next_cursor is None,
        only_owner=await queries.only_owner(db, actor.account_id),
    )
    return render(request, page, frame)


@router.post("")
async def invite(
    request: Request,
    body: Annotated[NewInvitationForm, Form()],
    actor: CanManageMembers,
    db: WriteSession,
    frame: CurrentFrame,
    once: CreateOnce,
) -> Response:
    """Invite a person, and show the link once."""
    made = await invitations_api.create_invitation(body, actor, db, frame.now, once)
    origin = (request.app.state.settings.public_url or str(request.base_url)).rstrip("/")
    page = Secret(
        title="Invitation",
        about=f"Send this link to {made.email}. It is valid for 7 days and for one person. "
        "Anyone who has it can join. FlowPilot does not send it by e-mail.",
        label="Link",
        secret=None if made.token is None else f"{origin}/invitation?token={made.token}",
        back=_HERE,
    )
    return show_secret(request, page, frame)


@router.post("/invitations/{invitation_id}/revoke")
async def revoke_invitation(
    invitation_id: uuid.UUID, actor: CanManageMembers, db: WriteSession, now: Now
) -> Response:
    await invitations_api.revoke_invitation(invitation_id, actor, db, now)
    return go_to(_HERE, "The invitation is revoked. Its link no longer works.")


@router.post("/{user_id}/role")
async def change_role(
    user_id: uuid.UUID, body: Annotated[RoleForm, Form()], actor: CanManageMembers, db: WriteSession, now: Now
) -> Response:
    """Give a member another role. Before a member becomes a viewer, a page shows what they hold."""
    if not can_work(body.role):
        return go_to(f"{_HERE}/{user_id}/leave?role={body.role}")
    await api.change_role(user_id, body, actor, db, now)
    # A person who has lowered their own role may no longer see the members.
    return go_to("/settings" if user_id == actor.user_id else _found_by(body.q), "The role is changed.")


def _found_by(words: str) -> str:
    return f"{_HERE}?{urlencode({'q': words})}" if words else _HERE
