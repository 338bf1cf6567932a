"""Every column of every table that may hold a session's words is one that a removal knows."""

import pytest

from flowpilot.db.base import Base
from flowpilot.migrations.tables import metadata
from flowpilot.sessions.removal.staying import NAMES

OF_WORDS = {"Text", "String", "JSONB", "ARRAY", "LargeBinary", "TSVECTOR"}

# Where a session's words get: what a removal overwrites or deletes.
OVERWRITTEN = {
    "ai_session_status_changes": {"reason"},
    "ai_session_steps": {"content"},
    "ai_session_suggestions": {"content"},
    "ai_sessions": {"problem_summary", "problem_body", "problem_domain", "rating_comment", "waiting_for"},
    "ai_tasks": {"problem", "changes"},
    "attachment_chunks": {"content"},
    "attachments": {"name", "media_type", "sha256"},
    "audit_log": {"before", "after"},
    "flow_proposal_sessions": {"problem_words", "done_words"},
    "flow_proposals": {"title", "given_title", "domain", "content", "reason"},
    "handoff_events": {"content"},
    "handoff_questions": {"question", "answer", "edits"},
    "idempotency_keys": {"answer"},
    "import_cases": {"rows"},
    "notification_deliveries": {"error"},
    "notifications": {"content"},
    "psa_attempts": {"reason"},
    "psa_posting_steps": {"reason"},
    "psa_postings": {"text", "text_made", "reason"},
    "session_days": {"cell_domain"},
    "session_handoffs": {"reason", "note", "snapshot", "assessment", "edits"},
    "session_texts": {"words"},
    "suggestion_outcomes": {"action", "note"},
    "tree_categories": {"name"},
    "tree_versions": {"structure", "source"},
    "trees": {"name", "description", "keywords", "search_text", "search"},
}

# Sums, and statuses, in lists.
OTHER_LISTS = {
    column.name
    for column in metadata.tables["session_days"].columns
    if type(column.type).__name__ == "ARRAY" and column.name != "cell_domain"
}
# What the product writes itself: kinds, states, numbers, digests, and choices from a list.
NO_WORDS = {
    "ai_session_status_changes": {"from_status", "to_status"},
    "ai_session_steps": {"kind"},
    "ai_sessions": {"status", "confidence_tier", "psa_ticket_id", "ticket_key", "client_name", "removals"},
    "ai_tasks": {"task", "status"},
    "audit_log": {"action", "target_type"},
    "flow_proposals": {"kind", "status", "node", "origin"},
    "handoff_events": {"kind"},
    "idempotency_keys": {"caller", "key", "request_digest"},
    "notification_deliveries": {"kind", "status"},
    "psa_activity_logs": {"activity_type"},
    "psa_attempts": {"outcome"},
    "psa_post_logs": {"ticket_id", "status", "external_id"},
    "psa_posting_steps": {"kind", "marker", "state", "external_id"},
    "psa_postings": {"ticket_id", "audience", "occasion", "state"},
    "session_days": OTHER_LISTS,
    "session_handoffs": {"lacks", "outcome", "avoidable_reason"},
    "suggestion_outcomes": {"source", "model", "prompt_version", "result", "reason"},
    "tree_versions": {"tree_type", "leads_into"},
    "trees": {"tree_type", "origin", "doubts"},
}

_SETTINGS = "what an account has set up, beside any session"
_PEOPLE = "who may sign in, and how"
_CLIENTS = "whom the desk works for; each that is called so is named with its page, and is changed there"
_TICKET_SYSTEM = "what the ticket system says of itself, and numbers of tickets"

# Tables that no session's words get into, and why.
BESIDE_SESSIONS = {
    "account_hours": _SETTINGS,
    "accounts": _SETTINGS,
    "api_keys": _PEOPLE,
    "client_companies": _CLIENTS,
    "client_merges": _CLIENTS,
    "client_names": _CLIENTS,
    "clients": _CLIENTS,
    "escalation_settings": _SETTINGS,
    "flow_meanings": "vectors of what flows mean",
    "flow_client_notes": "what a reviewer wrote at a node of a flow, for everybody who follows it",
    "handoff_days": "times, and numbers of groups, which do not tell their words",
    "handoff_baselines": "handoffs by word of mouth, which have no session",
    "import_chunks": "what is uploaded for an import, which is removed after a day at most",
    "import_items": "which rows an import brought, by their ids",
    "import_runs": "what was found in a file, in numbers, and which columns it had",
    "import_uploads": "which files were uploaded, and what was wrong with them",
    "invitations": _PEOPLE,
    "memberships": _PEOPLE,
    "notification_channels": _SETTINGS,
    "notification_preferences": _SETTINGS,
    "notification_routes": "why a server takes no messages, in the server's words and without the message",
    "psa_board_statuses": _TICKET_SYSTEM,
    "psa_days": "counts and times of what reached the ticket system",
    "psa_closed_tickets": _TICKET_SYSTEM,
    "psa_connections": _TICKET_SYSTEM,
    "psa_members": _TICKET_SYSTEM,
    "psa_rules": _SETTINGS,
    "saved_mappings": _SETTINGS,
    "session_records": "times, places of flows, and hashes of tickets, which do not tell their numbers",
    "users": _PEOPLE,
}

# Tables of OVERWRITTEN of which nothing is said that stays, and why.
SAID_BY_OTHERS = {
    "ai_session_steps": "each step is named by its place",
    "attachment_chunks": "each text file is named",
    "audit_log": "it has names of flows, and each flow is named",
    "flow_proposal_sessions": "it is made again of the session",
    "idempotency_keys": "an answer repeats what the session says, for a day and to its sender",
    "import_cases": "all of it is emptied",
    "session_days": "each is made again of the sessions",
    "session_texts": "it is made again of the session",
    "tree_categories": "each is deleted, or listed to be checked",
}


def test_of_every_table_that_may_keep_words_it_is_said() -> None:
    tables = {mapper.class_.__tablename__: mapper.class_.__name__ for mapper in Base.registry.mappers}
    said = {table for table in OVERWRITTEN if tables[table] in NAMES}
    assert said | SAID_BY_OTHERS.keys() == OVERWRITTEN.keys()
    assert NAMES.keys() <= set(tables.values())
    assert said.isdisjoint(SAID_BY_OTHERS)


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_column_that_may_hold_words_is_known(table: str) -> None:
    of_words = {column.name for column in metadata.tables[table].columns if type(column.type).__name__ in OF_WORDS}
    new = of_words - OVERWRITTEN.get(table, set()) - NO_WORDS.get(table, set())
    assert table in BESIDE_SESSIONS or not new, (
        f"{table} has {new}: have a removal overwrite it (sessions/removal), or say here that no session's words "
        "get into it, and why."
    )


def test_nothing_is_known_that_is_not_there() -> None:
    columns = {(name, column.name) for name, table in metadata.tables.items() for column in table.columns}
    known = {(name, one) for each in (OVERWRITTEN, NO_WORDS) for name, found in each.items() for one in found}
    assert known <= columns
    assert set(BESIDE_SESSIONS) <= metadata.tables.keys() - OVERWRITTEN.keys() - NO_WORDS.keys()
