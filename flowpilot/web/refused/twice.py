"""A form that is sent twice, by a double click or a reload without scripts, is recorded once, and refused never.

Forms that create are answered again by what they created (`identity/idempotency`). What others do can be done once
only: their second press finds it done, and would say that it was not recorded.
"""

from collections.abc import Sequence

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.datastructures import UploadFile

from flowpilot.identity.idempotency import CreateOnce, OnceForm, RecordedBeforeError


class _Sent(BaseModel):
    """What a form said."""

    said: Sequence[tuple[str, str]]


class _Recorded(BaseModel):
    """That it was recorded."""


class PressedTwiceError(RecordedBeforeError):
    """The same form was recorded before, so its page is shown as it is now."""

    def __init__(self) -> None:
        super().__init__("This was recorded already.")


async def press(request: Request, once: CreateOnce) -> None:
    """Reserve the key of the form, in the transaction of what it does.

    Raises:
        PressedTwiceError: it was recorded before.
        IdempotencyKeyReusedError: so it was, with other content.
    """
    form, is_new = await request.form(), False
    own = OnceForm.model_fields.keys()
    items = [(name, value) for name, value in form.multi_items() if name not in own]
    said = [(name, value.filename or "" if isinstance(value, UploadFile) else value) for name, value in items]

    async def record() -> _Recorded:
        nonlocal is_new
        is_new = True
        return _Recorded()

    await once.create(_Recorded, _Sent(said=said), record)
    if not is_new:
        raise PressedTwiceError


PRESSED_ONCE = Depends(press)
"""For routes of forms that have `ui.once`."""
