"""Machines, groups and requesters are nobody, in whatever column they stand."""

from datetime import UTC, datetime
from typing import Any

import pytest

from flowpilot.imports.case.build import build_case
from flowpilot.imports.case.model import Case, Claim
from flowpilot.imports.mapping.whole import Mapping
from tests.imports.helpers import MAPPING

PEOPLE = {"machines": ["Mailbot"], "groups": ["Level 1"], "requester": "asked_by"}
NOBODY = ["Mailbot", "Level 1", "Carla"]
ROWS: dict[str, Any] = {
    **MAPPING,
    "case": {"id": "ticket"},
    "people": PEOPLE,
    "session": {"created_at": "at", "engineer": ["owner"], "status": [{"status": "abandoned"}]},
    "step": {"content": ["note"]},
    "handoff": {"start": {"column": "note", "values": ["up"]}, "by": "giver", "claim": {"assignee": "owner"}},
}
TICKETS: dict[str, Any] = {
    **{key: MAPPING[key] for key in ("name", "times")},
    "case": {"id": "ticket"},
    "people": PEOPLE,
    "session": {"created_at": "opened", "engineer": ["owner"], "status": [{"status": "abandoned"}]},
    "ticket": {
        "first_response": {"at": "answered", "by": "answered_by"},
        "escalated": {"at": "up", "by": "up_by"},
        "claimed": {"at": "taken", "by": "taken_by"},
        "acted": {"at": "acted", "by": "acted_by"},
    },
}

CLOCKS = {"opened": "08:00", "answered": "08:30", "up": "09:00", "taken": "09:30", "acted": "10:00"}


def build(mapping: dict[str, Any], *rows: dict[str, str]) -> Case:
    read = Mapping.model_validate(mapping)
    case = build_case("T1", [{**dict.fromkeys(read.uses), "ticket": "T1", **row} for row in rows], read)
    assert case is not None
    return case


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-04 {clock}").replace(tzinfo=UTC)


def row(clock: str, who: str, **others: str) -> dict[str, str]:
    return {"at": f"2026-05-04 {clock}", "who": who, **others}


def named(case: Case) -> set[str | None]:
    """Everybody who becomes a member with the case."""
    found = {case.engineer, *(step.by for step in case.steps)}
    for handoff in case.handoffs:
        found |= {handoff.by, *(event.by for event in handoff.events())}
        found |= set() if handoff.claim is None else {handoff.claim.by}
    return found - {None}


@pytest.mark.parametrize("name", NOBODY)
def test_nobody_of_a_log_of_changes_writes_gives_or_claims_under_such_a_name(name: str) -> None:
    said = {"asked_by": "Carla", "giver": name, "owner": name}
    begun = row("09:00", name, note="up", **said)
    assert named(build(ROWS, begun, row("09:30", name, note="up", **said), row("10:00", name, **said))) == set()


@pytest.mark.parametrize("name", NOBODY)
def test_an_assignee_who_is_not_a_member_leaves_the_claim_to_the_next(name: str) -> None:
    said = {"asked_by": "Carla", "giver": "Ada"}
    case = build(
        ROWS,
        row("09:00", "Ada", note="up", **said),
        row("09:30", "Ada", owner=name, **said),
        row("10:00", "Ada", owner="Grace", **said),
    )
    assert case.handoffs[0].claim == Claim(at("10:00"), "Grace")
    assert named(case) == {"Ada", "Grace"}


@pytest.mark.parametrize("name", NOBODY)
def test_nobody_of_one_row_a_ticket_does_anything_under_such_a_name(name: str) -> None:
    times = {column: f"2026-05-04 {clock}" for column, clock in CLOCKS.items()}
    people = dict.fromkeys(("owner", "answered_by", "up_by", "taken_by", "acted_by"), name)
    case = build(TICKETS, {**times, **people, "asked_by": "Carla"})
    assert named(case) == set()
    assert [handoff.claim for handoff in case.handoffs] == [None]


def test_a_requester_who_is_named_only_once_is_not_a_member_in_other_rows_either() -> None:
    case = build(ROWS, row("09:00", "Ada"), row("09:10", "Carla", asked_by="Carla"), row("09:20", "Carla"))
    assert [step.by for step in case.steps] == ["Ada", None, None]


def test_somebody_of_the_desk_who_asked_before_may_answer_later() -> None:
    case = build(ROWS, row("09:00", "Ada", asked_by="Ada"), row("09:10", "Ada", asked_by="Carla"))
    assert [step.by for step in case.steps] == [None, "Ada"]
