"""The people, projects and clients that a Redmine has."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from flowpilot.psa.provider import Board, Client, Member, Status
from flowpilot.psa.providers.redmine.forms import Settings
from flowpilot.psa.providers.redmine.reading import client_of
from flowpilot.psa.providers.redmine.rest import ForbiddenError, NotThereError, Owner, Rest, name_of
from flowpilot.psa.providers.redmine.rights import Right, Roles

# In a client field anything may be written. The clients of the tickets that changed last are those that matter.
_TICKETS = 1_000

_ACTIVE, _LOCKED = 1, 3


async def members(rest: Rest, roles: Roles) -> Sequence[Member]:
    """All users for an administrator, and otherwise the people who may log time in the key's owner's projects.

    Somebody who is locked, or who hides their e-mail address, is there without it unless an administrator asks.
    """
    owner = await rest.owner()
    try:
        return [
            Member(
                str(user["id"]), name_of(user), user.get("mail"), status == _ACTIVE, str(user["id"]) == owner.id
            )
            for status in (_ACTIVE, _LOCKED)
            async for user in rest.read_all("/users.json", "users", status=status)
        ]
    except ForbiddenError:
        return [await _read_member(rest, user, owner) async for user in _colleagues(rest, roles, owner)]


async def clients(rest: Rest, settings: Settings) -> Sequence[Client]:
    """The projects, or what the client field says on the tickets that changed last."""
    found: dict[str, str] = {}
    if settings.client_field is None:
        async for project in rest.read_all("/projects.json", "projects"):
            found[str(project["id"])] = project["name"]
    else:
        issues = rest.read_all(
            "/issues.json", "issues", most=_TICKETS, status_id="*", sort="updated_on:desc,id:desc"
        )
        async for issue in issues:
            client_id, name = client_of(issue, settings)
            if client_id and name:
                found[client_id] = name
    return sorted((Client(*client) for client in found.items()), key=lambda client: client.name.casefold())


async def boards(rest: Rest) -> Sequence[Board]:
    """The projects. Their statuses are Redmine's own list; which may follow on which depends on the ticket."""
    statuses = [
        Status(str(status["id"]), status["name"], bool(status.get("is_closed")))
        async for status in rest.read_all("/issue_statuses.json", "issue_statuses")
    ]
    projects = rest.read_all("/projects.json", "projects")
    return [Board(str(project["id"]), project["name"], statuses) async for project in projects]


async def _colleagues(rest: Rest, roles: Roles, owner: Owner) -> AsyncIterator[dict[str, Any]]:
    seen = set()
    for project_id in owner.roles:
        async for member in rest.read_all(f"/projects/{project_id}/memberships.json", "memberships"):
            user = member.get("user")  # Groups are members too.
            if user is None or user["id"] in seen:
                continue
            if Right.LOG_TIME in await roles.together([role["id"] for role in member["roles"]]):
                seen.add(user["id"])
                yield user


async def _read_member(rest: Rest, user: dict[str, Any], owner: Owner) -> Member:
    """A member with the e-mail address, if it is not hidden. Redmine shows nobody who is locked."""
    is_own = str(user["id"]) == owner.id
    try:
        shown = (await rest.read(f"/users/{user['id']}.json"))["user"]
    except (ForbiddenError, NotThereError):
        return Member(str(user["id"]), user["name"], is_active=False)
    return Member(str(user["id"]), user["name"], shown.get("mail"), is_own=is_own)
