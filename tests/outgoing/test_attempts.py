"""When a message is tried again, and when its route rests."""

from datetime import UTC, datetime, timedelta

import pytest

from flowpilot.outgoing.attempts import WELL, Health, after_failure, next_attempt
from flowpilot.outgoing.failures import DeliveryError, GoneError, RefusedError, SettledError, TryLaterError

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
LATER = TryLaterError("The receiver answered 500.", 500)


@pytest.mark.parametrize(("earlier_attempts", "seconds"), [(0, 4), (1, 16), (4, 1024), (5, 3600), (900, 3600)])
def test_a_message_is_tried_again_less_and_less_often(earlier_attempts: int, seconds: int) -> None:
    due_at = next_attempt(LATER, NOON, earlier_attempts=earlier_attempts, created_at=NOON)
    assert due_at == NOON + timedelta(seconds=seconds)


def test_it_is_not_tried_before_the_moment_that_the_receiver_asked_for() -> None:
    asked = TryLaterError("The receiver answered 429.", 429, NOON + timedelta(hours=2))
    assert next_attempt(asked, NOON, earlier_attempts=0, created_at=NOON) == NOON + timedelta(hours=2)


@pytest.mark.parametrize("failure", [None, RefusedError("No."), GoneError("Gone."), SettledError("Closed.")])
def test_a_message_that_arrived_or_never_will_is_not_tried_again(failure: DeliveryError | None) -> None:
    assert next_attempt(failure, NOON, earlier_attempts=0, created_at=NOON) is None


def test_it_is_given_up_after_a_day() -> None:
    last_moment = NOON - timedelta(days=1) + timedelta(seconds=4)
    assert next_attempt(LATER, NOON, earlier_attempts=0, created_at=last_moment) == NOON + timedelta(seconds=4)
    too_old = last_moment - timedelta(microseconds=1)
    assert next_attempt(LATER, NOON, earlier_attempts=0, created_at=too_old) is None


def test_a_receiver_rests_from_its_fifth_failure_in_a_row_and_longer_each_time() -> None:
    health, rests = WELL, []
    for _ in range(10):
        health = after_failure(health, LATER, NOON)
        rests.append(None if health.next_try_at is None else (health.next_try_at - NOON) / timedelta(minutes=1))
    assert rests == [None, None, None, None, 1, 2, 4, 8, 10, 10]
    assert (health.failures, health.resting_since, health.reason) == (10, NOON, "The receiver answered 500.")


def test_a_rest_is_as_long_as_the_receiver_asked_for_if_that_is_longer() -> None:
    asked = TryLaterError("The receiver answered 429.", 429, NOON + timedelta(hours=2))
    assert after_failure(Health(failures=4), asked, NOON).next_try_at == NOON + timedelta(hours=2)
