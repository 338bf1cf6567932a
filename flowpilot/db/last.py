"""What a transaction does last, right before it commits, because others wait for it from then on."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowpilot.db.session import Db

    Deed = Callable[[Db], Awaitable[object]]

_PENDING = "last"
# What comes after all of that.
_VERY_LAST = "very last"


def do_last(db: "Db", deed: "Deed", *, after_all: bool = False) -> None:
    """Have this done once, after everything else that the transaction writes; `after_all`: even after such."""
    pending: dict[Deed, None] = db.info.setdefault(_VERY_LAST if after_all else _PENDING, {})
    pending[deed] = None


async def do_what_is_last(db: "Db") -> None:
    """Do what was put off, in the order in which it was, and then what that has put off."""
    pending: dict[Deed, None]
    while pending := db.info.pop(_PENDING, {}) or db.info.pop(_VERY_LAST, {}):
        for deed in pending:
            await deed(db)
