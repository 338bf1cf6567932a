"""Whether a connection to Redmine works, right by right and project by project."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from flowpilot.psa.provider import Finding, Level, ProviderError
from flowpilot.psa.providers.redmine.forms import Settings
from flowpilot.psa.providers.redmine.rest import Owner, Rest
from flowpilot.psa.providers.redmine.rights import Right, Roles, missing_in

_MODULES = {"issue_tracking": "Issue tracking", "time_tracking": "Time tracking"}


async def findings(rest: Rest, roles: Roles, settings: Settings) -> Sequence[Finding]:
    """What a check of the connection finds. It writes nothing."""
    try:
        owner = await rest.owner()
        included = "enabled_modules,time_entry_activities"
        projects = [project async for project in rest.read_all("/projects.json", "projects", include=included)]
        return [
            Finding(Level.OK, f"Redmine accepts the credentials, which are those of {owner.name}."),
            *[finding async for finding in _of_projects(roles, owner, projects)],
            *[finding async for finding in _of_activities(rest, settings, projects)],
            *_of_owner(owner),
        ]
    except ProviderError as error:
        return [_error(error.detail)]


async def _of_projects(roles: Roles, owner: Owner, projects: Sequence[dict[str, Any]]) -> AsyncIterator[Finding]:
    joined = [project for project in projects if owner.is_admin or project["id"] in owner.roles]
    if not joined:
        yield _error(
            f"{owner.name} is not a member of a project. Add them to each project that FlowPilot works in."
        )
    for project in joined:
        rights = await roles.of(owner, project["id"])
        for right in Right:
            if right not in rights:
                level = Level.WARNING if right is Right.VIEW_PRIVATE else Level.ERROR
                yield Finding(level, missing_in(project["name"], [right], owner))
        modules = {module["name"] for module in project["enabled_modules"]}
        for module, name in _MODULES.items():
            if module not in modules:
                yield Finding(
                    Level.WARNING, f"The Redmine project {project['name']} does not use the module “{name}”."
                )
    if others := [project["name"] for project in projects if project not in joined]:
        yield Finding(
            Level.WARNING,
            f"Nothing is written in projects that {owner.name} sees and has not joined: {', '.join(others)}.",
        )


async def _of_activities(
    rest: Rest, settings: Settings, projects: Sequence[dict[str, Any]]
) -> AsyncIterator[Finding]:
    if settings.activity is None:
        path = "/enumerations/time_entry_activities.json"
        if not [one async for one in rest.read_all(path, "time_entry_activities") if one.get("is_default")]:
            yield _error("Redmine has no default activity for time. Name one in the connection's settings.")
        return
    for project in projects:
        names = [activity["name"] for activity in project["time_entry_activities"]]
        if settings.activity.casefold() not in map(str.casefold, names):
            yield _error(
                f"The Redmine project {project['name']} has no activity “{settings.activity}”. It has "
                f"{', '.join(names)}."
            )


def _of_owner(owner: Owner) -> Sequence[Finding]:
    if owner.is_admin:
        return []
    return [
        Finding(
            Level.WARNING,
            f"{owner.name} is not an administrator. People who hide their e-mail address in Redmine have to be "
            "matched by hand.",
        )
    ]


def _error(text: str) -> Finding:
    return Finding(Level.ERROR, text)
