"""What the tests of the demo share."""

import pytest

from flowpilot.demo.simulation.simulate import DemoRows
from flowpilot.demo.world import ACCOUNTS, DemoAccount
from tests.demo.rows import simulated


@pytest.fixture(params=ACCOUNTS, ids=lambda account: account.name)
def account(request: pytest.FixtureRequest) -> DemoAccount:
    declared: DemoAccount = request.param
    return declared


@pytest.fixture
def rows(account: DemoAccount) -> DemoRows:
    return simulated(account)
