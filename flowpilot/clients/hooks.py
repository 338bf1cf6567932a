"""What follows a client that is renamed or merged, in the same transaction (docs/decisions/0010).

Clients know nothing above them, but sessions carry a client's id and name. So the features that have records of
clients add a hook here at start, and nothing is left behind.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from flowpilot.clients.models import Client, ClientMerge
from flowpilot.db.session import Db, ReadDb


@dataclass(frozen=True, slots=True)
class ClientHook:
    """How one feature's records follow their client; `move` and `move_back` return how many did.

    `lock` is called before the clients are locked: who works on a record has locked it before its client.
    `move_back` returns those that the merge moved and that are still where it moved them.
    """

    count: Callable[[ReadDb, uuid.UUID, uuid.UUID], Awaitable[int]]
    lock: Callable[[Db, uuid.UUID, uuid.UUID], Awaitable[None]]
    rename: Callable[[Db, Client], Awaitable[None]]
    move: Callable[[Db, ClientMerge, Client], Awaitable[int]]
    move_back: Callable[[Db, ClientMerge, Client], Awaitable[int]]


hooks: list[ClientHook] = []
