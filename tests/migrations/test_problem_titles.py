"""The problems of two accounts' sessions, at the revision before."""

from uuid import UUID

from flowpilot.db.base import new_id
from tests.migrations.rows import Migrate, ask, found_account
from tests.sessions.problem.mails import GERMAN, OUTLOOK

LONG = "Outlook does not start. " + "It shows its window and closes. " * 10
EXPECTED = {
    "Printer jammed": ("Printer jammed", ""),
    "": ("", ""),
    OUTLOOK: ("Outlook keeps asking for my password", OUTLOOK.strip()),
    GERMAN: ("Seit heute Morgen kann ich z.B. den Drucker im 2. Stock nicht mehr benutzen", GERMAN.strip()),
    LONG: ("Outlook does not start", LONG.strip()),
}


def _session(url: str, account_id: UUID, text: str) -> UUID:
    session_id = new_id()
    insert = "INSERT INTO ai_sessions (account_id, id, problem_summary) VALUES (%s, %s, %s)"
    ask(url, account_id, insert, account_id, session_id, text)
    return session_id


def test_long_ones_get_a_title_in_every_account(external: str, to_revision: Migrate) -> None:
    to_revision("0043")
    accounts = (found_account(external), found_account(external))
    sessions = {one: {_session(external, one, text): both for text, both in EXPECTED.items()} for one in accounts}

    to_revision("0045")

    for account_id, expected in sessions.items():
        rows = ask(external, account_id, "SELECT id, problem_summary, problem_body FROM ai_sessions")
        assert {session_id: (title, body) for session_id, title, body in rows} == expected
    # Nobody waits for another account's rows, so each is done in a transaction of its own.
    made = [
        ask(external, one, "SELECT DISTINCT xmin::text FROM ai_sessions WHERE problem_body <> ''")
        for one in accounts
    ]
    assert len({transaction for [(transaction,)] in made}) == 2
