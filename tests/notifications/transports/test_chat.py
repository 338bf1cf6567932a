"""One message in the format of each kind of channel."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from flowpilot.handoffs.models import HandoffEvent, HandoffEventKind, SessionHandoff
from flowpilot.notifications.event_context import EventContext
from flowpilot.notifications.messages import Message, compose
from flowpilot.notifications.transports.chat import slack, teams
from flowpilot.sessions.models import AISession
from tests.company import at

ANN, BEN, LEFT = (uuid.UUID(int=number) for number in (1, 2, 3))
NAMES = {ANN: "Ann", BEN: "Ben"}
NOON = at("2026-06-15 12:00")


def _context(
    kind: HandoffEventKind, by: uuid.UUID | None = BEN, problem: str = "VPN drops", **content: Any
) -> EventContext:
    handoff = SessionHandoff(
        id=uuid.UUID(int=9), created_by=ANN, created_at=NOON - timedelta(minutes=75), reason="Stuck", priority=1
    )
    handoff.target_user_id = BEN
    event = HandoffEvent(kind=kind, actor_id=by, content=content, created_at=NOON)
    return EventContext(event, handoff, AISession(problem_summary=problem), NAMES)


@pytest.mark.parametrize(
    ("context", "subject", "text"),
    [
        (
            _context(HandoffEventKind.CREATED, ANN),
            "Help needed: VPN drops",
            "Ann needs help with “VPN drops”.",
        ),
        (
            _context(HandoffEventKind.CLAIMED),
            "Claimed by Ben: VPN drops",
            "Ben has claimed “VPN drops” after 1 hour 15 minutes.",
        ),
        (
            _context(HandoffEventKind.RELEASED, reason="Not my field"),
            "Back in the queue: VPN drops",
            "Ben has returned “VPN drops” to the queue: Not my field.",
        ),
        (
            _context(HandoffEventKind.REASSIGNED, target=str(LEFT)),
            "Reassigned to a former member: VPN drops",
            "Ben has reassigned “VPN drops” to a former member.",
        ),
        (
            _context(HandoffEventKind.REASSIGNED, target=None),
            "No longer assigned: VPN drops",
            "Ben has unassigned “VPN drops”: anybody can claim it.",
        ),
        (
            _context(HandoffEventKind.REMINDED, None, ends=(NOON + timedelta(minutes=5)).isoformat()),
            "No action yet: VPN drops",
            "You have claimed “VPN drops”, but not acted on it yet. It returns to the queue in 5 minutes.",
        ),
        (
            _context(HandoffEventKind.EXPIRED, None, problem=""),
            "Back in the queue: a problem without a summary",
            "The holder of “a problem without a summary” did not act in time, so it is back in the queue.",
        ),
        (
            _context(HandoffEventKind.CLOSED, outcome="parked", note="New router on Monday"),
            "Closed: VPN drops",
            "Ben has closed “VPN drops”: set aside. New router on Monday.",
        ),
        (
            _context(HandoffEventKind.CLOSED, None, outcome="abandoned"),
            "Closed: VPN drops",
            "“VPN drops” was closed: abandoned.",
        ),
    ],
)
def test_each_event_has_its_words(context: EventContext, subject: str, text: str) -> None:
    said = compose(context)
    assert (said.subject, said.text) == (subject, text)
    assert said.path == f"/handoffs/{context.handoff.id}"


def test_the_facts_are_those_that_are_known() -> None:
    assert compose(_context(HandoffEventKind.CLAIMED)).fields == (
        ("Problem", "VPN drops"),
        ("Reason", "Stuck"),
        ("Priority", "Urgent"),
        ("Assigned to", "Ben"),
        ("Escalated by", "Ann"),
        ("Escalated", "1 hour 15 minutes ago"),
    )


NASTY = Message(
    "<!channel> & <@U1|you>",
    "*a* [b](https://thief.example) _c_",
    (("Problem", "<https://thief.example|x>"),),
    "/",
)
LINK = "https://desk.example/handoffs/9"


def test_slack_takes_no_orders_from_a_problem() -> None:
    body = slack(NASTY, LINK)
    subject, text = "&lt;!channel&gt; &amp; &lt;@U1|you&gt;", "*a* [b](https://thief.example) _c_"
    assert body == {
        "text": f"{subject}\n{text}",
        "blocks": [
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"*{subject}*\n{text}", "verbatim": True},
            },
            {
                "type": "section",
                "fields": [
                    {
                        "type": "mrkdwn",
                        "text": "*Problem*\n&lt;https://thief.example|x&gt;",
                        "verbatim": True,
                    }
                ],
            },
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": f"<{LINK}|Open in FlowPilot>", "verbatim": True},
            },
        ],
    }


def test_teams_shows_a_problem_as_it_is() -> None:
    body = teams(NASTY, LINK)
    [attachment] = body["attachments"]
    assert (body["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    shown = ["".join(run["text"] for run in block["inlines"]) for block in card["body"]]
    assert shown == [NASTY.subject, NASTY.text, "Problem: <https://thief.example|x>"]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open in FlowPilot", "url": LINK}]


def test_without_a_public_address_there_is_no_link() -> None:
    assert "Open in FlowPilot" not in json.dumps([slack(NASTY, None), teams(NASTY, None)])


def test_slack_takes_the_longest_message_there_can_be() -> None:
    worst = _context(HandoffEventKind.RELEASED, problem="&" * 5000, reason="&" * 5000)
    worst.handoff.reason = "&" * 5000
    first, fields, *_ = slack(compose(worst), None)["blocks"]
    assert len(first["text"]["text"]) <= 3000
    assert all(len(field["text"]) <= 2000 for field in fields["fields"])
