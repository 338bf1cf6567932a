"""What has settled of days by one moment is right at any other one, whichever was asked about first."""

import random
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.analytics.escalations import report
from flowpilot.analytics.escalations.schemas import Escalations
from flowpilot.analytics.period import window
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs.days import news
from flowpilot.sessions.days import news as session_news
from flowpilot.sessions.days import rolling
from tests.analytics.escalations.days import test_exact as exact
from tests.analytics.escalations.test_random import NOW, _store, _world
from tests.analytics.histories import histories
from tests.company import Company, run

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


def test_a_claim_whose_day_lags_behind_counts_with_the_claim_before(urls: DatabaseUrls, company: Company) -> None:
    first, second, third = (date(2026, 3, day) for day in (16, 17, 18))
    moments = [datetime.combine(day, time(9), UTC) for day in (first, second, third)]
    session = company.add("ai_sessions", created_at=moments[0], problem_domain="vpn")
    handoff = company.add("session_handoffs", session_id=session, created_at=moments[0], claimed_at=moments[2])
    for number, moment in enumerate(moments, 1):
        values = {"number": number, "kind": "claimed", "content": "{}", "created_at": moment}
        company.add("handoff_events", handoff_id=handoff, **values)
    with account_transaction(urls.runtime, company.id) as connection:
        news.mark_all(connection, company.id)
    with account_transaction(urls.runtime, company.id) as connection:
        rolling.roll_days(connection, company.id, [first, second, third])
    # An operator's statement marks nothing, and the second day is not made again with the others.
    company.query("UPDATE ai_sessions SET problem_domain = 'email' WHERE id = %s RETURNING id", session)
    with account_transaction(urls.runtime, company.id) as connection:
        session_news.mark_days(connection, company.id, [first, third], "handoff_news")
    with account_transaction(urls.runtime, company.id) as connection:
        rolling.roll_days(connection, company.id, [first, third])

    async def ask(database: Database) -> Escalations:
        asked = window(company.id, now=NOW, account_timezone="UTC", from_="2026-03-16", to="2026-03-20")
        async with database.read(company.id) as db:
            return await report.escalations(db, asked)

    assert [(group.domain, group.n) for group in run(urls, ask).by_domain] == [("email", 1)]
