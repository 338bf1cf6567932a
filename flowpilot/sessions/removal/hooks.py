"""Features above sessions, which sessions do not know, say here what they have copied (docs/decisions/0010)."""

from collections.abc import Awaitable, Callable

from flowpilot.db.session import Db
from flowpilot.sessions.removal.copies import Copy, Found
from flowpilot.sessions.removal.scope import Removal

SentHook = Callable[[Db, Removal], Awaitable[list[Copy]]]
CopyHook = Callable[[Db, Removal], Awaitable[Found]]

# Each says what has been sent with the words, before anything is overwritten.
sent_hooks: list[SentHook] = []
# Each finds what its feature has copied of a session, and overwrites it unless it is a preview. It returns
# that, and what it has gone through.
hooks: list[CopyHook] = []
