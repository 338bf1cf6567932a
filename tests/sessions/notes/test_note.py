"""The exact note for the ticket, for a session in each of its states."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database, Db
from flowpilot.identity.actor import Actor, Role
from flowpilot.sessions import service
from flowpilot.sessions.edits.service import go_back
from flowpilot.sessions.locking import LoadedSession
from tests.company import Company
from tests.sessions.flows import SESSIONS, post, start, take
from tests.sessions.story import Story

pytestmark = pytest.mark.anyio

RESOLVED = """\
## Problem

The printer in accounting prints nothing since this morning.

- Client: Example Client Ltd
- Ticket: T-4711
- Flow: Printer prints nothing

## Checked and found

- Is the printer on? No

## Done

- Switch it on: Still nothing. The lamp stays dark.
- Clear the print queue: It prints

## Notes

- At “Is the printer on?”: Its lamp blinks red.
- The user is away until noon.
- Ann: Found the jobs of Friday in the queue.

## Escalation

- Handed over by Kim, 2026-06-15 09:20: Needs rights that I do not have.
- Claimed by Ann, 2026-06-15 09:50

## Resolution

Removed a job that hung since Friday and restarted the spooler.

## Time spent

30 min, from 2026-06-15 09:00 to 10:00 (UTC), by Kim and Ann
"""

ESCALATED = """\
PROBLEM
The printer in accounting prints nothing since this morning.
- Flow: Printer prints nothing

CHECKED AND FOUND
- Is the printer on? Yes

ESCALATION
- Handed over by Kim, 2026-06-15 09:10: Needs rights that I do not have.
- Claimed by Ann, 2026-06-15 09:15
- Returned to the queue by Ann, 2026-06-15 09:20: Called away.

STATE
Escalated, waiting for a senior engineer.
Next in the guide: Clear the print queue.

TIME SPENT
15 min so far, since 2026-06-15 09:00 (UTC), by Kim
"""

PAUSED = """\
## Problem

The printer in accounting prints nothing since this morning.

- Flow: Printer prints nothing

## State

On hold: The user is at lunch.

Next in the guide: Is the printer on?

## Time spent

5 min so far, since 2026-06-15 09:00 (UTC), by Kim
"""

ABANDONED = """\
PROBLEM
The printer in accounting prints nothing since this morning.
- Flow: Printer prints nothing

CHECKED AND FOUND
- Is the printer on? Yes

STATE
Closed without a resolution: The user does not call back.

TIME SPENT
1 h 2 min, from 2026-06-15 09:00 to 13:00 (UTC), by Kim
"""


async def _abandon(db: Db, actor: Actor, locked: LoadedSession, reason: str) -> None:
    await service.abandon(db, actor, locked, reason)


@pytest.fixture
def story(client: TestClient, company: Company, database: Database) -> Story:
    """A session whose story a test tells."""
    return Story(client, company, database)


async def test_a_resolved_session(story: Story) -> None:
    await story.begin("09:00", client_name="Example Client Ltd", psa_ticket_id="T-4711")
    await story.does("09:02", service.write_text, "Its lamp blinks red.")
    await story.does("09:04", service.take_choice, "Yes")
    await story.does("09:05", go_back)
    await story.does("09:06", service.take_choice, "No")
    await story.does("09:08", service.write_text, "The user is away until noon.")
    await story.does("09:18", service.report_outcome, "Still nothing", "The lamp stays dark.")
    handoff_id = await story.is_handed_over("09:20", "Needs rights that I do not have.")
    await story.is_claimed("09:50", handoff_id)
    await story.ann_does("09:55", service.write_text, "Found the jobs of Friday in the queue.")
    await story.ann_does("09:58", service.report_outcome, "It prints")
    await story.ann_does(
        "10:00", service.resolve, "Removed a job that hung since Friday and restarted the spooler."
    )
    note = await story.note()
    assert note.markdown == RESOLVED
    assert note.work_seconds == 30 * 60


async def test_an_escalated_session(story: Story) -> None:
    await story.begin("09:00")
    await story.does("09:05", service.take_choice, "Yes")
    handoff_id = await story.is_handed_over("09:10", "Needs rights that I do not have.")
    await story.is_claimed("09:15", handoff_id)
    await story.is_released("09:20", handoff_id, "Called away.")
    assert (await story.note()).text == ESCALATED


async def test_a_paused_session(story: Story) -> None:
    await story.begin("09:00")
    await story.does("09:05", service.pause, "The user is at lunch.")
    assert (await story.note()).markdown == PAUSED


async def test_an_abandoned_session(story: Story) -> None:
    await story.begin("09:00")
    await story.does("09:31:30", service.take_choice, "Yes")
    await story.does("09:33", service.pause)
    await story.does("12:00", service.resume)
    await story.does("13:00", _abandon, "The user does not call back.")
    assert (await story.note()).text == ABANDONED


async def test_both_forms_say_the_same(story: Story) -> None:
    await story.begin("09:00", client_name="Example Client Ltd")
    await story.does("09:05", service.take_choice, "Yes")
    note = await story.note("09:06")
    without_marks = note.markdown.replace("## ", "").replace("\n\n", "\n").lower()
    assert without_marks == note.text.replace("\n\n", "\n").lower()


async def test_the_three_routes(client: TestClient, company: Company) -> None:
    session_id = start(client, company, problem_summary="Something *odd* happens")["id"]
    take(client, company, session_id, free_text="It squeaks.")
    post(client, company, f"{session_id}/resolve", summary="Oiled it.")
    path, headers = f"{SESSIONS}/{session_id}/documentation", company.headers(Role.VIEWER)
    both, markdown, text = (client.get(f"{path}{form}", headers=headers) for form in ("", ".md", ".txt"))
    assert [answer.headers["content-type"] for answer in (both, markdown, text)] == [
        "application/json",
        "text/markdown; charset=utf-8",
        "text/plain; charset=utf-8",
    ]
    assert both.json() == {
        "markdown": markdown.text,
        "text": text.text,
        "work_seconds": both.json()["work_seconds"],
    }
    assert 0 < both.json()["work_seconds"] < 60
    assert markdown.text.startswith("## Problem\n\nSomething \\*odd\\* happens\n\n## Notes\n\n- It squeaks.\n\n")
    assert text.text.startswith("PROBLEM\nSomething *odd* happens\n\nNOTES\n- It squeaks.\n\n")


@pytest.mark.parametrize("form", [".html", ".pdf", ".MD"])
async def test_there_is_no_other_form(client: TestClient, company: Company, form: str) -> None:
    session_id = start(client, company)["id"]
    path = f"{SESSIONS}/{session_id}/documentation{form}"
    assert client.get(path, headers=company.headers()).status_code == 422
