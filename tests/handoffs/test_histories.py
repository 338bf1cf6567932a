"""Any actions in any order, by clocks that differ: the derived values are what the contract says."""

import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, example, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from sqlalchemy import select

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, Db
from flowpilot.errors import FlowPilotError
from flowpilot.handoffs import claims, jobs, service
from flowpilot.handoffs.decisions import Escalation
from flowpilot.handoffs.models import Outcome, SessionHandoff
from flowpilot.identity.actor import Actor, Role
from flowpilot.sessions import service as sessions
from flowpilot.sessions import starting, transitions
from flowpilot.sessions.edits import service as edits
from flowpilot.sessions.edits.record import became_of, records, waits_for
from flowpilot.sessions.locking import steps_of
from flowpilot.sessions.models import AISession, SessionStatus, StepKind
from flowpilot.sessions.verifying.service import LOOK_AGAIN_JOB
from flowpilot.settings import Settings
from flowpilot.wiring import wire_features
from tests.company import Company, add_colleague, found_company, run
from tests.handoffs.aside.acts import FIXING, Working
from tests.handoffs.helpers import REASON, actor, check_laws, forget_jobs, jobs_of, worker_context
from tests.sessions.flows import publish_printer_flow
from tests.sessions.loading import load_for_work

Handling = Callable[[Db, Actor, uuid.UUID, datetime], Awaitable[object]]

Lived = tuple[tuple[str, int, float], ...]

WORKING: dict[str, Working] = {
    "escalate": lambda db, who, locked: service.escalate(db, who, locked, Escalation(REASON)),
    "text": lambda db, who, locked: sessions.write_text(db, who, locked, "It blinks."),
    "answer": lambda db, who, locked: sessions.take_choice(db, who, locked, "No"),
    "try": lambda db, who, locked: sessions.report_outcome(db, who, locked, "Still nothing"),
    "back": edits.go_back,
    "pause": sessions.pause,
    "resume": sessions.resume,
    "resolve": lambda db, who, locked: sessions.resolve(db, who, locked, "The fuse."),
    "abandon": lambda db, who, locked: sessions.abandon(db, who, locked, "Enough."),
    **FIXING,
}
HANDLING: dict[str, Handling] = {
    "claim": claims.claim,
    "release": lambda db, who, id_, at: claims.release(db, who, id_, "No time.", at),
    "reassign": lambda db, who, id_, at: claims.reassign(db, who, id_, None, at),
    "close parked": lambda db, who, id_, at: service.close(db, who, id_, Outcome.PARKED, "", at),
    "close returned": lambda db, who, id_, at: service.close(db, who, id_, Outcome.RETURNED, "", at),
    "close resolved": lambda db, who, id_, at: service.close(db, who, id_, Outcome.RESOLVED, "The fuse.", at),
}
JOBS = {"remind": jobs.remind, "expire": jobs.expire}

# Each by somebody of four, and at a moment so many seconds from the beginning: clocks go backwards, too.
PEOPLE = st.integers(0, 3)
SECONDS = st.integers(-60, 60) | st.floats(-1, 1)
DEEDS = st.tuples(st.sampled_from([*WORKING, *HANDLING, *JOBS]), PEOPLE, SECONDS)
# A history of these alone is mostly refused. So some deeds come in an order that leads somewhere.
CLAIMED = st.tuples(
    st.tuples(st.just("escalate"), st.just(0), SECONDS),
    st.tuples(st.just("claim"), st.sampled_from([1, 2, 3]), SECONDS),
    DEEDS,
)
# A fix that waits, with what may happen to it, before and after somebody says what became of it.
FIXED = st.tuples(
    st.tuples(st.just("fix"), PEOPLE, SECONDS),
    st.tuples(st.sampled_from([*FIXING, "text", *JOBS]), PEOPLE, SECONDS),
    st.tuples(st.sampled_from(["fail", "fail", "worked", "take fix back"]), PEOPLE, SECONDS),
    st.tuples(st.sampled_from([*FIXING, "text"]), PEOPLE, SECONDS),
    st.tuples(st.just("take failure back"), PEOPLE, SECONDS),
)
# Chance can leave out a rare deed, so these come every time: a claim ends in each way that it can, and is
# followed by another, and the session ends in each way.
ENDS = ("release", "reassign", "expire") * 2
LAST = ("close parked", "close returned", "close resolved", "abandon", "resolve", "pause")
CLAIMED_AND_ACTED: Lived = (("escalate", 0, 0.0), ("claim", 1, 0.0), ("text", 1, 0.0))
SURE: list[list[Lived]] = [
    [
        (("escalate", 0, 0.0), ("claim", 1, 0.0), (end, 1, 0.0)),
        (("claim", 2, 0.0), ("remind", 2, 0.0), ("text", 2, 0.0), (last, 2, 0.0)),
    ]
    for end, last in zip(ENDS, LAST, strict=True)
]
# Closed without a step of the claimant's, handed over and claimed again: their step belongs to that claim.
SURE.append([(("escalate", 0, 0.0), ("claim", 1, 0.0), ("close returned", 1, 0.0)), CLAIMED_AND_ACTED])
# A senior's fix, said by mistake not to have helped: it waits again, whatever came before and comes after.
MISTAKEN: Lived = (("fail", 3, 0.0), ("take failure back", 3, 0.0))
FIXED_BY_SENIOR: Lived = (("escalate", 0, 0.0), ("claim", 1, 0.0), ("fix", 1, 0.0))
SURE += [
    [FIXED_BY_SENIOR, (("text", 1, 0.0), *MISTAKEN, ("text", 1, 0.0), (last, 1, 0.0))]
    for last in ("worked", "fail", "take fix back")
]
SURE += [
    [(("fix", 0, 0.0), ("put off", 0, 0.0), *MISTAKEN, ("correct wait", 0, 0.0), *MISTAKEN, ("worked", 0, 0.0))],
    [(("escalate", 0, 0.0), ("fix", 0, 0.0), *MISTAKEN, ("fail", 0, 0.0), *CLAIMED_AND_ACTED)],
    [FIXED_BY_SENIOR, (("fail", 1, 0.0), ("release", 1, 0.0), ("claim", 2, 0.0), ("take failure back", 2, 0.0))],
]
HISTORIES = st.lists(DEEDS.map(lambda deed: (deed,)) | CLAIMED | FIXED, min_size=1, max_size=12)


@dataclass(frozen=True)
class Desk:
    """An account with a flow. The first of the people begins the sessions; two are seniors, one an admin."""

    company: Company
    settings: Settings
    people: list[Actor]
    flow_id: uuid.UUID


@pytest.fixture(scope="module")
def desk(urls: DatabaseUrls, settings: Settings, client: TestClient) -> Iterator[Desk]:
    wire_features()
    company = found_company(urls)

    async def add_seniors(database: Database) -> list[Actor]:
        async with database.write(company.id) as db:
            ids = [await add_colleague(db, company.id, name) for name in ("Kim", "Lou")]
        return [actor(company, user_id=user_id) for user_id in ids]

    people = [actor(company), *run(urls, add_seniors), actor(company, Role.TEAM_ADMIN)]
    yield Desk(company, settings, people, publish_printer_flow(client, company))
    forget_jobs(urls, company)


@dataclass(frozen=True)
class History:
    """A session on which all kinds of actions are tried."""

    desk: Desk
    database: Database
    session_id: uuid.UUID
    start: datetime

    async def newest_handoff(self) -> SessionHandoff | None:
        account_id = self.desk.company.id
        query = select(SessionHandoff).where(
            SessionHandoff.account_id == account_id, SessionHandoff.session_id == self.session_id
        )
        async with self.database.read(account_id) as db:
            return await db.scalar(query.order_by(SessionHandoff.created_at.desc()).limit(1))

    async def do(self, deed: str, person: int, seconds: float) -> bool:
        """Do it in a transaction of its own. Returns whether it was accepted."""
        who, at = self.desk.people[person], self.start + timedelta(seconds=seconds)
        handoff = None if deed in WORKING else await self.newest_handoff()
        if deed not in WORKING and handoff is None:
            return False
        if handoff is not None and deed in JOBS:
            claimed_at = (handoff.claimed_at or self.start).isoformat()
            context = worker_context(self.database, self.desk.settings)
            await JOBS[deed](context, str(who.account_id), str(handoff.id), claimed_at)
            return True
        try:
            async with self.database.write(who.account_id) as db:
                if handoff is None:
                    await WORKING[deed](db, who, await load_for_work(db, who, self.session_id, at))
                else:
                    await HANDLING[deed](db, who, handoff.id, at)
        except FlowPilotError:
            return False
        await self.check_waits()
        # The holder may claim again, and nothing happens.
        return deed != "claim" or handoff is None or handoff.claimed_by is None

    async def session(self) -> AISession:
        account_id = self.desk.company.id
        query = select(AISession).where(AISession.account_id == account_id, AISession.id == self.session_id)
        async with self.database.read(account_id) as db:
            return (await db.scalars(query)).one()

    async def check_waits(self) -> None:
        """A fix that waits is one that counts, in its words of now, and somebody will be asked about it."""
        account_id, session = self.desk.company.id, await self.session()
        async with self.database.read(account_id) as db:
            steps = await steps_of(db, account_id, self.session_id)
        known = records(steps)
        fixes = [step for step in steps if step.kind == StepKind.FIX and known.of(step).taken_back is None]
        if session.look_again_at is None:
            assert session.waiting_for is None
            return
        assert session.status == SessionStatus.PAUSED
        assert (session.waiting_for, session.fix_applied_at) == (
            waits_for(fixes[-1], known.of(fixes[-1])),
            fixes[-1].created_at,
        )
        assert became_of(fixes[-1], steps) == []
        reminders = [args["look_again_at"] for args in jobs_of(self.desk.company, LOOK_AGAIN_JOB)]
        assert session.look_again_at.isoformat() in reminders


def _surely(test: Callable[..., None]) -> Callable[..., None]:
    for history in SURE:
        test = example(history=history)(test)
    return test


@pytest.mark.long
def test_any_history(urls: DatabaseUrls, desk: Desk) -> None:
    """First actions, counts and statuses are what the rows say, and the events have every claim."""

    @limits(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
    @_surely
    @given(history=HISTORIES)
    def holds(history: list[Lived]) -> None:
        session_id, claimants = run(urls, lambda database: _live(desk, database, history))
        actors = desk.company.query(
            "SELECT e.actor_id FROM handoff_events e JOIN session_handoffs h ON h.id = e.handoff_id "
            "WHERE h.session_id = %s AND e.kind = 'claimed' ORDER BY e.number",
            session_id,
        )
        assert [actor_id for (actor_id,) in actors] == claimants
        check_laws(desk.company, session_id)

    holds()
    _check_variety(desk.company)
    check_laws(desk.company)


async def _live(desk: Desk, database: Database, history: list[Lived]) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """Live through a history. Returns its session, and who claimed in it, in order."""
    start = now()
    async with database.write(desk.company.id) as db:
        about = starting.NewSession("The printer prints nothing", flow_id=desk.flow_id)
        begun, _ = await starting.start(db, desk.people[0], about, start)
    lived = History(desk, database, begun.session.id, start)
    done, waits = list[tuple[str, int, float]](), dict[int, object]()
    for deed in (one for deeds in history for one in deeds):
        before = _wait(await lived.session()) if deed[0] == "fail" else None
        if not await lived.do(*deed):
            continue
        done.append(deed)
        waits[len(done)] = before
        if deed[0] == "take failure back" and len(done) > 1 and done[-2][0] == "fail":
            assert _wait(await lived.session()) == waits[len(done) - 1]
    return begun.session.id, [desk.people[person].user_id for deed, person, _ in done if deed == "claim"]


def _wait(session: AISession) -> tuple[object, ...]:
    """All that says that the session waits, and for what."""
    wait = (session.status, session.owner_id, session.waiting_for, session.look_again_at, session.fix_applied_at)
    return (*wait, session.resolved_at)


def _check_variety(company: Company) -> None:
    """The histories would prove little if most actions were refused."""
    statuses = {row[0] for row in company.query("SELECT DISTINCT to_status FROM ai_session_status_changes")}
    assert statuses == {str(status) for status in transitions.TRANSITIONS}
    kinds = {kind for (kind,) in company.query("SELECT DISTINCT kind FROM handoff_events")}
    assert {"released", "reassigned", "reminded", "expired", "first_action", "closed", "resumed"} <= kinds
    set_aside_again = "SELECT FROM handoff_events WHERE content ? 'again'"
    assert len(company.query(set_aside_again)) >= 3
    again = "SELECT FROM handoff_events WHERE kind = 'claimed' GROUP BY handoff_id HAVING count(*) > 1"
    assert len(company.query(again)) > 5
