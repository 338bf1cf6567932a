"""Minutes worked, posted and confirmed, by person."""

import uuid
from datetime import UTC, datetime

from flowpilot.identity.schemas import PersonOut
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.postings.minutes import PostedTime, posted_times
from flowpilot.psa.postings.models import State
from flowpilot.psa.postings.schemas import PostingOut, PostingStepOut
from flowpilot.psa.provider import Audience, PostingStepKind

ALEX, KIM = (PersonOut(id=uuid.UUID(int=n), name=name) for n, name in enumerate(("Alex", "Kim")))


def _time(number: int, by: PersonOut | None, seconds: float, minutes: int, state: State) -> PostingStepOut:
    return PostingStepOut(
        id=uuid.UUID(int=number),
        kind=PostingStepKind.TIME,
        state=state,
        external_id=None,
        attempts=0,
        reason=None,
        minutes=minutes,
        worked_seconds=seconds,
        started_at=None,
        by=by,
        confirmed_at=None,
    )


def _posting(*steps: PostingStepOut) -> PostingOut:
    return PostingOut(
        id=uuid.UUID(int=1),
        session_id=uuid.UUID(int=1),
        ticket_id="4711",
        state=State.QUEUED,
        reason=None,
        audience=Audience.INTERNAL,
        occasion=Occasion.RESOLVED,
        text=None,
        is_edited=False,
        text_made=None,
        edited_by=None,
        minutes=None,
        by=None,
        created_at=datetime(2026, 6, 15, tzinfo=UTC),
        due_at=None,
        ended_at=None,
        steps=list(steps),
        allowed=[],
    )


def test_each_person_has_what_was_worked_posted_and_confirmed() -> None:
    newer = _posting(_time(3, ALEX, 61, 2, State.QUEUED))
    older = _posting(_time(1, ALEX, 975, 17, State.CONFIRMED), _time(2, KIM, 60, 1, State.FAILED))
    assert posted_times([newer, older]) == [PostedTime(ALEX, 1036, 19, 17), PostedTime(KIM, 60, 1, 0)]


def test_what_was_given_up_is_not_posted() -> None:
    assert posted_times([_posting(_time(1, ALEX, 975, 17, State.ABANDONED))]) == []
