"""What is done about a fix that waits, and to the words of one, for histories of any actions in any order."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from flowpilot.db.session import Db
from flowpilot.identity.actor import Actor
from flowpilot.sessions.edits import service as edits
from flowpilot.sessions.edits.service import StepNotFoundError
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.verifying import service

Working = Callable[[Db, Actor, LoadedSession], Awaitable[object]]

DAY = timedelta(days=1)


def _last(loaded: LoadedSession, kind: StepKind) -> AISessionStep:
    """The last fix of the session, or the last step that says that one did not help."""
    of_kind = [one for one in loaded.steps if one.kind == kind and (kind == StepKind.FIX or "fix" in one.content)]
    if not of_kind:
        raise StepNotFoundError
    return of_kind[-1]


async def _apply(db: Db, who: Actor, loaded: LoadedSession) -> None:
    at = loaded.moment + DAY
    await service.verify(db, who, loaded, f"Fuse {len(loaded.steps)}.", "a day without outages", at)


async def _put_off(db: Db, who: Actor, loaded: LoadedSession) -> None:
    await service.postpone(db, who, loaded, loaded.moment + 2 * DAY)


async def _correct(db: Db, who: Actor, loaded: LoadedSession) -> None:
    words = f"Fuse {len(loaded.steps)}, as corrected."
    await edits.correct(db, who, loaded, _last(loaded, StepKind.FIX), words)


async def _correct_wait(db: Db, who: Actor, loaded: LoadedSession) -> None:
    words = f"{len(loaded.steps)} days without outages"
    await edits.correct(db, who, loaded, _last(loaded, StepKind.FIX), words, text_name="waiting_for")


async def _strike(db: Db, who: Actor, loaded: LoadedSession) -> None:
    await edits.strike(db, who, loaded, _last(loaded, StepKind.FIX))


async def _take_back(db: Db, who: Actor, loaded: LoadedSession) -> None:
    await edits.take_back(db, who, loaded, _last(loaded, StepKind.FIX))


async def _take_failure_back(db: Db, who: Actor, loaded: LoadedSession) -> None:
    await edits.take_back(db, who, loaded, _last(loaded, StepKind.OUTCOME))


FIXING: dict[str, Working] = {
    "fix": _apply,
    "worked": lambda db, who, loaded: service.confirm(db, who, loaded, ""),
    "fail": lambda db, who, loaded: service.fail(db, who, loaded, "It fell over."),
    "put off": _put_off,
    "correct fix": _correct,
    "correct wait": _correct_wait,
    "strike fix": _strike,
    "take fix back": _take_back,
    "take failure back": _take_failure_back,
}
