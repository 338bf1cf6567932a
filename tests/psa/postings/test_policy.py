"""What is offered for a posting in each of its states: the same rule refuses all else."""

import uuid
from datetime import UTC, datetime

import pytest

from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.postings.models import PsaPosting, PsaPostingStep, State
from flowpilot.psa.postings.policy import PostingAction, allowed, refusal, way

SEND, RETRY, CORRECT, ABANDON = PostingAction

HERE = PsaConnection(id=uuid.UUID(int=1), provider="console", base_url="https://desk.example", removed_at=None)
NOW = datetime(2026, 6, 15, tzinfo=UTC)


def _removed(number: int) -> PsaConnection:
    gone = PsaConnection(provider=HERE.provider, base_url=HERE.base_url)
    gone.id, gone.removed_at = uuid.UUID(int=number), NOW
    return gone


def _posting(state: State) -> PsaPosting:
    return PsaPosting(connection_id=HERE.id, state=state)


def _step(state: State, attempts: int = 0, looks: int = 0) -> PsaPostingStep:
    return PsaPostingStep(kind="note", state=state, attempts=attempts, looks=looks)


@pytest.mark.parametrize(
    ("state", "steps", "offered"),
    [
        (State.HELD, [_step(State.QUEUED)], [SEND, CORRECT, ABANDON]),
        (State.QUEUED, [_step(State.QUEUED)], [RETRY, CORRECT, ABANDON]),
        (State.QUEUED, [_step(State.CONFIRMED, 1), _step(State.QUEUED)], [RETRY, ABANDON]),
        (State.SENT, [_step(State.SENT, 1)], [RETRY, ABANDON]),
        (State.FAILED, [_step(State.CONFIRMED, 1), _step(State.FAILED, 3)], [RETRY, CORRECT, ABANDON]),
        (State.FAILED, [_step(State.FAILED, 3, looks=3)], [RETRY, ABANDON]),
        (State.CONFIRMED, [_step(State.CONFIRMED, 1)], []),
        (State.ABANDONED, [_step(State.ABANDONED)], []),
    ],
)
def test_each_state_has_its_actions(
    state: State, steps: list[PsaPostingStep], offered: list[PostingAction]
) -> None:
    assert allowed(_posting(state), steps, [HERE]) == offered


def test_over_a_removed_connection_nothing_can_be_sent() -> None:
    gone = _removed(1)
    assert allowed(_posting(State.HELD), [_step(State.QUEUED)], [gone]) == [CORRECT, ABANDON]
    refused = refusal(_posting(State.FAILED), [_step(State.FAILED)], [gone], RETRY)
    assert refused is not None
    assert "Connect it again" in refused.detail


def test_a_posting_goes_over_the_connection_that_replaced_its_own() -> None:
    gone, new = _removed(1), PsaConnection(id=uuid.UUID(int=2), provider="console", base_url=HERE.base_url)
    other = PsaConnection(id=uuid.UUID(int=3), provider="console", base_url="https://other.example")
    assert way(_posting(State.FAILED), [gone, other, new]) is new
    assert way(_posting(State.FAILED), [gone, other]) is None
