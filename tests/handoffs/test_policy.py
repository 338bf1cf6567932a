"""Offered actions succeed, and all others are refused: every action, state and relation."""

import functools
import itertools
import uuid
from collections.abc import Awaitable, Callable

import pytest

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, Db
from flowpilot.handoffs import claims, policy, service
from flowpilot.handoffs.locking import lock_of
from flowpilot.handoffs.models import Outcome, SessionHandoff
from flowpilot.handoffs.policy import HandoffAction
from flowpilot.handoffs.questions.service import ask
from flowpilot.identity.actor import Actor
from flowpilot.sessions.models import AISession, SessionStatus
from tests.company import Company, found_company
from tests.policies import people_named, succeeds

pytestmark = pytest.mark.anyio

Attempt = Callable[[Db, Actor, uuid.UUID], Awaitable[object]]


async def _ask(db: Db, actor: Actor, handoff_id: uuid.UUID) -> None:
    locked = await lock_of(db, actor.account_id, handoff_id, now())
    await ask(db, actor, locked, handoff_id, "Which chair is it?")


def _give_back(outcome: Outcome) -> Attempt:
    return lambda db, who, id_: service.close(db, who, id_, outcome, "Which client?", now())


ATTEMPTS: dict[HandoffAction | Outcome, Attempt] = {
    HandoffAction.CLAIM: lambda db, who, id_: claims.claim(db, who, id_, now()),
    HandoffAction.RELEASE: lambda db, who, id_: claims.release(db, who, id_, "No time.", now()),
    HandoffAction.REASSIGN: lambda db, who, id_: claims.reassign(db, who, id_, None, now()),
    Outcome.RETURNED: _give_back(Outcome.RETURNED),
    Outcome.SENT_BACK: _give_back(Outcome.SENT_BACK),
    HandoffAction.CLOSE: lambda db, who, id_: service.close(db, who, id_, Outcome.RESOLVED, "The fuse.", now()),
    HandoffAction.ASK: _ask,
}
PEOPLE = (
    "the holder",
    "the maker",
    "their successor",
    "the target",
    "another engineer",
    "a team admin",
    "a viewer",
)
STATES = ("waiting", "claimed", "closed")


@pytest.fixture(scope="module")
def shop(urls: DatabaseUrls) -> Company:
    """An account for all cases."""
    return found_company(urls)


@pytest.fixture(scope="module")
def people(shop: Company) -> dict[str, Actor]:
    """Somebody of each kind."""
    return people_named(shop, PEOPLE)


async def _add(
    db: Db, people: dict[str, Actor], status: SessionStatus, state: str, *, is_passed_on: bool
) -> tuple[SessionHandoff, AISession]:
    at, maker, holder = now(), people["the maker"], people["the holder"]
    session = AISession(
        account_id=maker.account_id,
        id=new_id(),
        user_id=maker.user_id,
        owner_id=maker.user_id,
        status=status,
        problem_summary="The printer prints nothing",
        step_count=0,
        answer_count=0,
        free_text_count=0,
        created_at=at,
        last_activity_at=at,
        resolved_at=at if status == SessionStatus.RESOLVED else None,
    )
    db.add(session)
    await db.flush()
    handoff = SessionHandoff(
        account_id=maker.account_id,
        id=new_id(),
        session_id=session.id,
        created_by=maker.user_id,
        created_at=at,
        target_user_id=people["the target"].user_id,
        returns_to=people["their successor"].user_id if is_passed_on else None,
        claimed_by=None if state == "waiting" else holder.user_id,
        claimed_at=None if state == "waiting" else at,
        closed_at=at if state == "closed" else None,
        outcome=Outcome.PARKED if state == "closed" else None,
        snapshot={},
    )
    db.add(handoff)
    await db.flush()
    return handoff, session


@pytest.mark.parametrize("person", PEOPLE)
async def test_what_is_offered_succeeds_and_nothing_else_does(
    database: Database, shop: Company, people: dict[str, Actor], person: str
) -> None:
    who, is_passed_on = people[person], person == "their successor"
    offered, done = {}, {}
    async with database.write(shop.id) as db:
        for case in itertools.product(SessionStatus, STATES):
            handoff, session = await _add(db, people, *case, is_passed_on=is_passed_on)
            allowed, given_back_as = (
                policy.allowed(handoff, session, who),
                policy.given_back_as(handoff, session, who),
            )
            assert (HandoffAction.GIVE_BACK in allowed) == bool(given_back_as)
            offered[case] = {*allowed, *given_back_as} - {HandoffAction.GIVE_BACK}
            handoff_id = handoff.id
            done[case] = {
                action
                for action, attempt in ATTEMPTS.items()
                if await succeeds(db, functools.partial(attempt, db, who, handoff_id))
            }
            if case[1] == "claimed" and person == "the holder":  # To claim what one holds changes nothing.
                done[case] -= {HandoffAction.CLAIM}
    assert done == offered


@pytest.mark.parametrize(
    ("person", "waiting", "claimed"),
    [
        ("the holder", ["claim", "give_back", "ask"], ["release", "reassign", "close", "give_back", "ask"]),
        ("the maker", ["reassign", "close", "give_back"], ["reassign"]),
        ("their successor", ["claim", "reassign", "close", "give_back"], ["reassign"]),
        ("the target", ["claim", "give_back", "ask"], []),
        ("another engineer", ["claim", "give_back", "ask"], []),
        (
            "a team admin",
            ["claim", "reassign", "close", "give_back", "ask"],
            ["release", "reassign", "close", "give_back", "ask"],
        ),
        ("a viewer", [], []),
    ],
)
async def test_offers_depend_on_state_and_relation(
    database: Database,
    shop: Company,
    people: dict[str, Actor],
    person: str,
    waiting: list[str],
    claimed: list[str],
) -> None:
    who, is_passed_on = people[person], person == "their successor"
    async with database.write(shop.id) as db:
        add = {"waiting": SessionStatus.REQUESTING_ESCALATION, "claimed": SessionStatus.ESCALATED}
        offered = [
            policy.allowed(*await _add(db, people, status, state, is_passed_on=is_passed_on), who)
            for state, status in add.items()
        ]
    assert offered == [waiting, claimed]
