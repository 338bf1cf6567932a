"""What a session's handoffs say that its steps and changes of status do not, for its note."""

from sqlalchemy import and_, select

from flowpilot.attachments.schemas import names_in
from flowpilot.db.session import ReadDb
from flowpilot.handoffs.corrections.edited import last_edit
from flowpilot.handoffs.models import Outcome, SessionHandoff
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.handoffs.questions.queries import asked_of
from flowpilot.handoffs.snapshot import tried_in
from flowpilot.sessions.models import AISession
from flowpilot.sessions.notes.beside import Beside, HandedOver


async def said_in_handoffs(db: ReadDb, session: AISession) -> Beside:
    """What its escalations say, and what was asked back in them and not withdrawn, in one statement."""
    of_it = and_(
        HandoffQuestion.account_id == SessionHandoff.account_id,
        HandoffQuestion.handoff_id == SessionHandoff.id,
        HandoffQuestion.withdrawn_at.is_(None),
    )
    query = (
        select(SessionHandoff, HandoffQuestion)
        .outerjoin(HandoffQuestion, of_it)
        .where(SessionHandoff.account_id == session.account_id, SessionHandoff.session_id == session.id)
        .order_by(SessionHandoff.created_at, SessionHandoff.id, HandoffQuestion.asked_at, HandoffQuestion.id)
    )
    rows = (await db.execute(query)).all()
    handoffs = dict.fromkeys(handoff for handoff, _ in rows)
    found: list[HandoffQuestion | None] = [question for _, question in rows]
    questions = [one for one in found if one is not None]
    return Beside(
        asked=await asked_of(db, session.account_id, questions),
        handed_over=[handed_over(handoff) for handoff in handoffs],
    )


def handed_over(handoff: SessionHandoff) -> HandedOver:
    """What one says besides its reason."""
    return HandedOver(
        at=handoff.created_at,
        reason=handoff.reason,
        tried=tried_in(handoff.snapshot),
        opinion=handoff.note,
        files=names_in(handoff.snapshot),
        edited_at=last_edit(handoff.edits),
        sent_back_at=handoff.closed_at if handoff.outcome == Outcome.SENT_BACK else None,
    )
