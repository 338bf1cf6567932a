"""JSON routes of the account, its members and its keys."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from flowpilot.clock import Now
from flowpilot.errors import NotFoundError
from flowpilot.http.fields import Text
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity import accounts, leaving, members, queries
from flowpilot.identity import keys as api_keys
from flowpilot.identity.access import CanManageAccount, CanManageKeys, CanManageMembers, CanViewMembers
from flowpilot.identity.auth import Caller, ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce
from flowpilot.identity.leaving import Holder
from flowpilot.identity.models import User
from flowpilot.identity.schemas import (
    AccountChange,
    AccountSettings,
    HoldingOut,
    HoldingsOut,
    KeyIn,
    KeyOut,
    MemberIn,
    MemberOut,
    NewKeyOut,
    RoleIn,
)

router = APIRouter(prefix="/api/v1", tags=["identity"])


HandOverTo = Annotated[
    uuid.UUID | None,
    Query(
        description="The member who gets their work. Without one, it returns to the queue or waits to be taken."
    ),
]


@router.get("/account")
async def read_account(actor: Caller, db: ReadSession) -> AccountSettings:
    """The account and the rules of its help desk."""
    return AccountSettings.model_validate(await accounts.read_account(db, actor))


@router.patch("/account")
async def change_account(
    body: AccountChange, actor: CanManageAccount, db: WriteSession, now: Now
) -> AccountSettings:
    """Change the account's name, time zone or rules. New limits apply from the next claim or check."""
    changed = await accounts.change_account(db, actor, body.model_dump(exclude_unset=True), now)
    return AccountSettings.model_validate(changed)


@router.get("/members")
async def list_members(
    actor: CanViewMembers,
    db: ReadSession,
    limit: Limit = 50,
    cursor: Cursor = None,
    *,
    assignable: Annotated[bool, Query(description="Only those to whom work can be assigned.")] = False,
    q: Annotated[Text | None, Query(description="Parts of their name or e-mail, in any order.")] = None,
) -> ListPage[MemberOut]:
    """The account's members."""
    words = (q or "").split()
    rows = await queries.members(db, actor.account_id, limit + 1, cursor, assignable=assignable, words=words)
    items = [MemberOut.model_validate(row) for row in rows[:limit]]
    return ListPage(items=items, next_cursor=items[-1].user_id if len(rows) > limit else None)


@router.post("/members", status_code=201)
async def add_member(
    body: MemberIn, actor: CanManageMembers, db: WriteSession, now: Now, once: CreateOnce
) -> MemberOut:
    """Add a person whose password was set by the operator. Invite anyone else."""

    async def add() -> MemberOut:
        user_id = await members.add_known_member(db, actor.account_id, actor, body.email, body.role, now)
        user = await db.get_one(User, user_id)
        return MemberOut(
            user_id=user_id,
            email=user.email,
            name=user.name,
            role=body.role,
            can_sign_in=user.password_hash is not None,
            created_at=now,
        )

    return await once.create(MemberOut, body, add)


@router.patch("/members/{user_id}", status_code=204)
async def change_role(
    user_id: uuid.UUID, body: RoleIn, actor: CanManageMembers, db: WriteSession, now: Now
) -> None:
    """Give a member another role. A member who becomes a viewer hands over what they hold, as on removal."""
    await members.change_role(
        db, actor, user_id, body.role, now, from_role=body.from_role, hand_over_to=body.hand_over_to
    )


@router.delete("/members/{user_id}", status_code=204)
async def remove_member(
    user_id: uuid.UUID, actor: CanManageMembers, db: WriteSession, now: Now, hand_over_to: HandOverTo = None
) -> None:
    """Remove a member from the account, revoke their keys, and hand over what they hold."""
    await members.remove_member(db, actor, user_id, now, hand_over_to=hand_over_to)


@router.get("/members/{user_id}/holdings")
async def list_holdings(user_id: uuid.UUID, actor: CanManageMembers, db: ReadSession, now: Now) -> HoldingsOut:
    """What a member holds and would hand over if they were removed or became a viewer."""
    if await queries.role_of(db, actor.account_id, user_id) is None:
        raise NotFoundError("There is no such member in this account.")
    held = await leaving.holdings(db, Holder(actor.account_id, user_id, now))
    return HoldingsOut(items=[HoldingOut.model_validate(one) for one in held])


@router.get("/api-keys")
async def list_keys(
    actor: CanManageKeys, db: ReadSession, limit: Limit = 50, cursor: Cursor = None
) -> ListPage[KeyOut]:
    """The account's API keys, revoked ones included."""
    rows = await queries.keys(db, actor.account_id, limit + 1, cursor)
    return list_page([KeyOut.model_validate(row) for row in rows], limit)


@router.post("/api-keys", status_code=201)
async def create_key(body: KeyIn, actor: CanManageKeys, db: WriteSession, now: Now, once: CreateOnce) -> NewKeyOut:
    """Create an API key. Its secret is in this answer only."""

    async def make() -> NewKeyOut:
        key, secret = await api_keys.create_key(
            db,
            actor.account_id,
            actor,
            body.role,
            now=now,
            name=body.name,
            user_id=body.user_id,
            expires_days=body.expires_days,
        )
        return NewKeyOut(**KeyOut.model_validate(key).model_dump(), key=secret)

    return await once.create(NewKeyOut, body, make, unstored="key")


@router.delete("/api-keys/{key_id}", status_code=204)
async def revoke_key(key_id: uuid.UUID, actor: CanManageKeys, db: WriteSession, now: Now) -> None:
    """Revoke an API key, from its next request on."""
    await api_keys.revoke_key(db, actor, key_id, now)
