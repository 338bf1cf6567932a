"""What a flow's sessions say about it, and whether that is a reason to doubt it."""

import uuid

import pytest

from flowpilot.analytics.metrics import METRICS
from flowpilot.db.session import Database
from flowpilot.flows.matching.confidence import DOUBTED
from flowpilot.flows.trust.doubts import Doubt
from flowpilot.freshness.evidence import AtNode, Counts, Evidence, evidence
from flowpilot.freshness.judging import doubts_of, judge
from tests.company import Company
from tests.freshness.history import DAY, HOUR, History

pytestmark = pytest.mark.anyio


async def _evidence(database: Database, history: History, flow_id: uuid.UUID | None = None) -> Evidence:
    async with database.read(history.company.id) as db:
        found = await evidence(db, history.company.id, history.now, flow_id)
    return found.get(history.flow_id, Evidence())


def _doubts(found: Evidence, history: History) -> list[Doubt]:
    return doubts_of(judge(found), history.now)


async def test_a_flow_that_solves_less_than_before_is_doubted(company: Company, database: Database) -> None:
    history = History(company)
    history.before(30, solved=27)
    history.after(30, solved=12)
    found = await _evidence(database, history)
    assert (found.before, found.after) == (Counts(30, 27), Counts(30, 12))
    assert [doubt.text for doubt in _doubts(found, history)] == [
        "It solves less than before without a handoff: 12 of 30 sessions (40 %, 25 to 58), before that "
        "27 of 30 sessions (90 %, 74 to 97)."
    ]


async def test_a_difference_that_chance_explains_is_no_reason(company: Company, database: Database) -> None:
    history = History(company)
    history.before(30, solved=20)
    history.after(30, solved=17)
    found = await _evidence(database, history)
    assert judge(found).success.verdict == "no_clear_difference"
    assert _doubts(found, history) == []


async def test_with_few_sessions_it_is_too_early_to_tell(company: Company, database: Database) -> None:
    history = History(company)
    history.before(30, solved=30)
    history.after(19, solved=0)
    found = await _evidence(database, history)
    assert (found.after.n, judge(found).success.verdict) == (19, "too_early")


async def test_a_flow_that_solves_more_is_better(company: Company, database: Database) -> None:
    history = History(company)
    history.before(30, solved=5)
    history.after(30, solved=29)
    assert judge(await _evidence(database, history)).success.verdict == "better"


async def test_a_handoff_in_the_first_week_is_no_success(company: Company, database: Database) -> None:
    history = History(company)
    [session] = history.after(1, solved=1)
    assert (await _evidence(database, history)).after == Counts(1, 1)
    company.add("session_handoffs", session_id=session, created_at=history.verified_at + 8 * DAY)
    assert (await _evidence(database, history)).after == Counts(1, 1)
    company.add("session_handoffs", session_id=session, created_at=history.verified_at + 6 * DAY)
    assert (await _evidence(database, history)).after == Counts(1, 0)


async def test_sessions_younger_than_a_week_do_not_count(company: Company, database: Database) -> None:
    history = History(company, verified_days_ago=6)
    history.after(3, solved=3)
    assert (await _evidence(database, history)).after == Counts()


async def test_sessions_resolved_at_an_unknown_time_do_not_count(company: Company, database: Database) -> None:
    history = History(company)
    history.after(2, solved=2)
    company.query("UPDATE ai_sessions SET resolved_at = NULL RETURNING 1")
    assert (await _evidence(database, history)).after == Counts()


async def test_more_free_text_is_a_reason(company: Company, database: Database) -> None:
    history = History(company)
    history.before(30, solved=30, free_text=3)
    history.after(30, solved=30, free_text=15)
    assert [doubt.kind for doubt in _doubts(await _evidence(database, history), history)] == ["free_text_up"]


async def test_handoffs_at_one_node_are_a_reason(company: Company, database: Database) -> None:
    """The session was at the end that says to escalate, so the question that led there counts."""
    history = History(company)
    history.before(40, solved=38, stuck_at="power")
    history.after(40, solved=25, stuck_at="power")
    found = await _evidence(database, history)
    assert found.at_node == AtNode("power", "Is the printer on?", before=2, n_before=40, after=15, n_after=40)
    assert [doubt.kind for doubt in _doubts(found, history)] == ["success_down", "escalations_up"]


async def test_the_nodes_of_another_version_are_not_compared(company: Company, database: Database) -> None:
    history = History(company)
    history.before(40, solved=38, stuck_at="power")
    history.version_id = history.version(2)
    history.after(40, solved=25, stuck_at="power")
    found = await _evidence(database, history)
    assert found.at_node == AtNode("power", "Is the printer on?", before=0, n_before=0, after=15, n_after=40)
    assert judge(found).handoffs.verdict == "too_early"


async def test_without_a_step_the_session_is_at_the_first_node(company: Company, database: Database) -> None:
    history = History(company)
    [session] = history.after(1)
    company.add("session_handoffs", session_id=session, created_at=history.verified_at + DAY)
    found = await _evidence(database, history)
    assert found.at_node is not None
    assert (found.at_node.node, found.at_node.after) == ("power", 1)


async def test_going_back_out_of_a_sub_flow_counts(company: Company, database: Database) -> None:
    history = History(company)
    [session] = history.after(1)
    moment, inner = history.verified_at + HOUR, str(uuid.uuid4())
    taken = (
        ("answer", {"node": "power", "next": "switch_on"}),
        ("enter", {"node": "switch_on", "next": "ask", "flow_id": inner}),
        ("back", {"node": "ask", "next": "power", "flow": inner}),
    )
    for position, (kind, content) in enumerate(taken):
        about = {"session_id": session, "position": position, "created_at": moment}
        company.add("ai_session_steps", kind=kind, content=content, **about)
    company.add("session_handoffs", session_id=session, created_at=moment + HOUR)
    found = await _evidence(database, history)
    assert found.at_node is not None
    assert found.at_node.node == "power"


async def test_one_flow_is_asked_for_alone(company: Company, database: Database) -> None:
    asked, other = History(company), History(company)
    for history in (asked, other):
        history.after(2, solved=1)
    async with database.read(company.id) as db:
        assert list(await evidence(db, company.id, asked.now, asked.flow_id)) == [asked.flow_id]


def test_the_catalogue_says_how_much_confidence_is_left() -> None:
    assert METRICS["flow_trust"].factor == DOUBTED
