"""What tests of policies share: people of each kind, and whether an action succeeds."""

from collections.abc import Awaitable, Callable, Iterable

from flowpilot.db.session import Database, Db
from flowpilot.errors import ConflictError
from flowpilot.identity.actor import Actor, ForbiddenError, Role
from tests.company import Company, add_colleague, run

ROLES = {"a team admin": Role.TEAM_ADMIN, "a viewer": Role.VIEWER}


def people_named(company: Company, names: Iterable[str]) -> dict[str, Actor]:
    """A member for each name: an engineer unless the name is that of another role."""

    async def work(database: Database) -> dict[str, Actor]:
        async with database.write(company.id) as db:
            people = {}
            for name in names:
                role = ROLES.get(name, Role.ENGINEER)
                user_id = await add_colleague(db, company.id, name, role)
                people[name] = Actor(company.id, user_id, role, "UTC")
            return people

    return run(company.urls, work)


async def succeeds(db: Db, attempt: Callable[[], Awaitable[object]]) -> bool:
    """Whether an attempt is accepted. It is rolled back either way."""
    savepoint = await db.begin_nested()
    try:
        await attempt()
    except (ConflictError, ForbiddenError):
        return False
    else:
        return True
    finally:
        await savepoint.rollback()
