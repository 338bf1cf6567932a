"""What a process remembers of titles says what PostgreSQL says of them now."""

import uuid
from typing import Any

import pytest
from sqlalchemy import event

from flowpilot.db.session import Database
from flowpilot.sessions.recalled import titles
from flowpilot.sessions.recalled.titles import Titles, hidden, titles_to_compare
from flowpilot.sessions.similar.likeness import of_problem
from flowpilot.sessions.similar.words import words_of, worth_in
from tests.company import Company, at, run

# Of common words, words that mean the same, actions, numbers, and names.
TITLES = (
    "Second monitor is gone after the restart",
    "Outlook 42 cannot open the shared calendar",
    "Scanner on 10.0.0.7 shows 0x80070005 since 3 days",
    "Laptop cannot reach the Wi-Fi of the warehouse",
)


def _add(company: Company, title: str, day: int = 1, **values: Any) -> uuid.UUID:
    moments = {"created_at": at(f"2026-06-{day:02} 08:00"), "resolved_at": at(f"2026-06-{day:02} 09:00")}
    return company.add("ai_sessions", status="resolved", problem_summary=title, **moments | values)


def _rename(company: Company, session_id: uuid.UUID, title: str) -> None:
    company.query("UPDATE ai_sessions SET problem_summary = %s WHERE id = %s RETURNING id", title, session_id)


def _look(company: Company, session_id: uuid.UUID | None = None, client_id: uuid.UUID | None = None) -> Titles:
    async def look(database: Database) -> Titles:
        async with database.read(company.id) as db:
            return await titles_to_compare(db, company.id, session_id, client_id)

    return run(company.urls, look)


def _words(company: Company, found: Titles) -> dict[uuid.UUID, frozenset[str]]:
    return {
        uuid.UUID(bytes=one): frozenset(found.words[title])
        for title, sessions in found.sessions.items()
        for one in sessions
    }


def test_a_title_has_its_telling_words_and_they_are_worth_the_same(company: Company) -> None:
    ids = [_add(company, title) for title in TITLES]
    company.add("ai_sessions", status="active", problem_summary="The calendar of a calendar is gone")

    async def say(database: Database) -> Any:
        async with database.read(company.id) as db:
            return await words_of(db, TITLES), await worth_in(db, company.id)

    words, worth = run(company.urls, say)
    for _ in range(2):
        found = _look(company)
        telling = [of_problem(each) for each in words]
        expected = {one: frozenset(map(hidden, each)) for one, each in zip(ids, telling, strict=True)}
        assert _words(company, found) == expected
        assert found.worth.n == worth.n == 5
        every = frozenset().union(*telling)
        assert {word: found.worth.of(hidden(word)) for word in every} == {word: worth.of(word) for word in every}


def test_a_title_that_changes_and_one_that_is_new_are_read_and_no_other(company: Company) -> None:
    changes = _add(company, "The badge reader at the gate is dead")
    _add(company, "The badge reader at the dock is dead")
    _look(company)
    _rename(company, changes, "The turnstile is dead")
    new = _add(company, "A forklift scanner is broken")
    sent: list[Any] = []

    async def look(database: Database) -> Titles:
        def listen(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
            if "longest" in str(values):
                sent.append(values["sessions"])

        engine = database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", listen)
        try:
            async with database.read(company.id) as db:
                return await titles_to_compare(db, company.id, None, None)
        finally:
            event.remove(engine, "before_cursor_execute", listen)

    words = _words(company, run(company.urls, look))
    assert [set(sessions) for sessions in sent] == [{changes, new}]
    assert hidden("turnstil") in words[changes]
    assert hidden("badg") not in words[changes]


def test_no_word_is_remembered(company: Company) -> None:
    _add(company, "Signed in with hunter2 at the turnstile")
    _look(company)
    remembered = repr(titles._kept[company.id])
    assert "#" in remembered
    assert "hunter" not in remembered
    assert "turnstil" not in remembered


def test_what_is_no_longer_needed_is_forgotten(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _add(company, TITLES[0])
    _look(company)
    _rename(company, first, TITLES[1])
    monkeypatch.setattr(titles, "_MOST_TITLES", 1)
    _look(company)
    assert len(titles._kept[company.id]) == 1


def test_accounts_are_forgotten_that_nobody_asks_about(
    company: Company, neighbour: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(titles, "_MOST_ACCOUNTS", 1)
    for one in (company, neighbour):
        _add(one, TITLES[0])
        assert len(_look(one).sessions) == 1
    assert list(titles._kept) == [neighbour.id]


def test_its_own_session_open_ones_and_older_ones_of_others_are_not_compared(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, other = (company.add("clients", name=name) for name in ("contoso", "fabrikam"))
    own = _add(company, TITLES[0], 9, client_id=client)
    newest = _add(company, TITLES[1], 8)
    theirs = _add(company, TITLES[2], 2, client_id=client)
    _add(company, TITLES[2], 1, client_id=client)
    _add(company, TITLES[3], 7, client_id=other)
    company.add("ai_sessions", status="active", problem_summary=TITLES[3])
    monkeypatch.setattr(titles, "_MOST", 1)
    monkeypatch.setattr(titles, "_OF_CLIENT", 1)
    assert _words(company, _look(company, own, client)).keys() == {newest, theirs}
