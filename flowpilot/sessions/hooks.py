"""Functions that are called when something happens in a session, in the same transaction.

Sessions import nothing above them. But the first step after a claim is a handoff's first action, and the end of a
session closes its handoffs. So handoffs register here, and no step goes without its consequences
(docs/decisions/0010).
"""

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement

from flowpilot.db.session import Db
from flowpilot.identity.actor import Actor
from flowpilot.sessions.models import AISession, AISessionStep

if TYPE_CHECKING:
    from flowpilot.sessions.locking import LockedSession

StepTaken = Callable[[Db, AISession, AISessionStep], Awaitable[None]]
# By whom, when, and why, if somebody has said so.
Ended = Callable[[Db, AISession, uuid.UUID | None, datetime, str], Awaitable[None]]
Edited = Callable[[Db, AISession, uuid.UUID, datetime], Awaitable[None]]
Reopened = Callable[[Db, AISession, uuid.UUID, datetime], Awaitable[None]]
Waited = Callable[[Db, AISession, datetime], Awaitable[None]]
# By whom, when, when the fix was applied, and why somebody holds it again, if they do.
Answered = Callable[[Db, AISession, uuid.UUID | None, datetime, datetime, str], Awaitable[None]]
Awaited = Callable[[ColumnElement[uuid.UUID], ColumnElement[uuid.UUID]], ColumnElement[bool]]
Judged = Callable[[Db, Actor, "LockedSession", str], Awaitable[None]]
Holds = Callable[[Db, AISession], Awaitable[bool]]

on_step: list[StepTaken] = []
# The same where something waits for a step: conditions on an account and a session say so as its steps are read.
on_awaited_step: list[StepTaken] = []
step_awaited: list[Awaited] = []
on_end: list[Ended] = []
# One that had ended is worked on again.
on_reopened: list[Reopened] = []
# A step, or a text of a handoff, was corrected, struck or taken back.
on_edit: list[Edited] = []
# Words of steps were removed for good. Their copies are overwritten already.
on_removal: list[Edited] = []
# A fix was applied and has to prove itself: the reason is what it waits for, which the session does not say yet.
on_set_aside: list[Ended] = []
# It waits again, because it was taken back that it did not help: the reason is what it waits for.
on_set_aside_again: list[Ended] = []
# It is time to look at it again.
on_due: list[Waited] = []
# It waits no more, or until another time: called before the others, which say what comes instead.
on_waited: list[Waited] = []
# The wait is over, before what follows from an end.
on_answered: list[Answered] = []
# Who ends it says what could have spared its escalation, before it ends.
on_judged: list[Judged] = []
# Whether somebody has set aside what they hold for the fix that waits, and holds it again if it did not help.
holds_again: list[Holds] = []
