"""The first steps after a claim are called what they were."""

import uuid
from datetime import timedelta

import pytest

from flowpilot.handoffs.acting.names import named
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.handoffs.schemas.responses import EventOut
from tests.company import at

KIM, BEN = uuid.UUID(int=1), uuid.UUID(int=2)
CLAIMED, FIRST, CLAIMANTS = (
    HandoffEventKind.CLAIMED,
    HandoffEventKind.FIRST_ACTION,
    HandoffEventKind.CLAIMANT_ACTION,
)


@pytest.mark.parametrize(
    ("by", "content", "words"),
    [
        (KIM, {"by_claimant": True}, ""),
        (KIM, {"by_claimant": False}, "First step, which did nothing for the case yet,"),
        (BEN, {"by_claimant": False}, ""),
        # Of the time before it was recorded.
        (KIM, {}, ""),
    ],
)
def test_the_choice_of_a_flow_is_no_action_for_the_case(
    by: uuid.UUID, content: dict[str, bool], words: str
) -> None:
    kinds = [(CLAIMED, KIM, {}), (FIRST, by, content), (CLAIMANTS, KIM, {"by_claimant": True})]
    events = [
        EventOut(
            number=number,
            kind=kind,
            actor_id=actor,
            content=dict(said),
            created_at=at("2026-06-15 12:00") + timedelta(minutes=number),
        )
        for number, (kind, actor, said) in enumerate(kinds)
    ]
    assert [said for said, _ in named(events)] == ["", words, "First action for the case"]
