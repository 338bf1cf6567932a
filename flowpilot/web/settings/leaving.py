"""Settings: remove a member or make them a viewer, and hand over what they hold."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from fastapi import APIRouter, Form, Request, Response

from flowpilot.clock import Now
from flowpilot.errors import NotFoundError
from flowpilot.http.fields import Body
from flowpilot.identity import api, members
from flowpilot.identity.access import CanManageMembers
from flowpilot.identity.actor import Role
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.leaving import Holding
from flowpilot.identity.schemas import HoldingOut, MemberOut
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.people import assignees, members_of
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.sections import SettingsPage

router = APIRouter(prefix="/settings/members/{user_id}/leave", include_in_schema=False)

# The role that cannot work. None: the member is removed.
LowerRole = Literal[Role.VIEWER] | None

_MEMBERS = "/settings/members"


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of thing that a member holds, and what happens to it. `page` shows one of them."""

    kind: str
    title: str
    becomes: str
    page: str | None = None


_WORK = (
    Group(
        "claimed_handoff",
        "Escalations they have claimed",
        "They are released to the person you choose, or to the queue.",
        "/handoffs/",
    ),
    Group(
        "assigned_handoff",
        "Escalations assigned to them",
        "They are reassigned to the person you choose, or to anyone.",
        "/handoffs/",
    ),
    Group(
        "escalated_handoff",
        "Escalations they created",
        "When a senior returns them, they go to the person you choose, or to anyone who takes them.",
        "/handoffs/",
    ),
    Group(
        "session",
        "Open sessions",
        "They are paused, and go to the person you choose, or to everyone's home page as unassigned.",
        "/sessions/",
    ),
    Group(
        "flow",
        "Flows they answer for",
        "They go to the person you choose, or to nobody. The list of flows shows those.",
        "/flows/",
    ),
)
_TOOLS = (
    Group("stopwatch", "A running stopwatch", "It is removed: nobody else can stop it at the right time."),
    Group("notification_channel", "Their own channels", "They are removed."),
    Group("invitation", "Open invitations they created", "The links stop working. Invite these people again."),
)
_KEYS = (
    Group("api_key", "API keys", "They stop working at once."),
    Group(
        "key_made_for_others",
        "Keys they created for programs",
        "They stay valid. Revoke any that this member may have copied.",
    ),
)
# The words of the notice that says what was handed over or removed.
_NOUNS = {
    "claimed_handoff": "escalation",
    "assigned_handoff": "escalation",
    "escalated_handoff": "escalation",
    "session": "session",
    "flow": "flow",
    "stopwatch": "stopwatch",
    "notification_channel": "channel",
    "invitation": "invitation",
}


class LeaveForm(Body):
    """Who gets the work; empty for anyone. `from_role` is the role that the page showed."""

    from_role: Role
    role: LowerRole = None
    hand_over_to: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(SettingsPage):
    """What a member holds, before it is handed over. `successors` can take the work over."""

    template: ClassVar[str] = "settings/leaving.html"
    section: ClassVar[str] = _MEMBERS
    member: MemberOut
    role: LowerRole
    held: list[tuple[Group, list[HoldingOut]]]
    successors: list[MemberOut]

    @property
    def has_work(self) -> bool:
        """Whether there is work to hand over."""
        return any(group in _WORK for group, _ in self.held)


@router.get("")
async def show(
    request: Request,
    user_id: uuid.UUID,
    actor: CanManageMembers,
    db: ReadSession,
    frame: CurrentFrame,
    role: LowerRole = None,
) -> Response:
    member = (await members_of(actor, db, [user_id])).get(user_id)
    if member is None:
        raise NotFoundError("There is no such member in this account.")
    held = (await api.list_holdings(user_id, actor, db, frame.now)).items
    groups = _WORK + _TOOLS + (_KEYS if role is None else ())
    page = Leave(
        title="Make a viewer" if role else "Remove",
        member=member,
        role=role,
        held=[(group, found) for group in groups if (found := [one for one in held if one.kind == group.kind])],
        successors=[one for one in await assignees(actor, db) if one.user_id != user_id],
    )
    return render(request, page, frame)


@router.post("")
async def leave(
    user_id: uuid.UUID, body: Annotated[LeaveForm, Form()], actor: CanManageMembers, db: WriteSession, now: Now
) -> Response:
    """Remove the member or make them a viewer, and say what was handed over."""
    seen, successor_id = body.from_role, body.hand_over_to
    by_id = await members_of(actor, db, [user_id, *([successor_id] if successor_id else [])])
    if body.role is None:
        handed_over = await members.remove_member(
            db, actor, user_id, now, from_role=seen, hand_over_to=successor_id
        )
    else:
        handed_over = await members.change_role(
            db, actor, user_id, body.role, now, from_role=seen, hand_over_to=successor_id
        )
    successor = by_id.get(successor_id) if successor_id else None
    done = " ".join(_sentences(_called(by_id[user_id]), body.role, handed_over, successor))
    if user_id != actor.user_id:
        return go_to(_MEMBERS, done)
    return go_to("/accounts" if body.role is None else "/settings", done)


def _sentences(
    called: str, role: LowerRole, handed_over: Sequence[Holding], successor: MemberOut | None
) -> Iterator[str]:
    yield f"{called} is removed, and their API keys are revoked." if role is None else f"{called} is a viewer now."
    work = {group.kind for group in _WORK}
    if passed_on := _counted(one for one in handed_over if one.kind in work):
        yield (
            f"Handed over to {_called(successor)}: {passed_on}."
            if successor
            else f"Waiting to be taken over: {passed_on}."
        )
    if removed := _counted(one for one in handed_over if one.kind not in work):
        yield f"Removed: {removed}."


def _counted(holdings: Iterator[Holding]) -> str:
    """`2 escalations, 1 session`."""
    counts = Counter(_NOUNS[one.kind] for one in holdings)
    return ", ".join(f"{count} {noun}{'s' if count > 1 else ''}" for noun, count in counts.items())


def _called(member: MemberOut) -> str:
    return member.name or member.email or "An integration"
