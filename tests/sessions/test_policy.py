"""Offered actions succeed, and all others are refused: every action, status and relation."""

import functools
import itertools
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, Db
from flowpilot.handoffs.decisions import Escalation
from flowpilot.handoffs.service import escalate
from flowpilot.identity.actor import Actor
from flowpilot.sessions import assignment, policy, service
from flowpilot.sessions.locking import LoadedSession, load, lock
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.transitions import Action
from flowpilot.sessions.verifying import service as verifying
from tests.company import Company, found_company
from tests.policies import people_named, succeeds

pytestmark = pytest.mark.anyio

Attempt = Callable[[Db, Actor, LoadedSession], Awaitable[object]]

ATTEMPTS: dict[Action, Attempt] = {
    Action.STEP: lambda db, who, loaded: service.report_outcome(db, who, loaded, "It blinks.", "Looked at it."),
    Action.NOTE: lambda db, who, loaded: service.write_text(db, who, loaded, "It blinks."),
    Action.PAUSE: service.pause,
    Action.RESUME: service.resume,
    Action.RESOLVE: lambda db, who, loaded: service.resolve(db, who, loaded, "The fuse."),
    Action.ABANDON: lambda db, who, loaded: service.abandon(db, who, loaded, "Enough."),
    Action.REOPEN: lambda db, who, loaded: service.reopen(db, who, loaded, "Again."),
    Action.RATE: lambda db, who, loaded: service.rate(db, who, loaded, 3, None),
    Action.ESCALATE: lambda db, who, loaded: escalate(db, who, loaded, Escalation("Out of ideas.")),
    Action.VERIFY: lambda db, who, loaded: verifying.verify(db, who, loaded, "A new fuse.", "a day", _tomorrow()),
    Action.POSTPONE: lambda db, who, loaded: verifying.postpone(db, who, loaded, _tomorrow()),
    Action.CONFIRM: lambda db, who, loaded: verifying.confirm(db, who, loaded, "The fuse."),
    Action.FAIL: lambda db, who, loaded: verifying.fail(db, who, loaded, ""),
    Action.TAKE: lambda db, who, loaded: assignment.take(db, who, loaded.session.id, now()),
}
CASES = [*itertools.product(SessionStatus, [True, False], [False]), (SessionStatus.PAUSED, True, True)]
PEOPLE = ("who began it", "who works on it", "another engineer", "a team admin", "a viewer")


def _tomorrow() -> datetime:
    return now() + timedelta(days=1)


@pytest.fixture(scope="module")
def shop(urls: DatabaseUrls) -> Company:
    """An account for all cases."""
    return found_company(urls)


@pytest.fixture(scope="module")
def people(shop: Company) -> dict[str, Actor]:
    """Somebody of each kind."""
    return people_named(shop, PEOPLE)


async def _add(
    db: Db, people: dict[str, Actor], status: SessionStatus, *, is_owned: bool, waits: bool = False
) -> AISession:
    session = AISession(
        account_id=people["who began it"].account_id,
        id=new_id(),
        user_id=people["who began it"].user_id,
        owner_id=people["who works on it"].user_id if is_owned else None,
        status=status,
        problem_summary="The printer prints nothing",
        step_count=0,
        answer_count=0,
        free_text_count=0,
        created_at=now(),
        last_activity_at=now(),
        resolved_at=now() if status == SessionStatus.RESOLVED else None,
    )
    db.add(session)
    await db.flush()
    if waits:
        session.status = SessionStatus.ACTIVE
        fixing = lock(db, session.account_id, session.id, now())
        await ATTEMPTS[Action.VERIFY](db, people["who works on it"], await load(db, await fixing))
    return session


async def _try(db: Db, attempt: Attempt, who: Actor, session_id: uuid.UUID) -> None:
    locked = await lock(db, who.account_id, session_id, now())
    await attempt(db, who, await load(db, locked))


@pytest.mark.parametrize("person", PEOPLE)
async def test_what_is_offered_succeeds_and_nothing_else_does(
    database: Database, shop: Company, people: dict[str, Actor], person: str
) -> None:
    who, offered, done = people[person], {}, {}
    async with database.write(shop.id) as db:
        for case in CASES:
            status, is_owned, waits = case
            session = await _add(db, people, status, is_owned=is_owned, waits=waits)
            offered[case], session_id = set(policy.allowed(session, who)), session.id
            done[case] = {
                action
                for action, attempt in ATTEMPTS.items()
                if await succeeds(db, functools.partial(_try, db, attempt, who, session_id))
            }
            if is_owned and person == "who works on it":  # To take what one has taken changes nothing.
                done[case] -= {Action.TAKE}
    assert done == offered


@pytest.mark.parametrize(
    ("person", "is_owned", "offered"),
    [
        ("who began it", True, ["step", "pause", "verify", "escalate", "resolve", "abandon", "note"]),
        ("who works on it", True, ["step", "pause", "verify", "escalate", "resolve", "abandon", "note"]),
        ("another engineer", True, []),
        ("another engineer", False, ["take"]),
        ("a team admin", True, ["step", "pause", "verify", "escalate", "resolve", "abandon", "note"]),
        ("a team admin", False, ["take", "step", "pause", "verify", "escalate", "resolve", "abandon", "note"]),
        ("a viewer", True, []),
        ("a viewer", False, []),
    ],
)
async def test_an_active_session_is_offered_to_its_people(
    database: Database,
    shop: Company,
    people: dict[str, Actor],
    person: str,
    is_owned: bool,
    offered: list[str],
) -> None:
    async with database.write(shop.id) as db:
        session = await _add(db, people, SessionStatus.ACTIVE, is_owned=is_owned)
        assert policy.allowed(session, people[person]) == offered
