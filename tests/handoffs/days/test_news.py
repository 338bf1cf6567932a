"""Every place that writes handoffs marks their days, and a verb does so in the statement of its event."""

import re
from datetime import date
from pathlib import Path

from flowpilot.db.bulk import account_transaction
from flowpilot.handoffs.days import news
from tests.company import Company, at

SOURCE = Path(news.__file__).parents[2]

# What writes handoffs and their events with statements of its own, and how it marks them.
OWN_STATEMENTS = {
    "demo/seed.py": "enqueue_due marks the days",
    "handoffs/derived.py": "marks all if any was wrong",
    "handoffs/events.py": "marks what is pending",
    "handoffs/keeping.py": "what it updates has an event, which record_event marks",
    "handoffs/removal.py": "marks the session's",
    "imports/undo.py": "marks those removed",
    "imports/writer.py": "marks those written, and where they were",
    "offboarding/removal.py": "removes what is kept of days with everything else",
}
_WRITES = re.compile(
    r"(?:UPDATE|INSERT INTO|DELETE FROM) (?:session_handoffs|handoff_events)\b"
    r"|\b(?:update|insert|delete)\((?:SessionHandoff|HandoffEvent)\)|clear_imported_sessions\(%s"
    r'|(?:copy_rows\(\s*\w+,\s*|drafts\.copy\(\s*)"(?:session_handoffs|handoff_events)"'
    r"|overwrite\(db, removal, SessionHandoff"
)


def test_every_place_that_writes_them_by_itself_is_known() -> None:
    found = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if "migrations" not in path.parts and _WRITES.search(path.read_text())
    }
    # These go through tables by their names.
    assert found | {"demo/seed.py", "offboarding/removal.py"} == OWN_STATEMENTS.keys(), (
        "Mark the days of what is changed (handoffs/days/news), or reports show old figures; and say here how."
    )


def test_all_days_of_a_session_are_marked(company: Company) -> None:
    session_id = company.add("ai_sessions")
    handoff_id = company.add(
        "session_handoffs",
        session_id=session_id,
        created_at=at("2026-06-01 12:00"),
        claimed_at=at("2026-06-03 12:00"),
    )
    company.add("handoff_events", handoff_id=handoff_id, kind="claimed", created_at=at("2026-06-02 12:00"))
    company.add("session_handoffs", session_id=company.add("ai_sessions"), created_at=at("2026-06-09 12:00"))
    with account_transaction(company.urls.runtime, company.id) as connection:
        news.mark_sessions(connection, company.id, [session_id])
    marked = company.query("SELECT day FROM handoff_news ORDER BY day")
    assert marked == [(date(2026, 6, 1),), (date(2026, 6, 2),), (date(2026, 6, 3),)]
