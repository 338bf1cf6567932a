"""The rights that FlowPilot needs in a Redmine project, and which of them the key's owner lacks.

Redmine drops in silence what somebody may not set: without the right to set a note private, it stores the note for
everybody and answers that all is well. So FlowPilot knows the rights before it writes.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from flowpilot.psa.provider import Audience, Record
from flowpilot.psa.providers.redmine.rest import ForbiddenError, NotThereError, Owner, Rest


class Right(StrEnum):
    """A right of a Redmine role, by the name that Redmine's own page shows."""

    VIEW_ISSUES = "View Issues"
    ALL_ISSUES = "Issues visibility: All issues"
    EDIT_ISSUES = "Edit issues"
    ADD_NOTES = "Add notes"
    SET_PRIVATE = "Set notes as private"
    VIEW_PRIVATE = "View private notes"
    LOG_TIME = "Log spent time"
    LOG_FOR_OTHERS = "Log spent time for other users"
    VIEW_TIME = "View spent time"
    ALL_TIME = "Time logs visibility: All time entries"


_BY_PERMISSION = {
    "view_issues": Right.VIEW_ISSUES,
    "edit_issues": Right.EDIT_ISSUES,
    "add_issue_notes": Right.ADD_NOTES,
    "set_notes_private": Right.SET_PRIVATE,
    "view_private_notes": Right.VIEW_PRIVATE,
    "log_time": Right.LOG_TIME,
    "log_time_for_other_users": Right.LOG_FOR_OTHERS,
    "view_time_entries": Right.VIEW_TIME,
}


class Roles:
    """What Redmine's roles allow. Each is read once."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._known: dict[int, Collection[Right]] = {}

    async def of(self, owner: Owner, project_id: int) -> Collection[Right]:
        """The rights of the key's owner in a project; an administrator has all, and a visitor none."""
        if owner.is_admin:
            return set(Right)
        return await self.together(owner.roles.get(project_id, ()))

    async def together(self, role_ids: Sequence[int]) -> Collection[Right]:
        """What somebody with these roles may do."""
        return {right for role_id in role_ids for right in await self._of_role(role_id)}

    async def _of_role(self, role_id: int) -> Collection[Right]:
        if role_id not in self._known:
            try:
                role = (await self._rest.read(f"/roles/{role_id}.json"))["role"]
            except (ForbiddenError, NotThereError):
                role = {}
            rights = {_BY_PERMISSION[name] for name in role.get("permissions", ()) if name in _BY_PERMISSION}
            if role.get("issues_visibility") in {"all", "default"}:  # The default hides private issues.
                rights.add(Right.ALL_ISSUES)
            if role.get("time_entries_visibility") == "all":
                rights.add(Right.ALL_TIME)
            self._known[role_id] = rights
        return self._known[role_id]


def needed(record: Record, owner: Owner) -> Sequence[Right]:
    """The rights without which a record cannot be written as it says, or cannot be found again."""
    if record.time is None:
        private = [Right.SET_PRIVATE] if record.audience is Audience.INTERNAL else []
        return [Right.ADD_NOTES, *private]
    for_others = [] if record.time.member_id in {None, owner.id} else [Right.LOG_FOR_OTHERS]
    return [Right.LOG_TIME, *for_others, Right.VIEW_TIME, Right.ALL_TIME]


def missing_in(project: str, missing: Iterable[Right], owner: Owner) -> str:
    """A sentence that names the rights that are missing in a project, and where they are given."""
    names = ", ".join(f"“{right}”" for right in missing)
    return (
        f"In the Redmine project {project}, {owner.name} lacks {names}. An administrator adds this to their role: "
        "Administration, Roles and permissions."
    )
