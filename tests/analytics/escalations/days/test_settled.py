"""What has settled of days by one moment is right at any other one, whichever was asked about first."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.handoffs.days import news
from flowpilot.sessions.days import rolling
from tests.analytics.escalations.days import test_exact as exact
from tests.analytics.escalations.test_random import NOW, _store, _world
from tests.analytics.histories import histories

_START, _N_DAYS = date(2026, 3, 14), 6


@histories(12)
@given(seed=st.integers(0, 2**32))
def test_a_report_is_right_before_and_after_what_is_remembered(urls: DatabaseUrls, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    account_id = _store(urls, _world(draw))
    kept = [_START + timedelta(days=number) for number in range(_N_DAYS)]
    with account_transaction(urls.runtime, account_id) as connection:
        news.mark_all(connection, account_id)
    with account_transaction(urls.runtime, account_id) as connection:
        rolling.roll_days(connection, account_id, kept)
    # The same days are kept of all these windows, and each shows how things were at its end.
    ends = [NOW - timedelta(days=draw.randrange(10), seconds=draw.randrange(9 * 3600)) for _ in range(6)]
    asked = [{"from_": _START.isoformat(), "to": end.isoformat(), "tz": "UTC"} for end in ends]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "WINDOWS", asked)
        exact._check(urls, account_id)
