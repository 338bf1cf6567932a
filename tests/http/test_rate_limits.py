"""Limits that several server processes share, in a real Redis."""

import pytest
from fastapi import Request

from flowpilot.http.rate_limits import (
    Hits,
    LimitsUnavailableError,
    RateLimiter,
    TooManyRequestsError,
    caller_network,
)


@pytest.mark.anyio
async def test_processes_count_together_in_redis(redis_url: str) -> None:
    first, second = RateLimiter(redis_url), RateLimiter(redis_url)
    await first.hit(2, "report", "caller")
    await second.hit(2, "report", "caller")
    with pytest.raises(TooManyRequestsError) as refused:
        await first.hit(2, "report", "caller")
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60
    await first.hit(2, "report", "another caller")
    await first.close()
    await second.close()


@pytest.mark.anyio
async def test_nothing_is_answered_without_its_redis() -> None:
    limiter = RateLimiter("redis://127.0.0.1:1")
    with pytest.raises(LimitsUnavailableError):
        await limiter.hit(1, "report", "caller")
    await limiter.close()


@pytest.mark.anyio
async def test_in_memory_each_counts_alone() -> None:
    for limiter in (RateLimiter("memory://"), RateLimiter("memory://")):
        await limiter.hit(1, "report", "caller")


@pytest.mark.anyio
async def test_in_memory_a_refusal_says_when_to_try_again() -> None:
    limiter = RateLimiter("memory://")
    await limiter.hit(1, "report", "caller")
    with pytest.raises(TooManyRequestsError) as refused:
        await limiter.hit(1, "report", "caller")
    assert 59 <= int(refused.value.headers["Retry-After"]) <= 60


def test_the_minute_moves_and_what_was_refused_does_not_count() -> None:
    hits, who = Hits(), ("report", "caller")
    asked = [1_000.0, 1_030.0, 1_030.0, 1_059.5, 1_060.0, 1_060.5, 1_061.0]
    assert [hits.wait(2, who, at) for at in asked] == [None, None, 30, 0.5, 0, None, 29]
    assert hits.wait(2, ("report", "another caller"), 1_061.0) is None
    assert hits.wait(3, who, 1_061.0) is None


def test_whoever_has_not_asked_for_a_minute_takes_no_memory() -> None:
    hits = Hits()
    for number in range(9):
        hits.wait(2, (f"caller {number}",), 1_000.0)
    hits.wait(2, ("caller 3",), 1_059.0)
    hits.wait(2, ("caller 4",), 1_061.0)
    assert [who for _, who in hits._of] == [("caller 3",), ("caller 4",)]


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address: str, counts_as: str) -> None:
    assert caller_network(Request({"type": "http", "client": (address, 1)})) == counts_as


def test_a_socket_has_no_address() -> None:
    assert caller_network(Request({"type": "http", "client": None})) == "unknown"
