"""What the engineer thinks it is, said after the escalation: the senior need not send it back for that."""

import uuid

from flowpilot.db.session import Db
from flowpilot.handoffs.corrections.texts import TextPart, reword
from flowpilot.handoffs.decisions import NewEvent
from flowpilot.handoffs.jobs import ASSESS_JOB
from flowpilot.handoffs.keeping import record_event
from flowpilot.handoffs.locking import read
from flowpilot.handoffs.models import HandoffEventKind, SessionHandoff
from flowpilot.handoffs.opinions import policy
from flowpilot.identity.actor import Actor
from flowpilot.jobs import enqueue
from flowpilot.sessions.locking import LockedSession
from flowpilot.sessions.postings.renewing import renew_waiting
from flowpilot.sessions.service import touch


async def say_opinion(
    db: Db, actor: Actor, locked: LockedSession, handoff_id: uuid.UUID, opinion: str
) -> SessionHandoff:
    """Say what one thinks it is, in a handoff that does not say it yet. The event has none of the words.

    Its holder is notified, and it is assessed again with the opinion.

    Raises:
        NotYourHandoffError: somebody else escalated it.
        HandoffClosedError: the handoff is closed.
        OpinionSaidError: it says so already.
    """
    handoff = await read(db, actor.account_id, handoff_id)
    policy.check_may_say_opinion(handoff, actor)
    reword(handoff, TextPart.NOTE, opinion, by=actor.user_id, at=locked.moment)
    touch(db, locked)
    await db.flush()
    enqueue(db, ASSESS_JOB, account_id=actor.account_id, handoff_id=handoff_id)
    await renew_waiting(db, locked.session)
    await record_event(db, handoff, NewEvent(HandoffEventKind.OPINION, {}), actor.user_id, locked.moment)
    return handoff
