"""A benchmark is only as honest as its data."""

from collections import Counter
from datetime import timedelta

import pytest

from benchmarks.build import Built, Shape, build
from benchmarks.rows import DAYS_IN_WINDOW
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.handoffs import derived as handoffs
from flowpilot.sessions import derived as sessions
from flowpilot.sessions.search.filling import fill

# It looks at the built accounts with statements of its own, which do not name them.
pytestmark = pytest.mark.one_server

SHAPE = Shape(large_sessions=200, small_accounts=2, small_sessions=50)


@pytest.fixture(scope="module")
def built(urls: DatabaseUrls) -> Built:
    reported: list[int] = []
    built = build(urls, SHAPE, reported.append)
    assert sum(reported) == SHAPE.sessions
    return built


def test_each_account_has_its_sessions_and_three_fifths_in_the_window(urls: DatabaseUrls, built: Built) -> None:
    for account, size in ((built.large, 200), (built.small[0], 50), (built.small[1], 50)):
        with account_transaction(urls.runtime, account) as connection:
            row = connection.execute(
                "SELECT count(*), count(*) FILTER (WHERE created_at >= %s) FROM ai_sessions",
                (built.built_at - timedelta(days=DAYS_IN_WINDOW),),
            ).fetchone()
        assert row == (size, size * 3 // 5)


def test_derived_columns_agree_with_the_rows_they_follow_from(urls: DatabaseUrls, built: Built) -> None:
    with account_transaction(urls.runtime, built.large) as connection:
        assert sessions.reconcile(connection, built.large) == 0
        assert handoffs.reconcile(connection, built.large) == 0
        assert fill(connection, built.large) == 0


def test_every_session_has_five_steps_and_none_lies_in_the_future(urls: DatabaseUrls, built: Built) -> None:
    with account_transaction(urls.runtime, built.large) as connection:
        rows = connection.execute("SELECT session_id, created_at FROM ai_session_steps").fetchall()
    assert Counter(Counter(session for session, _ in rows).values()) == {5: 200}
    assert max(at for _, at in rows) <= built.built_at


def test_handoffs_are_of_every_kind(urls: DatabaseUrls, built: Built) -> None:
    with account_transaction(urls.runtime, built.large) as connection:
        kinds = connection.execute(
            "SELECT DISTINCT claimed_at IS NOT NULL, first_action_at IS NOT NULL FROM session_handoffs"
        ).fetchall()
    assert sorted(kinds) == [(False, False), (True, False), (True, True)]
