"""What is remembered is what was used last, as much as there is room for."""

import uuid

from flowpilot.analytics.summed.memory import Memory

ONE, OTHER = uuid.uuid4(), uuid.uuid4()


def test_what_was_used_longest_ago_is_forgotten() -> None:
    memory = Memory(most_bytes=10)
    memory.keep((ONE, "days", b""), "a", 4)
    memory.keep((OTHER, "days", b""), "b", 4)
    assert memory.get((ONE, "days", b"")) == "a"
    memory.keep((ONE, "settled", b"1"), "c", 4)
    assert memory.get((OTHER, "days", b"")) is None
    assert memory.get((ONE, "days", b"")) == "a"
    assert memory.n_bytes == 8


def test_what_is_kept_again_counts_once() -> None:
    memory = Memory(most_bytes=10)
    for _ in range(5):
        memory.keep((ONE, "days", b""), "a", 6)
    assert memory.n_bytes == 6


def test_days_are_kept_beside_those_that_were_known_if_there_is_room() -> None:
    memory, key = Memory(most_bytes=10), (ONE, "days", b"")
    for known, found, kept in (
        ({1: 2}, {2: 3}, {1: 2, 2: 3}),
        ({1: 2, 2: 3}, {3: 1}, {3: 1}),
        ({3: 1}, {4: 6}, {3: 1}),
    ):
        memory.keep_days(key, known, found, lambda size: size)
        assert memory.get(key) == kept
        assert memory.n_bytes == sum(kept.values())


def test_what_is_too_large_is_not_kept() -> None:
    memory = Memory(most_bytes=10)
    memory.keep((OTHER, "days", b""), "b", 4)
    memory.keep((ONE, "days", b""), "a", 5)
    memory.keep((ONE, "days", b""), "a", 11)
    assert memory.get((ONE, "days", b"")) is None
    assert memory.get((OTHER, "days", b"")) == "b"
    assert memory.n_bytes == 4
