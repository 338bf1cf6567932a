"""`Idempotency-Key`: a POST that creates may be sent again without creating twice.

A program sends the key as a header. A page sends it in its form, so that a double click or a reload creates once.
"""

import hmac
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request
from pydantic import BaseModel, Field
from sqlalchemy import Delete, Text, and_, cast, delete, not_, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.clock import Now
from flowpilot.db.base import new_id, table_of
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError, InvalidError, OutdatedError
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import Caller, WriteSession
from flowpilot.identity.models import IdempotencyKey

RETENTION = timedelta(hours=24)

_LONGEST_KEY = 255
# More than the one key that a request adds, so that old keys become fewer, but few enough for one request.
_FORGOTTEN_AT_ONCE = 20

_KEYS = table_of(IdempotencyKey)

_REUSED = "This Idempotency-Key was used for another request. Choose a new one."
_REUSED_BY_A_FORM = "This form was sent before with other content. That was recorded; this was not."

T = TypeVar("T", bound=BaseModel)


class IdempotencyKeyReusedError(OutdatedError):
    """The key was used for another request."""


class RecordedBeforeError(ConflictError):
    """The same request was recorded before, and cannot be answered as it was then."""


class AnswerForgottenError(RecordedBeforeError):
    """What the request created is there; its stored answer went when words were removed for good."""

    def __init__(self) -> None:
        super().__init__(
            "This was recorded before, and what was answered then is no longer kept, because words were removed. "
            "Read it as it is now."
        )


class ShownToAnotherError(OutdatedError):
    """The form's page was shown in another account or to another person."""

    def __init__(self) -> None:
        super().__init__(
            "It was opened in another account or by another person. Nothing was recorded. Send it again if it "
            "belongs here."
        )


class OnceForm(BaseModel):
    """Hidden fields of a form that creates: its key, and to whom its page was shown."""

    idempotency_key: str | None = Field(default=None, exclude=True)
    caller: str | None = Field(default=None, exclude=True)


class Once:
    """Creates once for each key of a caller; without a key, every time."""

    def __init__(
        self, request: Request, actor: Actor, db: Db, now: datetime, key: str | None, *, is_form: bool
    ) -> None:
        self.path, self.secret = request.url.path, request.app.state.signing_key.encode()
        self.actor, self.db, self.now, self.key, self.is_form = actor, db, now, key, is_form

    async def create(
        self, answer: type[T], body: BaseModel, make: Callable[[], Awaitable[T]], *, unstored: str | None = None
    ) -> T:
        """What `make` creates, or what it created when the same request came before.

        Args:
            unstored: a field of the answer that is never stored, and null when the answer is repeated.

        Raises:
            IdempotencyKeyReusedError: the caller used the key with another path or body.
            AnswerForgottenError: it came before, and words of its answer were removed since.
        """
        if self.key is None:
            return await make()
        # Keyed, because a body may hold a secret, which must not be guessable from the table.
        digest = hmac.digest(self.secret, f"{self.path} {body.model_dump_json()}".encode(), "sha256").hex()
        row_id = await self._reserve(digest)
        if row_id is None:
            return answer.model_validate(await self._answered(digest))
        made = await make()
        said = made.model_dump(mode="json", exclude={unstored} if unstored else None)
        await self.db.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.account_id == self.actor.account_id, IdempotencyKey.id == row_id)
            .values(answer=said, subject_id=_subject_of(said))
        )
        return made

    async def _reserve(self, digest: str) -> uuid.UUID | None:
        """Reserve the key. If another request has it, wait for that and return None. Expired keys are free."""
        new = insert(_KEYS).values(
            account_id=self.actor.account_id,
            id=new_id(),
            caller=self.actor.caller,
            key=self.key,
            request_digest=digest,
            answer=None,
            subject_id=None,
            created_at=self.now,
        )
        replaced = {name: new.excluded[name] for name in ("request_digest", "answer", "subject_id", "created_at")}
        reserve = new.on_conflict_do_update(
            index_elements=["account_id", "caller", "key"],
            set_=replaced,
            where=_KEYS.c.created_at <= self.now - RETENTION,
        ).returning(_KEYS.c.id)
        # Old keys go in the statement that adds one, so that they cost no round trip of their own.
        row_id: uuid.UUID | None = await self.db.scalar(reserve.add_cte(self._forget_old().cte("forgotten")))
        return row_id

    def _forget_old(self) -> Delete:
        """Delete some expired keys, except this one, and those that another request is deleting now."""
        is_this_one = and_(_KEYS.c.caller == self.actor.caller, _KEYS.c.key == self.key)
        old = (
            select(_KEYS.c.id)
            .where(
                _KEYS.c.account_id == self.actor.account_id,
                _KEYS.c.created_at <= self.now - RETENTION,
                not_(is_this_one),
            )
            .order_by(_KEYS.c.created_at)
            .limit(_FORGOTTEN_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        return delete(_KEYS).where(_KEYS.c.account_id == self.actor.account_id, _KEYS.c.id.in_(old))

    async def _answered(self, digest: str) -> dict[str, Any]:
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
            raise IdempotencyKeyReusedError(_REUSED_BY_A_FORM if self.is_form else _REUSED)
        if row.answer is None:
            raise AnswerForgottenError
        answer: dict[str, Any] = row.answer
        return answer


KeyHeader = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=_LONGEST_KEY)]


def _subject_of(answer: Mapping[str, Any]) -> uuid.UUID | None:
    """What an answer is about: the session that it names, or what was created itself."""
    named = answer.get("session_id") or answer.get("id")
    return None if named is None else uuid.UUID(str(named))


async def forget_answers(
    db: Db,
    account_id: uuid.UUID,
    subjects: Collection[uuid.UUID],
    is_meant: Callable[[Any], bool],
    *,
    is_preview: bool,
) -> int:
    """Forget the stored answers about any of these things that are meant, whole; how many those are.

    That they were given stays, so that nothing is created twice. An answer of the previous version, kept for a
    day, does not say what it is about: its text does.
    """
    mentions = or_(*(cast(IdempotencyKey.answer, Text).contains(str(one)) for one in subjects))
    query = select(IdempotencyKey.id, IdempotencyKey.answer).where(
        IdempotencyKey.account_id == account_id,
        IdempotencyKey.answer.is_not(None),
        or_(
            IdempotencyKey.subject_id.in_(subjects),
            and_(IdempotencyKey.subject_id.is_(None), mentions),
        ),
    )
    going = [row_id for row_id, answer in await db.execute(query) if answer is not None and is_meant(answer)]
    if going and not is_preview:
        these = IdempotencyKey.account_id == account_id, IdempotencyKey.id.in_(going)
        await db.execute(update(IdempotencyKey).where(*these).values(answer=null()))
    return len(going)


async def once(
    request: Request,
    actor: Caller,
    db: WriteSession,
    now: Now,
    key: KeyHeader = None,
) -> Once:
    """The `Once` of the request, by the key in its header or in its form.

    Raises:
        ShownToAnotherError: the form was not shown to the caller.
        InvalidError: its key is too long, or is not text.
    """
    form = await request.form()  # Empty if the body is not a form.
    if str(form.get("caller", actor.caller)) != actor.caller:
        raise ShownToAnotherError
    sent = str(form.get("idempotency_key", ""))
    if len(sent) > _LONGEST_KEY:
        raise InvalidError(f"The form's idempotency_key has more than {_LONGEST_KEY} characters.")
    if "\x00" in sent:
        raise InvalidError("The form's idempotency_key contains NUL.")
    return Once(request, actor, db, now, key or sent or None, is_form=key is None)


CreateOnce = Annotated[Once, Depends(once)]
