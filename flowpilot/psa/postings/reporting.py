"""What is said of a posting elsewhere: the push of its note, which the reports count, and that it has failed."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.psa import hooks
from flowpilot.psa.models import PsaPostLog
from flowpilot.psa.postings.models import PsaPosting, PsaPostingStep, State
from flowpilot.psa.provider import PostingStepKind


async def report(db: Db, posting: PsaPosting, steps: Sequence[PsaPostingStep], was: State, now: datetime) -> None:
    """Keep up with a posting and its steps as they are now; `was` is the state it had before."""
    await _log_push(db, posting, steps, now)
    if (was == State.FAILED) == (posting.state == State.FAILED):
        return
    if posting.state == State.FAILED:
        failed = hooks.PostingFailed(
            account_id=posting.account_id,
            posting_id=posting.id,
            at=now,
            ticket_id=posting.ticket_id,
            reason=posting.reason or "",
            user_id=_whose(posting, steps),
            needs_settings=any(
                step.kind == PostingStepKind.STATUS and step.state == State.FAILED for step in steps
            ),
        )
        for on_failed in hooks.on_posting_failed:
            await on_failed(db, failed)
    else:
        await hooks.report_mended(db, hooks.PostingsMended(posting.account_id, [posting.id], now))


def _whose(posting: PsaPosting, steps: Sequence[PsaPostingStep]) -> uuid.UUID | None:
    """Who made it; if FlowPilot did so by itself, the first whose time it is."""
    return posting.created_by or next((step.user_id for step in steps if step.user_id is not None), None)


async def _log_push(db: Db, posting: PsaPosting, steps: Sequence[PsaPostingStep], now: datetime) -> None:
    note = next((step for step in steps if step.kind == PostingStepKind.NOTE), None)
    if note is None:
        return
    status = {State.CONFIRMED: "success", State.FAILED: "failed", State.ABANDONED: "failed"}.get(
        State(note.state), "pending"
    )
    log = (
        await db.scalars(
            select(PsaPostLog).where(
                PsaPostLog.account_id == note.account_id, PsaPostLog.posting_id == note.posting_id
            )
        )
    ).one_or_none()
    if log is None:  # A text for a client is no push.
        return
    if log.status != status:
        log.posted_at = None if status == "pending" else now
    log.status, log.external_id, log.ticket_id = status, note.external_id, posting.ticket_id
    log.retry_count = max(0, note.attempts - 1)
    await db.flush()
