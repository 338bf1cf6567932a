"""The account's members, for pages that name them or let somebody choose one."""

from functools import partial

from flowpilot.db.session import ReadDb
from flowpilot.http.paging import MOST_ITEMS, read_all
from flowpilot.identity import api
from flowpilot.identity.actor import Actor
from flowpilot.identity.schemas import MemberOut


async def all_members(actor: Actor, db: ReadDb) -> list[MemberOut]:
    """Every member of the account."""
    return await read_all(partial(api.list_members, actor, db, MOST_ITEMS))


async def assignees(actor: Actor, db: ReadDb) -> list[MemberOut]:
    """The members to whom a handoff or a session can be assigned."""
    return [member for member in await all_members(actor, db) if member.can_be_assigned]
