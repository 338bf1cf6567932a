"""The time spent on a session: what counts, and how it is shown in the account's time zone."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.db.session import Database, Db
from flowpilot.identity.actor import Actor
from flowpilot.sessions import service
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import AISession, AISessionStep, SessionStatus, StatusChange, StepKind
from flowpilot.sessions.notes.documentation import document
from flowpilot.sessions.notes.work_time import Stretch, stretches, time_spent
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.transitions import Action
from flowpilot.sessions.verifying import service as verifying
from tests.company import Company, at
from tests.sessions.story import Story, section, when

pytestmark = pytest.mark.anyio

START = at("2026-06-15 09:00")
AT_WORK = {"active", "escalated"}
SOMEBODY = uuid.UUID(int=1)


@pytest.fixture
def story(client: TestClient, company: Company, database: Database) -> Story:
    """A session whose story a test tells."""
    return Story(client, company, database)


def _told(
    session: AISession, steps: list[AISessionStep], changes: list[StatusChange], **more: Any
) -> SessionHistory:
    known: dict[str, Any] = {"flow_name": None, "flow_number": None, "tree": None, "names": {}}
    return SessionHistory(session=session, steps=steps, changes=changes, **known | more)


def _zone(client: TestClient, company: Company, name: str) -> None:
    client.patch("/api/v1/account", headers=company.headers(), json={"timezone": name}).raise_for_status()


def _minutes(number: int) -> datetime:
    return START + timedelta(minutes=number)


async def _abandon(db: Db, actor: Actor, locked: LoadedSession) -> None:
    await service.abandon(db, actor, locked, "Given up.")


async def _correct(db: Db, _: Actor, locked: LoadedSession) -> None:
    await service.correct(db, locked, psa_ticket_id="T-1")


async def _rate(db: Db, actor: Actor, locked: LoadedSession) -> None:
    await service.rate(db, actor, locked, 5, None)


HISTORIES = st.lists(st.tuples(st.integers(1, 300), st.sampled_from([*SessionStatus, None])), max_size=12)


@given(HISTORIES, st.integers(300, 400))
def test_each_minute_counts_that_was_at_work_and_within_half_an_hour_of_the_last_event(
    history: list[tuple[int, SessionStatus | None]], until: int
) -> None:
    """A history is the minutes at which the status changes, or a step is taken (None)."""
    # One thing happens at a moment, and after a resolution nothing.
    events = dict(sorted(dict(history).items()))
    ends = [minute for minute, to in events.items() if to == "resolved"]
    if ends:
        events = {minute: to for minute, to in events.items() if minute <= ends[0]}
    changes = [StatusChange(created_at=START, to_status="active")]
    changes += [
        StatusChange(created_at=_minutes(minute), to_status=to, actor_id=SOMEBODY)
        for minute, to in events.items()
        if to
    ]
    steps = [
        AISessionStep(created_at=_minutes(minute), kind=StepKind.NOTE, content={})
        for minute, to in events.items()
        if to is None
    ]
    status = changes[-1].to_status
    resolved_at = changes[-1].created_at if status == "resolved" else None
    session = AISession(created_at=START, status=status, resolved_at=resolved_at)

    def counts(minute: int) -> bool:
        before = {0: SessionStatus.ACTIVE} | {when: to for when, to in events.items() if when <= minute}
        then = [to for to in before.values() if to is not None][-1]
        following = next((to for when, to in events.items() if when > minute), "nothing")
        is_at_work = then in AT_WORK or (then == SessionStatus.REQUESTING_ESCALATION and following is None)
        return is_at_work and minute - max(before) < 30

    expected = sum(counts(minute) for minute in range(until))
    assert time_spent(_told(session, steps, changes), _minutes(until)) == timedelta(minutes=expected)


@pytest.mark.parametrize("kind", [StepKind.TICK, StepKind.UNDO])
async def test_a_colleague_who_only_ticks_in_a_run_has_none_of_its_time(kind: StepKind) -> None:
    colleague = uuid.UUID(int=2)
    ticks = [(1, SOMEBODY), (25, colleague), (27, SOMEBODY)]
    steps = [AISessionStep(created_at=_minutes(at), kind=kind, actor_id=by, content={}) for at, by in ticks]
    session = AISession(created_at=START, status="active", user_id=SOMEBODY, owner_id=SOMEBODY)
    changes = [StatusChange(created_at=START, to_status="active", actor_id=SOMEBODY)]
    assert list(stretches(_told(session, steps, changes), _minutes(27))) == [
        Stretch(SOMEBODY, START, timedelta(minutes=1)),
        Stretch(SOMEBODY, _minutes(1), timedelta(minutes=26)),
    ]


async def test_a_pause_does_not_count(story: Story) -> None:
    await story.begin("09:00")
    await story.does("09:10", service.pause)
    await story.does("11:00", service.resume)
    await story.does("11:05", service.resolve, "Solved.")
    assert (await story.note()).work_seconds == 15 * 60


async def test_a_fix_that_proves_itself_takes_no_time(story: Story) -> None:
    """Neither before it is looked at again, nor after: only the steps themselves."""
    await story.begin("09:00")
    await story.does("09:10", verifying.verify, "A new switch.", "a day without outages", when("2026-06-16 09:00"))
    assert (await story.note("12:00")).work_seconds == 10 * 60
    await story.does("2026-06-16 09:05", verifying.confirm, "")
    assert (await story.note("2026-06-16 12:00")).work_seconds == 10 * 60


async def test_after_a_fix_that_failed_the_time_counts_again(story: Story) -> None:
    await story.begin("09:00")
    await story.does("09:10", verifying.verify, "A new switch.", "an hour without outages", when("10:00"))
    await story.does("10:00", verifying.fail, "")
    await story.does("10:15", service.resolve, "A new cable.")
    assert (await story.note()).work_seconds == 25 * 60


async def test_waiting_for_a_senior_does_not_count_and_the_seniors_work_does(story: Story) -> None:
    await story.begin("09:00")
    handoff_id = await story.is_handed_over("09:10", "Out of ideas.")
    await story.is_claimed("09:40", handoff_id)
    await story.ann_does("09:50", service.resolve, "Solved.")
    assert (await story.note()).work_seconds == 20 * 60


@pytest.mark.parametrize(("next_step", "minutes"), [("09:29", 29), ("09:30", 30), ("09:31", 30), ("17:00", 30)])
async def test_a_stretch_counts_for_half_an_hour_at_most(story: Story, next_step: str, minutes: int) -> None:
    await story.begin("09:00")
    await story.does(next_step, service.resolve, "Solved.")
    assert (await story.note()).work_seconds == minutes * 60


async def test_a_session_that_was_forgotten_counts_up_to_the_last_step(story: Story) -> None:
    await story.begin("09:00")
    await story.does("09:05", service.pause)
    await story.does("09:06", service.resume)

    async def end_by_itself(db: Db, _: Actor, locked: LoadedSession) -> None:
        await service.transition(db, locked, Action.ABANDON, None, "Nothing has happened.")

    await story.does("17:06", end_by_itself)
    assert (await story.note()).work_seconds == 5 * 60


async def test_steps_while_a_senior_is_waited_for_count(story: Story) -> None:
    await story.begin("09:00")
    handoff_id = await story.is_handed_over("09:10", "Out of ideas.")
    await story.does("09:20", service.write_text, "Tried the other port.")
    await story.is_claimed("09:40", handoff_id)
    await story.ann_does("09:50", service.resolve, "Solved.")
    assert (await story.note()).work_seconds == 30 * 60


async def test_an_active_session_counts_until_now(story: Story) -> None:
    await story.begin("09:00")
    assert [(await story.note(until)).work_seconds for until in ("09:00", "09:12", "12:00")] == [0, 720, 1800]


async def test_a_pause_is_not_counted_on(story: Story) -> None:
    await story.begin("09:00")
    await story.does("09:10", service.pause)
    assert (await story.note("09:15")).work_seconds == (await story.note("23:00")).work_seconds == 600


async def test_later_edits_and_ratings_take_no_time(story: Story) -> None:
    await story.begin("09:00")
    await story.does("09:10", _abandon)
    before = await story.note()
    await story.does("2026-06-17 10:00", _correct)
    await story.does("2026-06-17 10:01", _rate)
    after = await story.note("2026-06-18 10:00")
    assert section(after.text, "TIME SPENT") == section(before.text, "TIME SPENT")
    assert after.work_seconds == 600


async def test_over_midnight_the_day_is_said(story: Story) -> None:
    await story.begin("23:50")
    await story.does("2026-06-16 00:05", service.resolve, "Solved.")
    note = (await story.note("2026-06-16 12:00")).text
    assert section(note, "TIME SPENT") == ["15 min, from 2026-06-15 23:50 to 2026-06-16 00:05 (UTC), by Kim"]


async def test_the_accounts_zone_says_what_day_it_is(client: TestClient, company: Company, story: Story) -> None:
    _zone(client, company, "America/New_York")
    await story.begin("2026-06-16 02:00")
    handoff_id = await story.is_handed_over("2026-06-16 02:10", "Out of ideas.")
    await story.is_claimed("2026-06-16 03:50", handoff_id)
    await story.ann_does("2026-06-16 03:58", service.resolve, "Solved.")
    note = (await story.note("2026-06-16 12:00")).text
    assert section(note, "ESCALATION") == [
        "- Handed over by Kim, 2026-06-15 22:10: Out of ideas.",
        "- Claimed by Ann, 2026-06-15 23:50",
    ]
    line = "18 min, from 2026-06-15 22:00 to 23:58 (America/New_York), by Kim and Ann"
    assert section(note, "TIME SPENT") == [line]


@pytest.mark.parametrize(
    ("begun", "ended", "line"),
    [
        # The clocks go from 03:00 back to 02:00, and from 02:00 on to 03:00.
        ("2026-10-25 00:50", "2026-10-25 01:10", "20 min, from 2026-10-25 02:50 CEST to 02:10 CET"),
        ("2026-03-29 00:50", "2026-03-29 01:10", "20 min, from 2026-03-29 01:50 CET to 03:10 CEST"),
        ("2026-10-25 01:10", "2026-10-25 01:20", "10 min, from 2026-10-25 02:10 to 02:20"),
    ],
)
async def test_when_the_clocks_change_the_work_is_as_long_as_it_was(
    client: TestClient, company: Company, story: Story, begun: str, ended: str, line: str
) -> None:
    _zone(client, company, "Europe/Vienna")
    await story.begin(begun)
    await story.does(ended, service.resolve, "Solved.")
    note = (await story.note("2026-12-01 12:00")).text
    assert section(note, "TIME SPENT") == [f"{line} (Europe/Vienna), by Kim"]


@pytest.mark.parametrize(
    ("names", "by"),
    [
        ([], ""),
        (["Kim"], ", by Kim"),
        (["Kim", "Ann"], ", by Kim and Ann"),
        (["Kim", "Ann", "Lee"], ", by Kim, Ann and Lee"),
    ],
)
def test_everybody_is_named_once(names: list[str], by: str) -> None:
    people = {uuid.uuid4(): name for name in names}
    session = AISession(
        created_at=START, status="abandoned", user_id=next(iter(people), uuid.uuid4()), problem_summary="P"
    )
    steps = [
        AISessionStep(created_at=_minutes(number), kind=StepKind.NOTE, content={"text": "T"}, actor_id=person)
        for number, person in enumerate([*people, uuid.uuid4(), *people])
    ]
    note = document(_told(session, steps, [], names=people), when("23:00"), "UTC").text
    [line] = section(note, "TIME SPENT")
    assert line.partition(" (UTC)")[2] == by
