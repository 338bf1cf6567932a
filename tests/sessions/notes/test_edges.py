"""The note if little is known, if much was written, and if the session was imported."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.sessions import service, starting
from flowpilot.sessions.models import AISession, AISessionStep, StatusChange, StepKind
from flowpilot.sessions.notes.documentation import document
from flowpilot.sessions.queries import SessionHistory
from tests.company import Company, at
from tests.sessions.flows import SESSIONS
from tests.sessions.story import Story, section

pytestmark = pytest.mark.anyio

LOG = "Event log:\r\n\r\n    ERROR 5 *spooler*\n    ERROR 6"


@pytest.fixture
def story(client: TestClient, company: Company, database: Database) -> Story:
    """A session whose story a test tells."""
    return Story(client, company, database)


async def test_a_note_of_nothing_known_says_so(story: Story) -> None:
    await story.begin("09:00", problem_summary="It is broken", flow_id=None)
    assert (await story.note("09:00")).text == (
        "PROBLEM\nIt is broken\n\nSTATE\nIn progress.\n\n"
        "TIME SPENT\n0 min so far, since 2026-06-15 09:00 (UTC), by Kim\n"
    )


async def test_without_a_flow_what_was_tried_reads_like_a_step_of_one(story: Story) -> None:
    await story.begin("09:00", problem_summary="It is broken", flow_id=None)
    await story.does("09:01", service.report_outcome, "No better", "Restarted it.")
    await story.does("09:02", service.report_outcome, "It works")
    assert section((await story.note()).text, "DONE") == ["- Restarted it: No better", "- It works"]


async def test_a_session_back_from_a_senior_quotes_the_senior(story: Story) -> None:
    await story.begin("09:00")
    handoff_id = await story.is_handed_over("09:10", "Out of ideas.")
    await story.is_claimed("09:15", handoff_id)
    await story.is_returned("09:20", handoff_id, "Ask for the model first.")
    note = (await story.note()).text
    assert section(note, "ESCALATION")[-1] == "- Given back by Ann, 2026-06-15 09:20: Ask for the model first."
    assert section(note, "STATE") == ["In progress.", "Next in the guide: Is the printer on?"]


async def test_with_a_senior_it_says_so(story: Story) -> None:
    await story.begin("09:00")
    await story.is_claimed("09:15", await story.is_handed_over("09:10", "Out of ideas."))
    note = (await story.note("09:20")).text
    assert section(note, "STATE")[0] == "Escalated, with a senior engineer."
    assert section(note, "TIME SPENT") == ["15 min so far, since 2026-06-15 09:00 (UTC), by Kim"]


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        ("It prints", "The guide ends here: It prints again."),
        ("Still nothing", "The guide ends here: Hand it over with the printer's model."),
    ],
)
async def test_at_the_end_of_the_guide_nothing_is_next(story: Story, outcome: str, line: str) -> None:
    await story.begin("09:00")
    await story.does("09:01", service.take_choice, "Yes")
    await story.does("09:02", service.report_outcome, outcome)
    assert section((await story.note()).text, "STATE") == ["In progress.", line]


async def test_leaving_the_guide_leaves_what_was_found(story: Story) -> None:
    await story.begin("09:00")
    await story.does("09:01", service.take_choice, "Yes")
    await story.does("09:02", starting.follow_flow, None)
    note = (await story.note("09:02")).text
    assert "Flow:" not in note
    assert section(note, "CHECKED AND FOUND") == ["- Is the printer on? Yes"]
    assert section(note, "STATE") == ["In progress."]


async def test_several_lines_stay_several_lines(story: Story) -> None:
    await story.begin("09:00", problem_summary=LOG)
    await story.does("09:01", service.write_text, "It blinks:\nred, green\nred")
    await story.does("09:02", service.take_choice, "No")
    await story.does("09:03", service.write_text, "1. Unplugged it\n2. Waited")
    await story.does("09:04", service.report_outcome, "Still nothing", "Tried twice:\nno lamp")
    note = await story.note("09:05")
    assert note.text.startswith(
        "PROBLEM\nEvent log:\n\n    ERROR 5 *spooler*\n    ERROR 6\n- Flow: Printer prints nothing\n\n"
        "CHECKED AND FOUND\n- Is the printer on? No\n\n"
        "DONE\n- Switch it on: Still nothing. Tried twice:\n  no lamp\n\n"
        "NOTES\n- At “Is the printer on?”: It blinks:\n  red, green\n  red\n- 1. Unplugged it\n  2. Waited\n\n"
    )
    assert note.markdown.startswith(
        "## Problem\n\nEvent log:\n\nERROR 5 \\*spooler\\*  \nERROR 6\n\n- Flow: Printer prints nothing\n\n"
        "## Checked and found\n\n- Is the printer on? No\n\n## Done\n\n"
        "- Switch it on: Still nothing. Tried twice:  \n  no lamp\n\n"
        "## Notes\n\n- At “Is the printer on?”: It blinks:  \n  red, green  \n  red\n"
        "- 1\\. Unplugged it  \n  2\\. Waited\n\n"
    )


@pytest.mark.parametrize(
    ("kind", "content", "line"),
    [
        ("answer", {"question": "Printer model", "choice": "X200"}, "Printer model: X200"),
        ("answer", {"question": "Which one:", "choice": "The left one"}, "Which one: The left one"),
        ("answer", {"question": "Is it on?", "choice": "Yes"}, "Is it on? Yes"),
        ("answer", {"choice": "Yes"}, "Yes"),
        ("outcome", {"instruction": "Restart it!", "outcome": "Fine"}, "Restart it: Fine"),
        ("outcome", {"instruction": "Does it print?", "outcome": "No"}, "Does it print? No"),
        ("outcome", {"instruction": "Wait...", "outcome": "Fine.", "note": "Quick."}, "Wait: Fine. Quick."),
        ("outcome", {"outcome": "Fine", "note": None}, "Fine"),
        ("note", {"text": "It squeaks."}, "It squeaks."),
        ("note", {"activity": "Take in charge", "team": "2nd level"}, "activity: Take in charge; team: 2nd level"),
    ],
)
def test_a_step_reads_well(kind: StepKind, content: dict[str, Any], line: str) -> None:
    assert _lines_of(kind, content) == [f"- {line}"]


@pytest.mark.parametrize("kind", ["answer", "outcome", "note"])
def test_a_step_that_says_nothing_is_left_out(kind: StepKind) -> None:
    assert _lines_of(kind, {}) == []


def _lines_of(kind: StepKind, content: dict[str, Any]) -> list[str]:
    session = AISession(created_at=at("2026-06-15 09:00"), status="active", problem_summary="P")
    step = AISessionStep(created_at=at("2026-06-15 09:01"), kind=kind, content=content)
    change = StatusChange(created_at=at("2026-06-15 09:00"), to_status="active", reason="")
    history = SessionHistory(session, [step], [change], None, None, None, {})
    note = document(history, at("2026-06-15 09:02"), "UTC").text
    return [line for line in note.splitlines() if line.startswith("- ")]


async def test_an_import_without_a_history_has_a_note(client: TestClient, company: Company) -> None:
    begun, step = at("2026-06-15 09:00"), at("2026-06-15 09:20")
    session_id = company.add(
        "ai_sessions",
        problem_summary="",
        psa_ticket_id="INC0000045",
        status="resolved",
        created_at=begun,
        resolved_at=at("2026-06-16 10:00"),
        step_count=1,
    )
    company.add(
        "ai_session_steps",
        session_id=session_id,
        position=1,
        actor_id=uuid.uuid4(),
        content={"activity": "Take in charge", "empty": ""},
        created_at=step,
    )
    answer = client.get(f"{SESSIONS}/{session_id}/documentation", headers=company.headers(Role.VIEWER)).json()
    assert answer["text"] == (
        "PROBLEM\n- Ticket: INC0000045\n\nNOTES\n- activity: Take in charge\n\nRESOLUTION\nResolved.\n\n"
        "TIME SPENT\n50 min, from 2026-06-15 09:00 to 2026-06-16 10:00 (UTC)\n"
    )
    assert answer["work_seconds"] == 50 * 60


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("active", "In progress."),
        ("paused", "On hold."),
        ("requesting_escalation", "Escalated, waiting for a senior engineer."),
        ("escalated", "Escalated, with a senior engineer."),
        ("abandoned", "Closed without a resolution."),
    ],
)
async def test_every_state_has_its_words(client: TestClient, company: Company, status: str, state: str) -> None:
    session_id = company.add("ai_sessions", status=status, created_at=now() - timedelta(hours=1))
    note = client.get(f"{SESSIONS}/{session_id}/documentation.txt", headers=company.headers(Role.VIEWER)).text
    assert section(note, "STATE") == [state]
