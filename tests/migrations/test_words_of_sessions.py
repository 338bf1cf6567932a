"""Sessions that were there before are found by their words, in every account."""

import json
from uuid import UUID

from flowpilot.db.base import new_id
from tests.migrations.rows import Migrate, ask, found_account

_STEP = (
    "INSERT INTO ai_session_steps (account_id, id, session_id, position, kind, content)"
    " VALUES (%s, %s, %s, %s, %s, %s)"
)


def _work(url: str, account_id: UUID, title: str) -> UUID:
    """A session with a note that was corrected."""
    session_id, note_id = new_id(), new_id()
    ask(
        url,
        account_id,
        "INSERT INTO ai_sessions (account_id, id, problem_summary, psa_ticket_id) VALUES (%s, %s, %s, 'T-1')",
        *(account_id, session_id, title),
    )
    note, correction = {"text": "Restarted the spooler"}, {"step": str(note_id), "text": "Restarted the router"}
    ask(url, account_id, _STEP, account_id, note_id, session_id, 1, "note", json.dumps(note))
    ask(url, account_id, _STEP, account_id, new_id(), session_id, 2, "correct", json.dumps(correction))
    return session_id


def test_they_are_kept_in_every_account(external: str, to_revision: Migrate) -> None:
    to_revision("0064")
    first, second, empty = (found_account(external) for _ in range(3))
    printer, plotter = _work(external, first, "Drucker in der Straße"), _work(external, second, "The plotter")

    to_revision("0066")

    kept = "SELECT id, array_to_string(tsvector_to_array(words), ' ') FROM session_texts"
    assert ask(external, first, kept) == [(printer, "1 der drucker in restarted router strasse t the")]
    assert ask(external, second, kept) == [(plotter, "1 plotter restarted router t the")]
    assert ask(external, empty, kept) == []
