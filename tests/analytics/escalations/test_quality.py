"""How well escalations went: each rule by hand, and its population at the edges."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.escalations.schemas import Escalations, Share
from flowpilot.analytics.period import Window, window
from flowpilot.analytics.statistics import rate_ci95
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-10 08:00")
START = NOW - timedelta(days=30)
SENIOR = new_id()
MOMENTS = {"claimed_at", "first_action_at", "closed_at"}


def _handoff(
    company: Company, created: datetime = DAY, session: uuid.UUID | None = None, **values: Any
) -> uuid.UUID:
    """A handoff; its other times are in seconds after its creation."""
    row = {
        name: created + timedelta(seconds=value) if name in MOMENTS else value for name, value in values.items()
    }
    return company.add(
        "session_handoffs", session_id=session or company.add("ai_sessions"), created_at=created, **row
    )


def _event(company: Company, handoff: uuid.UUID, kind: str, when: datetime) -> None:
    company.add("handoff_events", handoff_id=handoff, kind=kind, created_at=when)


def _step(company: Company, session: uuid.UUID, position: int, when: datetime, **values: Any) -> None:
    row = {"kind": "answer", "content": {}, **values}
    company.add("ai_session_steps", session_id=session, position=position, created_at=when, **row)
    company.query("UPDATE ai_sessions SET step_count = step_count + 1 WHERE id = %s RETURNING 1", session)


async def _report(database: Database, company: Company, asked: Window | None = None) -> Escalations:
    async with database.read(company.id) as db:
        return await escalations(db, asked or window(company.id, now=NOW, account_timezone="UTC"))


def _is(found: Share, part: int, whole: int) -> bool:
    """Whether a share is that proportion, with its Wilson interval."""
    value = round(part / whole, 4) if whole else None
    return (found.value, found.n, found.ci95) == (value, whole, rate_ci95(part, whole))


async def test_without_rows_everything_is_unknown(database: Database, company: Company) -> None:
    report = await _report(database, company)
    nothing = {"value": None, "n": 0, "ci95": None}
    for share in ("bounce_back_rate", "release_rate", "snapshot_completeness", "steps_repeated"):
        count = None if share == "snapshot_completeness" else 0
        assert getattr(report.quality, share).model_dump() == {**nothing, "no_interval": None, "count": count}
        assert getattr(report.previous, share).model_dump() == {
            **nothing,
            "this_value": None,
            "this_n": 0,
            "this_ci95": None,
            "difference": None,
            "difference_ci95": None,
            "direction": None,
        }
    assert (report.by_reason, report.by_domain) == ([], [])


async def test_a_returned_handoff_bounced_back(database: Database, company: Company) -> None:
    _handoff(company, claimed_at=10, closed_at=20, outcome="returned")
    _handoff(company, claimed_at=10, closed_at=20, outcome="resolved")
    _handoff(company, claimed_at=10)
    _handoff(company, closed_at=20, outcome="returned")
    assert _is((await _report(database, company)).quality.bounce_back_rate, 1, 3)


@pytest.mark.parametrize(
    ("later", "bounced"),
    [
        (timedelta(0), 0),
        (timedelta(microseconds=1), 1),
        (timedelta(days=7), 1),
        (timedelta(days=7, microseconds=1), 0),
    ],
)
async def test_handed_over_again_within_seven_days_bounced_back(
    database: Database, company: Company, later: timedelta, bounced: int
) -> None:
    session, day = company.add("ai_sessions"), at("2026-06-01 08:00")
    _handoff(company, day, session, claimed_at=10, closed_at=20, outcome="resolved")
    _handoff(company, day + timedelta(seconds=20) + later, session)
    # Another session's handoff, and one that was never closed, say nothing.
    _handoff(company, day + timedelta(seconds=21))
    assert _is((await _report(database, company)).quality.bounce_back_rate, bounced, 1)


async def test_both_at_once_bounce_once(database: Database, company: Company) -> None:
    session = company.add("ai_sessions")
    _handoff(company, DAY, session, claimed_at=10, closed_at=20, outcome="returned")
    _handoff(company, DAY + timedelta(seconds=30), session)
    _handoff(company, DAY + timedelta(seconds=40), session)
    assert _is((await _report(database, company)).quality.bounce_back_rate, 1, 1)


async def test_several_open_handoffs_of_a_session_do_not_bounce(database: Database, company: Company) -> None:
    session = company.add("ai_sessions")
    for seconds in (0, 5, 9):
        _handoff(company, DAY + timedelta(seconds=seconds), session, claimed_at=10)
    assert _is((await _report(database, company)).quality.bounce_back_rate, 0, 3)


async def test_a_bounce_after_as_of_has_not_happened_yet(database: Database, company: Company) -> None:
    session, day = company.add("ai_sessions"), at("2026-02-28 08:00")
    _handoff(company, day, session, claimed_at=10, closed_at=20)
    _handoff(company, at("2026-03-02 08:00"), session)
    asked = window(company.id, now=NOW, account_timezone="UTC", from_="2026-02-01", to="2026-03-01")
    assert _is((await _report(database, company, asked)).quality.bounce_back_rate, 0, 1)
    asked = window(company.id, now=NOW, account_timezone="UTC", from_="2026-02-01", to="2026-03-03")
    assert _is((await _report(database, company, asked)).quality.bounce_back_rate, 1, 1)


async def test_releases_come_from_the_events(database: Database, company: Company) -> None:
    """A release has cleared the claim, so the handoffs no longer have it."""
    kept, released, expired, before = (_handoff(company) for _ in range(4))
    for handoff in (kept, released, expired, before):
        _event(company, handoff, "claimed", DAY)
    _event(company, kept, "first_action", DAY + timedelta(seconds=5))
    _event(company, released, "released", DAY + timedelta(seconds=5))
    _event(company, released, "claimed", DAY + timedelta(seconds=9))
    _event(company, expired, "expired", DAY + timedelta(seconds=5))
    _event(company, before, "released", DAY - timedelta(seconds=5))
    report = await _report(database, company)
    assert _is(report.quality.release_rate, 2, 4)
    assert report.n_handoffs_claimed == 0


async def test_a_claim_counts_in_its_own_window(database: Database, company: Company) -> None:
    """An old handoff that is claimed and released now counts; one claimed before the window does not."""
    old, older = (_handoff(company, START - timedelta(days=50)) for _ in range(2))
    _event(company, old, "claimed", START)
    _event(company, old, "released", NOW)
    _event(company, older, "claimed", START - timedelta(microseconds=1))
    _event(company, older, "released", START)
    assert _is((await _report(database, company)).quality.release_rate, 1, 1)


async def test_completeness_is_a_mean_with_an_interval(database: Database, company: Company) -> None:
    for completeness in (0.5, 0.7, 0.9) * 17:
        _handoff(company, snapshot={"completeness": completeness})
    for snapshot in ({}, {"completeness": None}, {"completeness": "0.1"}, {"completeness": 12}):
        _handoff(company, snapshot=snapshot)
    _handoff(company, START - timedelta(seconds=1), snapshot={"completeness": 0.1})
    found = (await _report(database, company)).quality.snapshot_completeness
    # Symmetric: s = 0.164924 and t(50) = 2.008559, so half of it is 0.0464.
    assert found.model_dump() == {
        "value": 0.7,
        "n": 51,
        "ci95": (0.6536, 0.7464),
        "no_interval": None,
        "count": None,
    }


async def test_the_newest_two_thousand_snapshots_are_enough(database: Database, company: Company) -> None:
    session = company.add("ai_sessions")
    for created, share, count in ((DAY, 0, 5), (DAY + timedelta(hours=1), 1, 2000)):
        company.query(
            """INSERT INTO session_handoffs (account_id, id, session_id, created_at, snapshot)
            SELECT %s, gen_random_uuid(), %s, %s, jsonb_build_object('completeness', %s::int)
            FROM generate_series(1, %s)
            RETURNING id""",
            *(company.id, session, created, share, count),
        )
    found = await _report(database, company)
    assert (found.quality.snapshot_completeness.value, found.quality.snapshot_completeness.n) == (1, 2000)
    assert found.population.n_created == 2005


async def test_steps_the_senior_repeats(database: Database, company: Company) -> None:
    session = company.add("ai_sessions")
    say = {"q1": {"node": "n1", "question": "Is it on?"}, "i1": {"node": "n2", "instruction": "Restart it."}}
    _step(company, session, 1, DAY - timedelta(seconds=9), content=say["q1"])
    _step(company, session, 2, DAY - timedelta(seconds=8), kind="outcome", content=say["i1"])
    _handoff(company, DAY, session, claimed_at=10, claimed_by=SENIOR, closed_at=100)
    # Neither somebody else's steps nor those at the claim, nor those after the end, nor a note.
    _step(company, session, 3, DAY + timedelta(seconds=20), content=say["q1"], actor_id=new_id())
    _step(company, session, 4, DAY + timedelta(seconds=10), content=say["q1"], actor_id=SENIOR)
    _step(company, session, 5, DAY + timedelta(seconds=101), content=say["q1"], actor_id=SENIOR)
    _step(company, session, 6, DAY + timedelta(seconds=20), content=say["q1"], actor_id=SENIOR, kind="note")
    assert _is((await _report(database, company)).quality.steps_repeated, 0, 0)
    taken: list[tuple[dict[str, str], str]] = [
        (say["q1"], "answer"),  # The same node, the same words.
        ({"question": " IS it on? "}, "answer"),  # The same words without a node.
        ({"node": "n2"}, "outcome"),  # The same node without words.
        ({"node": "n1", "question": "Another flow's first question?"}, "answer"),  # Not the same.
        ({"node": "n9", "instruction": "Something new."}, "outcome"),
        ({"choice": "yes"}, "answer"),  # It cannot be known what this was about: no case.
    ]
    for position, (content, kind) in enumerate(taken, 7):
        moment = DAY + timedelta(seconds=10 + position)
        _step(company, session, position, moment, kind=kind, content=content, actor_id=SENIOR)
    assert _is((await _report(database, company)).quality.steps_repeated, 3, 5)


async def test_the_seniors_earlier_steps_are_not_repetitions(database: Database, company: Company) -> None:
    """Only steps from before the handoff count, so doing something twice after the claim repeats nothing."""
    session, question = company.add("ai_sessions"), {"question": "Is it on?"}
    _handoff(company, DAY, session, claimed_at=10, claimed_by=SENIOR)
    _step(company, session, 1, DAY, content=question)
    for position in (2, 3):
        moment = DAY + timedelta(seconds=10 + position)
        _step(company, session, position, moment, content=question, actor_id=SENIOR)
    assert _is((await _report(database, company)).quality.steps_repeated, 0, 2)


async def test_a_step_belongs_to_the_last_claim(database: Database, company: Company) -> None:
    """Two open handoffs of one session, claimed by the same senior: one step, counted once."""
    session, question = company.add("ai_sessions"), {"question": "Is it on?"}
    _handoff(company, DAY, session, claimed_at=10, claimed_by=SENIOR)
    _step(company, session, 1, DAY + timedelta(seconds=20), content=question)
    _handoff(company, DAY + timedelta(seconds=30), session, claimed_at=10, claimed_by=SENIOR)
    _step(company, session, 2, DAY + timedelta(seconds=50), content=question, actor_id=SENIOR)
    assert _is((await _report(database, company)).quality.steps_repeated, 1, 1)


async def test_nobody_knows_who_claimed(database: Database, company: Company) -> None:
    """Rows of the contract's world: no people, no events, empty snapshots."""
    session = company.add("ai_sessions")
    _handoff(company, DAY, session, claimed_at=10, first_action_at=20)
    _step(company, session, 1, DAY + timedelta(seconds=20), content={"question": "Is it on?"})
    report = await _report(database, company)
    assert (report.quality.steps_repeated.n, report.quality.release_rate.n) == (0, 0)
    assert report.quality.snapshot_completeness.n == 0
    assert _is(report.quality.bounce_back_rate, 0, 1)


async def test_the_whole_wait_begins_with_the_creation(database: Database, company: Company) -> None:
    for seconds in (30, 40, 50):
        _handoff(company, claimed_at=20, first_action_at=seconds)
    _handoff(company, claimed_at=20, closed_at=35)
    _handoff(company, closed_at=10)
    found = (await _report(database, company)).quality
    claim, action = found.created_to_claim, found.created_to_first_action
    assert (claim.n, claim.n_censored, claim.n_unknown, claim.median) == (5, 1, 0, 20)
    # 4 at risk at 30 s, 2 at 40 s: 3/4, then 3/8.
    assert (action.n, action.n_censored, action.n_unknown, action.median, action.p95) == (5, 2, 0, 40, 50)


async def test_claims_at_an_unknown_time_are_counted_apart(database: Database, company: Company) -> None:
    """Its log dates the claim before the handoff: it is neither a wait of 0 s nor a wait that continues."""
    _handoff(company, claimed_at=20, first_action_at=30, reason="stuck")
    _handoff(company, claimed_by=SENIOR, closed_at=60, reason="stuck")
    _handoff(company, closed_at=10)
    found = await _report(database, company)
    population = found.population
    counts = (population.n_created, population.n_unclaimed, population.n_claimed, population.n_unknown)
    assert counts == (3, 1, 1, 1)
    for wait in (found.time_to_claim, found.quality.created_to_claim, found.quality.created_to_first_action):
        assert (wait.n, wait.n_censored, wait.n_unknown) == (2, 1, 1)
    assert (found.time_to_first_action.n, found.time_to_first_action.n_unknown) == (1, 1)
    assert [(group.reason, group.n, group.n_unknown) for group in found.by_reason] == [
        ("stuck", 2, 1),
        (None, 1, 0),
    ]


async def test_another_account_is_never_counted(database: Database, company: Company, neighbour: Company) -> None:
    empty = await _report(database, company)
    session, question = neighbour.add("ai_sessions", problem_domain="vpn"), {"question": "Is it on?"}
    _step(neighbour, session, 1, DAY - timedelta(seconds=9), content=question)
    values = {"claimed_at": 10, "claimed_by": SENIOR, "closed_at": 50, "outcome": "returned", "reason": "stuck"}
    handoff = _handoff(neighbour, DAY, session, snapshot={"completeness": 1}, **values)
    _step(neighbour, session, 2, DAY + timedelta(seconds=20), content=question, actor_id=SENIOR)
    _event(neighbour, handoff, "claimed", DAY)
    assert await _report(database, company) == empty
    assert (await _report(database, neighbour)).quality.steps_repeated.value == 1
