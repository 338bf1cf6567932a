"""Trust in a flow: losing it, confirming that the flow is right, and who answers for it."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flowpilot.db.session import Db
from flowpilot.errors import InvalidError
from flowpilot.flows import hooks
from flowpilot.flows.locking import lock_flow
from flowpilot.flows.records import record_flow
from flowpilot.flows.service import NeverPublishedError
from flowpilot.flows.trust.doubts import Doubt, read_doubts, to_column
from flowpilot.flows.trust.verification import trust_rule, verify
from flowpilot.identity.actor import Actor, ForbiddenError, Permission
from flowpilot.identity.assignees import lock_assignee


class VerifiedTooShortError(InvalidError):
    """A confirmation must last at least until tomorrow."""

    def __init__(self) -> None:
        super().__init__("Choose a day after today.")


def may_confirm(flow: Any, actor: Actor) -> bool:
    """Whether the actor may say that a flow is right: its owner, and those who manage flows."""
    is_owner = flow.owner_id == actor.user_id and actor.may(Permission.WORK)
    return is_owner or actor.may(Permission.MANAGE_FLOWS)


async def confirm(db: Db, actor: Actor, flow_id: uuid.UUID, now: datetime, *, until: date | None = None) -> None:
    """Confirm that a flow is still right, until that day or for as long as the account's rule says.

    Raises:
        FlowNotFoundError: there is no such flow.
        ForbiddenError: the actor is not its owner, and does not manage flows.
        NeverPublishedError: nobody follows it yet.
        VerifiedTooShortError: the day is not after today.
    """
    flow = await lock_flow(db, actor.account_id, flow_id)
    if not may_confirm(flow, actor):
        raise ForbiddenError("Only the owner of a flow and team admins can confirm it.")
    if flow.published_version_id is None:
        raise NeverPublishedError("This flow was never published. Publish its draft instead.")
    rule = await trust_rule(db, actor.account_id, now)
    if until is not None and until <= rule.today:
        raise VerifiedTooShortError
    verify(flow, actor.user_id, now, until or rule.until)
    await db.flush()
    lasts = None if flow.verified_until is None else flow.verified_until.isoformat()
    await record_flow(db, actor, "flow.confirmed", flow, now, verified_until=lasts)
    await hooks.follow_trust(db, flow, now)


async def change_owner(
    db: Db, actor: Actor, flow_id: uuid.UUID, owner_id: uuid.UUID | None, now: datetime
) -> None:
    """Make a member answer for a flow; with None, nobody does.

    Raises:
        FlowNotFoundError: there is no such flow.
        NotAssignableError: no such member can sign in and work.
    """
    if owner_id is not None:
        await lock_assignee(db, actor.account_id, owner_id, "owner_id")
    flow = await lock_flow(db, actor.account_id, flow_id)
    if flow.owner_id == owner_id:
        return
    flow.owner_id = owner_id
    await db.flush()
    await record_flow(db, actor, "flow.owner_changed", flow, now, owner=owner_id and str(owner_id))
    await hooks.follow_trust(db, flow, now)


async def doubt(
    db: Db,
    account_id: uuid.UUID,
    flow_id: uuid.UUID,
    found: Sequence[Doubt],
    now: datetime,
    *,
    verified_at: datetime | None,
) -> bool:
    """Let a flow lose trust for these reasons, and return whether it had it until now.

    A reason stays, with its first figures, until somebody confirms the flow or publishes it.

    Args:
        verified_at: when the flow was last found right before the reasons were looked for. If somebody has found
            it right since then, nothing changes.

    Raises:
        FlowNotFoundError: there is no such flow any more.
    """
    flow = await lock_flow(db, account_id, flow_id)
    if flow.verified_at != verified_at:
        return False
    known = read_doubts(flow.doubts)
    new = [one for one in found if one.kind not in {earlier.kind for earlier in known}]
    if not new:
        return False
    was_trusted = flow.doubted_since is None
    flow.doubts = to_column([*known, *new])
    flow.doubted_since = flow.doubted_since or now
    await db.flush()
    if was_trusted:
        await hooks.follow_trust(db, flow, now)
    return was_trusted
