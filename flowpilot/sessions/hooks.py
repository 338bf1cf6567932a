"""Who follows what happens in a session, in the same transaction.

Sessions know nobody above them. Handoffs have to: the first step after a claim is their first action, and the end
of a session is theirs. So they follow, and a step is never without its consequences (docs/decisions/0010).
"""

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.sessions.models import AISession, AISessionStep

StepTaken = Callable[[Db, AISession, AISessionStep], Awaitable[None]]
Ended = Callable[[Db, AISession, uuid.UUID | None, datetime], Awaitable[None]]

on_step: list[StepTaken] = []
on_end: list[Ended] = []
