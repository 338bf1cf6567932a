"""The budget: how many tokens an account may spend on the AI in a day (UTC).

The most that a question may cost is added to the day's total before it is asked, and replaced by the actual cost
afterwards. A question is allowed while the total, including the reservations of others, is below the budget. Each
step is one statement, so that a day ends above its budget by less than one question, however many workers ask at
once. If a worker dies in between, its reservation stays counted.
"""

import uuid
from datetime import date

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.copilot.models import AiUsage
from flowpilot.db.base import new_id
from flowpilot.db.session import Db


async def reserve(db: Db, account_id: uuid.UUID, day: date, tokens: int, *, budget: int) -> bool:
    """Reserve tokens for one question; False, without reserving any, if the day's budget is spent."""
    question = insert(AiUsage).values(account_id=account_id, id=new_id(), day=day, requests=1, tokens=tokens)
    counted = question.on_conflict_do_update(
        index_elements=["account_id", "day"],
        set_={"requests": AiUsage.requests + 1, "tokens": AiUsage.tokens + tokens},
        where=AiUsage.tokens < budget,
    ).returning(AiUsage.id)
    return await db.scalar(counted) is not None


async def settle(db: Db, account_id: uuid.UUID, day: date, *, reserved: int, spent: int) -> None:
    """Replace the reservation for a question by its actual cost."""
    await db.execute(
        update(AiUsage)
        .where(AiUsage.account_id == account_id, AiUsage.day == day)
        .values(tokens=AiUsage.tokens + (spent - reserved))
    )
