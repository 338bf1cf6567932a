"""What a person wrote and did not take out is in the note in its last wording, for any history."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from flowpilot.flows.tree import Tree
from flowpilot.migrations.tables import metadata
from flowpilot.sessions.models import StepKind
from flowpilot.sessions.notes.documentation import document
from flowpilot.sessions.transitions import Action
from tests.sessions.edits.acts import statuses, steps
from tests.sessions.edits.acts.statuses import CHANGES
from tests.sessions.edits.tale import BEGAN, Act, Tale
from tests.sessions.edits.telling import new_tale
from tests.sessions.test_path import trees

# How a tale takes each kind of step.
STEPS: dict[StepKind, Act | str] = {
    StepKind.ANSWER: steps.on,
    StepKind.OUTCOME: steps.on,
    StepKind.NOTE: steps.note,
    StepKind.BACK: steps.back,
    StepKind.FLOW: steps.flow,
    StepKind.ENTER: "says nothing: the product enters a sub-flow by itself",
    StepKind.RESOLUTION: CHANGES[Action.RESOLVE],
    StepKind.FIX: statuses.verify,
    StepKind.TICK: "says nothing: it has the words of the flow",
    StepKind.FILL: steps.mark,
    StepKind.WAIVE: steps.mark,
    StepKind.UNDO: steps.mark,
    StepKind.CORRECT: steps.edit,
    StepKind.STRIKE: steps.edit,
    StepKind.TAKE_BACK: steps.edit,
}
NOT_FOR_THE_TICKET = "how it went, said to the desk"
A_COPY = "copied from the columns that are here"
NOT_WRITTEN = "the product writes it, or it is chosen from a list"
# Where a tale writes each text that is kept beside the steps, or why the note leaves it out.
COLUMNS: dict[str, Act | str] = {
    "ai_sessions.problem_summary": "below *Problem*: tests/sessions/notes",
    "ai_sessions.problem_body": "below *Problem*: tests/sessions/notes",
    "ai_sessions.client_name": "below *Problem*: tests/sessions/notes",
    "ai_sessions.psa_ticket_id": "below *Problem*: tests/sessions/notes",
    "ai_sessions.ticket_key": A_COPY,
    "ai_sessions.problem_domain": "a category, by which reports group",
    "ai_sessions.rating_comment": NOT_FOR_THE_TICKET,
    "ai_sessions.waiting_for": statuses.verify,
    "ai_sessions.removals": NOT_WRITTEN,
    "ai_sessions.status": NOT_WRITTEN,
    "ai_sessions.confidence_tier": NOT_WRITTEN,
    "ai_session_status_changes.reason": CHANGES[Action.PAUSE],
    "ai_session_status_changes.from_status": NOT_WRITTEN,
    "ai_session_status_changes.to_status": NOT_WRITTEN,
    "ai_session_steps.kind": NOT_WRITTEN,
    "ai_session_steps.content": "by the kind of the step, above",
    "ai_session_suggestions.content": NOT_WRITTEN,
    "attachments.name": "beside the words with which it was sent: tests/sessions/notes",
    "attachments.media_type": NOT_WRITTEN,
    "attachments.sha256": NOT_WRITTEN,
    "flow_proposal_sessions.problem_words": A_COPY,
    "flow_proposal_sessions.done_words": A_COPY,
    "handoff_events.kind": NOT_WRITTEN,
    "handoff_events.content": A_COPY,
    "handoff_questions.question": statuses.ask,
    "handoff_questions.answer": statuses.answer,
    "handoff_questions.edits": statuses.reword,
    "import_cases.rows": "what a log said, of which its session was made",
    "psa_activity_logs.activity_type": NOT_WRITTEN,
    "psa_post_logs.ticket_id": A_COPY,
    "psa_post_logs.status": NOT_WRITTEN,
    "psa_post_logs.external_id": NOT_WRITTEN,
    "psa_postings.ticket_id": A_COPY,
    "psa_postings.audience": NOT_WRITTEN,
    "psa_postings.occasion": NOT_WRITTEN,
    "psa_postings.text": "the note itself",
    "psa_postings.text_made": "the note itself",
    "psa_postings.state": NOT_WRITTEN,
    "psa_postings.reason": NOT_WRITTEN,
    "session_handoffs.reason": statuses.escalate,
    "session_handoffs.note": statuses.escalate,
    "session_handoffs.snapshot": statuses.escalate,
    "session_handoffs.edits": statuses.reword,
    "session_handoffs.lacks": NOT_WRITTEN,
    "session_handoffs.assessment": NOT_WRITTEN,
    "session_handoffs.outcome": NOT_WRITTEN,
    "session_handoffs.avoidable_reason": NOT_WRITTEN,
    "suggestion_outcomes.action": NOT_WRITTEN,
    "suggestion_outcomes.source": NOT_WRITTEN,
    "suggestion_outcomes.model": NOT_WRITTEN,
    "suggestion_outcomes.prompt_version": NOT_WRITTEN,
    "suggestion_outcomes.result": NOT_WRITTEN,
    "suggestion_outcomes.reason": NOT_WRITTEN,
    "suggestion_outcomes.note": steps.dismiss,
}
OF_WORDS = {"Text", "JSONB", "ARRAY"}
OF_A_SESSION = {"session_id", "ai_session_id", "handoff_id"}


def _note(tale: Tale) -> str:
    return document(tale.history(), BEGAN + timedelta(hours=1), "UTC").text


@given(trees(), st.data())
def test_what_was_written_and_not_taken_out_is_in_the_note_in_its_last_wording(
    tree: Tree, data: st.DataObject
) -> None:
    tale = new_tale(tree, data)
    note = _note(tale)
    assert {f"Word{n}x" for n in range(1, tale.written + 1) if f"Word{n}x" in note} == tale.expected


@given(trees(), st.data())
def test_a_session_is_where_what_was_not_taken_back_led(tree: Tree, data: st.DataObject) -> None:
    tale = new_tale(tree, data)
    where = tale.loaded.where
    assert where.node_id == tale.places[-1]
    assert [(step.content["node"], step.id) for step in where.trail] == tale.paths[-1]


@given(trees(), st.data())
def test_what_was_removed_is_nowhere_in_the_steps(tree: Tree, data: st.DataObject) -> None:
    tale = new_tale(tree, data)
    for step in tale.loaded.steps:
        if "removed" in step.content:
            # What became of a fix says the words of the fix, which are removed with that.
            own = {key: str(value) for key, value in step.content.items() if key != "instruction"}
            assert not any(value.startswith("Word") for value in own.values())


def test_the_tale_takes_every_kind_of_step() -> None:
    assert STEPS.keys() == set(StepKind), "have a tale take the new kind, or say why the note leaves it out"


def test_every_column_that_may_hold_words_is_in_the_note_or_says_why_not() -> None:
    """Of each table that is about a session or a handoff."""
    columns = {
        f"{name}.{column.name}"
        for name, table in metadata.tables.items()
        if not OF_A_SESSION.isdisjoint(table.columns.keys()) or name == "ai_sessions"
        for column in table.columns
        if type(column.type).__name__ in OF_WORDS
    }
    assert columns == COLUMNS.keys(), "have a tale write the new column, or say why the note leaves it out"
