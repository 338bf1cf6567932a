"""Settings: their sections, each visible to the roles that may use it."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request, Response

from flowpilot.identity.access import CanView
from flowpilot.identity.actor import Actor, Permission, Role
from flowpilot.web.frame import Frame
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/settings", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Section:
    """A tab of the settings."""

    path: str
    title: str
    permission: Permission


_SECTIONS = (
    Section("/settings/account", "Account", Permission.VIEW_WORK),
    Section("/settings/hours", "Working hours", Permission.VIEW_WORK),
    Section("/settings/escalations", "Escalations", Permission.VIEW_WORK),
    Section("/settings/members", "Members", Permission.VIEW_MEMBERS),
    Section("/settings/keys", "API keys", Permission.MANAGE_KEYS),
    Section("/settings/notifications", "Notifications", Permission.WORK),
    Section("/settings/ticket-system", "Ticket system", Permission.MANAGE_PSA),
    Section("/settings/imports", "Imports", Permission.MANAGE_ACCOUNT),
    Section("/settings/audit-log", "Audit log", Permission.VIEW_AUDIT_LOG),
    Section("/settings/profile", "My profile", Permission.VIEW_WORK),
)


def sections(actor: Actor) -> list[Section]:
    """The sections that the actor may see."""
    return [section for section in _SECTIONS if actor.may(section.permission)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage(Page):
    """A page of one section; `section` is that section's path."""

    section: ClassVar[str]

    @staticmethod
    def sections(frame: Frame) -> list[Section]:
        """The sections that the person may see, as tabs."""
        return sections(frame.actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret(Page):
    """A secret that is shown once. It is None if the same request was answered before."""

    template: ClassVar[str] = "settings/secret.html"
    about: str
    label: str
    secret: str | None
    back: str


def show_secret(request: Request, page: Secret, frame: Frame) -> Response:
    """Show it at the address of the list, so that a reload shows the list."""
    answer = render(request, page, frame)
    answer.headers["HX-Push-Url"] = "false"
    return answer


@router.get("")
async def show_settings(actor: CanView) -> Response:
    return go_to(sections(actor)[0].path)


def roles_below(actor: Actor) -> list[Role]:
    """The roles that the actor may give: their own and those below."""
    return [role for role in Role if role.rank <= actor.role.rank]
