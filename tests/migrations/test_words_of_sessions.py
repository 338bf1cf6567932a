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
    """A session with a note that was corrected, one that was struck, and an answer that was taken back."""
    session_id, note_id, struck_id, answer_id = (new_id() for _ in range(4))
    ask(
        url,
        account_id,
        "INSERT INTO ai_sessions (account_id, id, problem_summary, psa_ticket_id) VALUES (%s, %s, %s, 'T-1')",
        *(account_id, session_id, title),
    )
    note, correction = {"text": "Restarted the spooler"}, {"step": str(note_id), "text": "Restarted the router"}
    ask(url, account_id, _STEP, account_id, note_id, session_id, 1, "note", json.dumps(note))
    answer = {"question": "Does it hum?", "choice": "A lot", "node": "q", "next": "r"}
    back = {"step": str(answer_id), "also": []}
    later = [
        (new_id(), "correct", correction),
        (struck_id, "note", {"text": "A nonsense"}),
        (new_id(), "strike", {"step": str(struck_id)}),
        (answer_id, "answer", answer),
        (new_id(), "take_back", back),
        (new_id(), "fill", {"field": "host", "value": "SRV-É"}),
    ]
    for position, (step_id, kind, content) in enumerate(later, start=2):
        ask(url, account_id, _STEP, account_id, step_id, session_id, position, kind, json.dumps(content))
    return session_id


def test_they_are_kept_in_every_account(external: str, to_revision: Migrate) -> None:
    to_revision("0064")
    first, second, empty = found_account(external), found_account(external), found_account(external)
    printer, plotter = _work(external, first, "Drucker in der Straße"), _work(external, second, "The plotter")

    to_revision("0066")

    kept = "SELECT id, array_to_string(tsvector_to_array(words), ' ') FROM session_texts"
    assert ask(external, first, kept) == [(printer, "1 der drucker e in restarted router srv strasse t the")]
    assert ask(external, second, kept) == [(plotter, "1 e plotter restarted router srv t the")]
    assert ask(external, empty, kept) == []
