"""What decides on a session's next posting: where it goes, what the account wants, what was posted before."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Subquery, Uuid, and_, bindparam, func, or_, select, true

from flowpilot.db.session import ReadDb
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.postings.models import STATUS_LEFT, PsaPosting, PsaPostingStep, State
from flowpilot.psa.provider import Audience, PostingStepKind
from flowpilot.psa.rules.models import PsaRules, default_rules


@dataclass(frozen=True, slots=True)
class Posted:
    """What a session has posted already, or is about to: seconds by person, since when notes cover it, and files.

    `has_status_left`: an earlier posting may still set a status.
    """

    seconds: dict[uuid.UUID | None, float]
    noted_until: datetime | None
    has_status_left: bool
    files: frozenset[uuid.UUID] = frozenset()

    @property
    def is_any(self) -> bool:
        """Whether a note or somebody's time was posted."""
        return bool(self.seconds) or self.noted_until is not None


@dataclass(frozen=True, slots=True)
class PostingContext:
    """The account's connection, if it has one, what it posts by itself, and what a session has posted before."""

    connection: PsaConnection | None
    rules: PsaRules
    posted: Posted


async def posting_context(db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID) -> PostingContext:
    """Read all of it in one statement, because the end of a session waits for it."""
    rows = (await db.execute(_QUERY, {"account_id": account_id, "session_id": session_id})).all()
    connection, rules = rows[0][:2]
    return PostingContext(
        connection,
        rules or default_rules(account_id),
        Posted(
            {row.user_id: row.seconds or 0.0 for row in rows if row.kind == PostingStepKind.TIME},
            max((row.posted_at for row in rows if row.kind == PostingStepKind.NOTE), default=None),
            any(row.is_left for row in rows if row.kind == PostingStepKind.STATUS),
            frozenset(one for row in rows for one in row.files or ()),
        ),
    )


_ACCOUNT, _SESSION = bindparam("account_id", type_=Uuid), bindparam("session_id", type_=Uuid)


def _query() -> Select[*tuple[Any, ...]]:
    posted = _posted()
    account = select(_ACCOUNT.label("id")).subquery()
    is_open = and_(PsaConnection.account_id == _ACCOUNT, PsaConnection.removed_at.is_(None))
    return (
        select(PsaConnection, PsaRules, *posted.c)
        .select_from(account)
        .outerjoin(PsaConnection, is_open)
        .outerjoin(PsaRules, PsaRules.account_id == _ACCOUNT)
        .outerjoin(posted, true())
    )


def _posted() -> Subquery:
    """What the session's internal postings have. What was abandoned counts if it may have arrived."""
    may_have_arrived = or_(
        PsaPostingStep.external_id.is_not(None), PsaPostingStep.asked_at.is_not(None), PsaPostingStep.looks > 0
    )
    return (
        select(
            PsaPostingStep.kind,
            PsaPostingStep.user_id,
            func.sum(PsaPostingStep.worked_seconds).label("seconds"),
            func.max(PsaPosting.created_at).label("posted_at"),
            func.bool_or(PsaPostingStep.state.in_(STATUS_LEFT)).label("is_left"),
            func.array_agg(PsaPostingStep.attachment_id)
            .filter(PsaPostingStep.attachment_id.is_not(None))
            .label("files"),
        )
        .where(
            PsaPosting.account_id == _ACCOUNT,
            PsaPostingStep.account_id == _ACCOUNT,
            PsaPosting.id == PsaPostingStep.posting_id,
            PsaPosting.ai_session_id == _SESSION,
            PsaPosting.audience == Audience.INTERNAL,
            or_(PsaPostingStep.state != State.ABANDONED, may_have_arrived),
        )
        .group_by(PsaPostingStep.kind, PsaPostingStep.user_id)
        .subquery()
    )


# Made once: to make it takes longer than to run it.
_QUERY = _query()
