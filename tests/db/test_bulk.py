"""Many rows at once."""

import uuid
from collections.abc import Callable

import psycopg
import pytest

from flowpilot.db import bulk
from flowpilot.db.bulk import Drafts, account_transaction, copy_rows, line_of
from tests.company import Company


def test_rows_arrive_and_are_counted(company: Company) -> None:
    rows = [(company.id, uuid.uuid4(), "active") for _ in range(3)]
    with account_transaction(company.urls.runtime, company.id) as connection:
        assert copy_rows(connection, "ai_sessions", ["account_id", "id", "status"], rows) == 3
    assert company.query("SELECT count(*) FROM ai_sessions") == [(3,)]


def test_an_account_that_all_rows_have_is_named_once(company: Company, neighbour: Company) -> None:
    rows = [(uuid.uuid4(), "active") for _ in range(2)]
    with account_transaction(company.urls.runtime, company.id) as connection:
        assert copy_rows(connection, "ai_sessions", ["id", "status"], rows, account_id=company.id) == 2
    assert company.query("SELECT count(*) FROM ai_sessions") == [(2,)]
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        account_transaction(company.urls.runtime, company.id) as connection,
    ):
        copy_rows(connection, "ai_sessions", ["id", "status"], rows, account_id=neighbour.id)


def test_rows_that_are_there_already_are_refused(company: Company) -> None:
    known = company.add("ai_sessions")
    rows = [(company.id, one, "active") for one in (uuid.uuid4(), known)]
    with (
        pytest.raises(psycopg.errors.UniqueViolation, match="1 of 2 rows are in ai_sessions already"),
        account_transaction(company.urls.runtime, company.id) as connection,
    ):
        copy_rows(connection, "ai_sessions", ["account_id", "id", "status"], rows)
    assert company.query("SELECT count(*) FROM ai_sessions") == [(1,)]


def test_rows_of_a_neighbour_are_refused(company: Company, neighbour: Company) -> None:
    rows = [(neighbour.id, uuid.uuid4(), "active")]
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        account_transaction(company.urls.runtime, company.id) as connection,
    ):
        copy_rows(connection, "ai_sessions", ["account_id", "id", "status"], rows)


ODD = 'tab\t, line\n, return\r, \\N, \\t, \\., quote", Größe'


def test_drafts_arrive_in_their_order_as_they_were(company: Company) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    with account_transaction(company.urls.runtime, company.id) as connection:
        with Drafts(connection, company.id) as drafts:
            drafts.copy("ai_sessions", ["id", "problem_summary"], [line_of(first, ODD)])
            drafts.copy("ai_session_steps", ["id", "session_id", "position"], [line_of(uuid.uuid4(), first, 1)])
            # More of a table that has a draft.
            drafts.copy("ai_sessions", ["id", "problem_summary"], [line_of(second, "")])
            drafts.begin()
            drafts.copy("ai_session_steps", ["id", "session_id", "position"], [line_of(uuid.uuid4(), second, 1)])
            drafts.begin()
            drafts.begin()
        assert connection.execute("SELECT count(*) FROM ai_session_steps").fetchone() == (2,)
    assert company.query("SELECT problem_summary FROM ai_sessions ORDER BY id = %s", second) == [(ODD,), ("",)]


def test_each_batch_is_inserted_in_its_own_order(company: Company) -> None:
    """A batch may begin with a table that the one before it did not have."""
    known, new = company.add("ai_sessions"), uuid.uuid4()
    with (
        account_transaction(company.urls.runtime, company.id) as connection,
        Drafts(connection, company.id) as drafts,
    ):
        drafts.copy("ai_session_steps", ["id", "session_id", "position"], [line_of(uuid.uuid4(), known, 1)])
        drafts.begin()
        drafts.copy("ai_sessions", ["id"], [line_of(new)])
        drafts.copy("ai_session_steps", ["id", "session_id", "position"], [line_of(uuid.uuid4(), new, 1)])
        drafts.begin()
    assert company.query("SELECT count(*) FROM ai_session_steps") == [(2,)]


@pytest.mark.parametrize("text", [r"\N", "\t", "\r", "a\nb", "\\", "plain"])
def test_a_text_of_a_line_is_that_text(company: Company, text: str) -> None:
    with (
        account_transaction(company.urls.runtime, company.id) as connection,
        Drafts(connection, company.id) as drafts,
    ):
        columns = ["id", "problem_summary", "problem_domain"]
        drafts.copy("ai_sessions", columns, [line_of(uuid.uuid4(), text, None)])
        drafts.begin()
    assert company.query("SELECT problem_summary, problem_domain FROM ai_sessions") == [(text, None)]


def insert(company: Company, *ids: uuid.UUID, then: Callable[[], object] = lambda: None) -> None:
    """Insert sessions as drafts, and meanwhile do something else."""
    with (
        account_transaction(company.urls.runtime, company.id) as connection,
        Drafts(connection, company.id) as drafts,
    ):
        drafts.copy("ai_sessions", ["id"], [line_of(one) for one in ids])
        drafts.begin()
        then()


@pytest.mark.one_server
def test_drafts_of_rows_that_are_there_already_are_refused(company: Company) -> None:
    known = company.add("ai_sessions")
    with pytest.raises(psycopg.errors.UniqueViolation, match="ai_sessions_pkey"):
        insert(company, uuid.uuid4(), known)
    assert company.query("SELECT count(*) FROM ai_sessions") == [(1,)]


def test_they_are_refused_too_where_tables_are_spread(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "is_spread", lambda _: True)
    known = company.add("ai_sessions")
    with pytest.raises(psycopg.errors.UniqueViolation, match="1 of 2 rows are in"):
        insert(company, uuid.uuid4(), known)
    assert company.query("SELECT count(*) FROM ai_sessions") == [(1,)]


def test_what_fails_while_drafts_are_inserted_is_said_itself_and_nothing_stays(company: Company) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        insert(company, uuid.uuid4(), then=fail)
    assert company.query("SELECT id FROM ai_sessions") == []
