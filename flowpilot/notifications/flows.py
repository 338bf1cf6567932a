"""A flow that has lost trust: the member who answers for it is notified, once, by e-mail too."""

from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.flows.models import Flow
from flowpilot.flows.trust.doubts import in_brief, read_doubts
from flowpilot.identity.actor import Permission
from flowpilot.notifications.delivery.trouble import TroubleKind
from flowpilot.notifications.mailing import mail_later
from flowpilot.notifications.notices import Notice, may, notify, settle, those_who_may, with_unread
from flowpilot.notifications.people import people
from flowpilot.text import sentence


async def follow_trust(db: Db, flow: Flow, now: datetime) -> None:
    """Settle what was said of the flow, and notify its owner if it is doubted and still offered.

    Those who manage flows are notified if nobody answers for it. Of many flows, a member is notified once, until
    that is read: the list of flows shows them all.
    """
    await settle(db, flow.account_id, [flow.id], now)
    if flow.doubted_since is None or not flow.is_active or flow.deleted_at is not None:
        return
    members = await people(db, flow.account_id)
    owner = None if flow.owner_id is None else members.get(flow.owner_id)
    asked = (
        {flow.owner_id}
        if flow.owner_id is not None and owner is not None and may(owner, Permission.WORK)
        else those_who_may(members, Permission.MANAGE_FLOWS)
    )
    asked -= await with_unread(db, flow.account_id, asked, TroubleKind.FLOW_DOUBTED)
    reason = sentence(f"The reason: {in_brief(read_doubts(flow.doubts))}")
    await notify(db, flow.account_id, asked, Notice(flow.id, TroubleKind.FLOW_DOUBTED, flow.name, reason), now)
    if asked:
        await mail_later(db, flow.account_id, flow.id)
