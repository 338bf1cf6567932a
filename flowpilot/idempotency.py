"""`Idempotency-Key`: a POST that creates may be sent again without creating twice."""

import hmac
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.clock import Now
from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import Caller, WriteSession
from flowpilot.identity.models import IdempotencyKey

RETENTION = timedelta(hours=24)

T = TypeVar("T", bound=BaseModel)


class IdempotencyKeyReusedError(ConflictError):
    """The key was used for something else."""


class Once:
    """Creates at most once for each key of a caller; without a key, each time."""

    def __init__(self, request: Request, actor: Actor, db: Db, now: datetime, key: str | None) -> None:
        self.path, self.secret = request.url.path, request.app.state.signing_key.encode()
        self.actor, self.db, self.now, self.key = actor, db, now, key

    async def create(
        self, answer: type[T], body: BaseModel, make: Callable[[], Awaitable[T]], *, unstored: str | None = None
    ) -> T:
        """What `make` creates, or what it created when the same request came before.

        Args:
            unstored: a field of the answer that is never stored, and null when the answer is repeated.

        Raises:
            IdempotencyKeyReusedError: the caller used the key with another path or body.
        """
        if self.key is None:
            return await make()
        # Keyed, because a body may hold a secret, which nobody should be able to guess at from the table.
        digest = hmac.digest(self.secret, f"{self.path} {body.model_dump_json()}".encode(), "sha256").hex()
        row_id = await self._reserve(digest)
        if row_id is None:
            return answer.model_validate(await self._answered(digest))
        made = await make()
        await self.db.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.account_id == self.actor.account_id, IdempotencyKey.id == row_id)
            .values(answer=made.model_dump(mode="json", exclude={unstored} if unstored else None))
        )
        return made

    async def _reserve(self, digest: str) -> uuid.UUID | None:
        """Take the key, or wait for whoever has it and return None. A key past its time is free again."""
        old = (
            IdempotencyKey.account_id == self.actor.account_id,
            IdempotencyKey.created_at <= self.now - RETENTION,
        )
        await self.db.execute(delete(IdempotencyKey).where(*old))
        row = {"request_digest": digest, "answer": None, "created_at": self.now}
        statement = insert(IdempotencyKey).values(
            account_id=self.actor.account_id, id=new_id(), caller=self.actor.caller, key=self.key, **row
        )
        return await self.db.scalar(
            statement.on_conflict_do_nothing(index_elements=["account_id", "caller", "key"]).returning(
                IdempotencyKey.id
            )
        )

    async def _answered(self, digest: str) -> dict[str, Any] | None:
        row = (
            await self.db.execute(
                select(IdempotencyKey.request_digest, IdempotencyKey.answer).where(
                    IdempotencyKey.account_id == self.actor.account_id,
                    IdempotencyKey.caller == self.actor.caller,
                    IdempotencyKey.key == self.key,
                )
            )
        ).one()
        if row.request_digest != digest:
            raise IdempotencyKeyReusedError("This Idempotency-Key was used for another request. Choose a new one.")
        answer: dict[str, Any] | None = row.answer
        return answer


async def _once(
    request: Request,
    actor: Caller,
    db: WriteSession,
    now: Now,
    key: Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)] = None,
) -> Once:
    return Once(request, actor, db, now, key)


CreateOnce = Annotated[Once, Depends(_once)]
