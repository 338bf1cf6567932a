"""The account's members, for pages that name them or let somebody choose one."""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from flowpilot.db.session import ReadDb
from flowpilot.http.paging import read_all
from flowpilot.identity import api, queries
from flowpilot.identity.actor import Actor
from flowpilot.identity.schemas import MemberOut

# One statement, in any account that we know of. The API's pages are for programs.
_AT_ONCE = 10_000


async def members_of(actor: Actor, db: ReadDb, user_ids: Collection[UUID]) -> dict[UUID, MemberOut]:
    """Those of them who are members of the account."""
    rows = await queries.members(db, actor.account_id, len(user_ids), None, only=user_ids)
    return {row.user_id: MemberOut.model_validate(row) for row in rows}


async def assignees(actor: Actor, db: ReadDb) -> list[MemberOut]:
    """The members to whom a handoff or a session can be assigned."""
    return await read_all(partial(api.list_members, actor, db, _AT_ONCE, assignable=True))
