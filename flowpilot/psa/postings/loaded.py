"""A posting that this transaction has locked, with its steps."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.psa.postings.models import PsaPosting, PsaPostingStep, State


@dataclass(frozen=True, slots=True)
class LoadedPosting:
    """A posting with its steps, in their order; what they `said` as they were read, and the state it `was` in."""

    posting: PsaPosting
    steps: list[PsaPostingStep]
    said: str | None
    was: State

    def of(self, ids: Sequence[uuid.UUID]) -> list[PsaPostingStep]:
        """The steps with these ids."""
        return [step for step in self.steps if step.id in ids]


async def lock(db: Db, account_id: uuid.UUID, posting_id: uuid.UUID) -> LoadedPosting:
    """Lock a posting and read its steps."""
    found = select(PsaPosting).where(PsaPosting.account_id == account_id, PsaPosting.id == posting_id)
    posting = (await db.scalars(found.with_for_update(key_share=True))).one()
    query = select(PsaPostingStep).where(
        PsaPostingStep.account_id == account_id, PsaPostingStep.posting_id == posting_id
    )
    steps = list(await db.scalars(query.order_by(PsaPostingStep.position)))
    return LoadedPosting(posting, steps, said(steps), State(posting.state))


def said(steps: Sequence[PsaPostingStep]) -> str | None:
    """What steps say of themselves, in one text."""
    reasons = dict.fromkeys(step.reason for step in steps if step.reason and step.state != State.CONFIRMED)
    return " ".join(reasons) or None
