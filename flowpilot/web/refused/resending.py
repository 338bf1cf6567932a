"""A form that failed for a reason that passes: all that was in it, to be sent again with one press."""

from collections.abc import Sequence

from fastapi import Request
from starlette.datastructures import UploadFile

from flowpilot.web.refused.filling import is_secret


async def to_resend(request: Request) -> Sequence[tuple[str, str]]:
    """The fields that the browser sent; none if one of them cannot be in a page, as a file or a password."""
    items = (await request.form()).multi_items()
    is_file = any(isinstance(value, UploadFile) and value.filename for _, value in items)
    if is_file or any(is_secret(name) for name, _ in items):
        return []
    return [(name, value) for name, value in items if isinstance(value, str)]
