"""What holds for every simulated half year: nothing is in the future, and all rows agree with the product's."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.demo.simulation.simulate import simulate
from flowpilot.demo.world import ACCOUNTS, DemoAccount
from tests.demo.rows import NOW, Facts, facts
from tests.demo.simulation.laws import LAWS

SMALL_ACCOUNTS = [replace(account, sessions=80, live=1, timed_lately=4, timed_before=2) for account in ACCOUNTS]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.name)
def test_the_laws_hold_for_the_demo_itself(account: DemoAccount, law: Callable[[Facts], None]) -> None:
    law(facts(account))


@settings(max_examples=20)
@given(
    account=st.sampled_from(SMALL_ACCOUNTS),
    seed=st.integers(0, 10**6),
    ago=st.timedeltas(timedelta(0), timedelta(days=1000)),
)
def test_the_laws_hold_for_any_seed_and_now(account: DemoAccount, seed: int, ago: timedelta) -> None:
    now = NOW - ago
    found = Facts(account, simulate(account, now=now, seed=seed), now)
    for law in LAWS:
        law(found)
