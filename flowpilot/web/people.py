"""The account's members, for pages that name them or let somebody choose one."""

from functools import partial

from flowpilot.db.session import ReadDb
from flowpilot.http.paging import read_all
from flowpilot.identity import api
from flowpilot.identity.actor import Actor
from flowpilot.identity.schemas import MemberOut

# One statement, in any account that we know of. The API's pages are for programs.
_AT_ONCE = 10_000


async def all_members(actor: Actor, db: ReadDb) -> list[MemberOut]:
    """Every member of the account."""
    return await read_all(partial(api.list_members, actor, db, _AT_ONCE))


async def assignees(actor: Actor, db: ReadDb) -> list[MemberOut]:
    """The members to whom a handoff or a session can be assigned."""
    return await read_all(partial(api.list_members, actor, db, _AT_ONCE, assignable=True))
