"""The message about an event: one wording for the list in the product, e-mail, Slack and Teams."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from flowpilot.durations import in_full
from flowpilot.handoffs import policy
from flowpilot.handoffs.models import HandoffEventKind, Outcome, Priority, SessionHandoff
from flowpilot.notifications.damaged import as_moment
from flowpilot.notifications.event_context import EventContext
from flowpilot.text import sentence, tidy

# Slack allows 3000 characters, and 2000 in a field. These fit even if every character has to be escaped.
_TITLE = 120
_FIELD = 300

# What is done about these is done there.
_IN_THE_SESSION = {HandoffEventKind.ASKED, HandoffEventKind.ANSWERED, HandoffEventKind.OPINION}

_ENDS: dict[str, str] = {
    Outcome.RESOLVED: "resolved",
    Outcome.PARKED: "set aside",
    Outcome.RETURNED: "given back",
    Outcome.SENT_BACK: "sent back",
    Outcome.ABANDONED: "abandoned",
}


@dataclass(frozen=True, slots=True)
class Message:
    """A subject of one line, one paragraph, facts, and the path of the page to open.

    Nothing in it is escaped: each transport does that for its own format.
    """

    subject: str
    text: str
    fields: tuple[tuple[str, str], ...] = ()
    path: str | None = None


TEST = Message(
    "Test of this channel",
    "This is a test message from FlowPilot. Notifications about handoffs will arrive here too.",
)


def compose(context: EventContext, *, is_settled: bool = False) -> Message:
    """The message about an event. Subject and text describe the event, the fields the handoff as it is now.

    Args:
        context: the event and what belongs to it.
        is_settled: the event no longer applies, so the message also says what has become of the handoff.
    """
    title, text = _conversation(context) if context.event.kind in _IN_THE_SESSION else _wording(context)
    handoff, session = context.handoff, context.session
    fields = (
        ("Problem", tidy(session.problem_summary, _FIELD)),
        ("Reason", tidy(handoff.reason, _FIELD)),
        ("Priority", Priority(handoff.priority).name.capitalize()),
        ("Ticket", tidy(session.psa_ticket_id or "", _TITLE)),
        ("Client", tidy(session.client_name or "", _TITLE)),
        ("Assigned to", context.name(handoff.target_user_id) if handoff.target_user_id else ""),
        ("Escalated by", context.name(handoff.created_by)),
        ("Escalated", f"{in_full(_age(context))} ago" if _age(context) else "just now"),
    )
    subject = f"{title}{' (settled)' if is_settled else ''}: {_problem(context)}"
    said = tidy(text, _FIELD)
    return Message(
        tidy(subject, 2 * _TITLE),
        f"{said} {present_state(context)}" if is_settled else said,
        tuple((label, value) for label, value in fields if value),
        f"/sessions/{session.id}" if context.event.kind in _IN_THE_SESSION else f"/handoffs/{handoff.id}",
    )


def present_state(context: EventContext) -> str:
    """How the handoff is now, in a sentence."""
    handoff = context.handoff
    if policy.waits_for_fix(handoff, context.session):
        return "A fix was applied, and waits to be looked at."
    if handoff.closed_at is not None:
        return f"It has been closed: {_how(handoff, handoff.outcome or '', handoff.closed_by)}."
    if handoff.claimed_by is not None:
        return f"{context.name(handoff.claimed_by)} has claimed it."
    if handoff.target_user_id is not None:
        return f"It is now assigned to {context.name(handoff.target_user_id)}."
    return "It is back in the queue."


def _problem(context: EventContext) -> str:
    return tidy(context.session.problem_summary, _TITLE) or "a problem without a summary"


def _wording(context: EventContext) -> tuple[str, str]:
    """The title of an event, and a sentence or two."""
    event, problem = context.event, _problem(context)
    actor, target = context.name(event.actor_id), context.name(event.content.get("target"))
    match event.kind:
        case HandoffEventKind.CREATED:
            title, text = "Help needed", f"{actor} needs help with “{problem}”."
        case HandoffEventKind.CLAIMED:
            title, text = f"Claimed by {actor}", f"{actor} has claimed “{problem}” after {in_full(_age(context))}."
        case HandoffEventKind.RELEASED:
            why = sentence(tidy(str(event.content.get("reason") or "no reason was given"), _FIELD))
            title, text = "Back in the queue", f"{actor} has returned “{problem}” to the queue: {why}"
        case HandoffEventKind.REASSIGNED if event.content.get("target") is None:
            title, text = "No longer assigned", f"{actor} has unassigned “{problem}”: anybody can claim it."
        case HandoffEventKind.REASSIGNED:
            title, text = f"Reassigned to {target}", f"{actor} has reassigned “{problem}” to {target}."
        case HandoffEventKind.REMINDED:
            ends = as_moment(event.content.get("ends"))
            left = f"in {in_full(ends - event.created_at)}" if ends else "soon"
            title = "No action yet"
            text = f"You have claimed “{problem}”, but not acted on it yet. It returns to the queue {left}."
        case HandoffEventKind.EXPIRED:
            title = "Back in the queue"
            text = f"The holder of “{problem}” did not act in time, so it is back in the queue."
        case HandoffEventKind.CLOSED:
            title, text = _end(context)
        case HandoffEventKind.RESUMED:
            holder = context.name(event.content.get("holder"))
            # An event of an earlier version does not say which.
            became = str(event.content.get("reason") or "The fix did not help, or was taken back.").rstrip(".")
            title, text = became, f"{became}: {holder} holds “{problem}” again."
        case _:
            title, text = "Changed", f"“{problem}” has changed."
    return title, text


def _end(context: EventContext) -> tuple[str, str]:
    """The same of how a handoff was closed."""
    event, problem, actor = context.event, _problem(context), context.name(context.event.actor_id)
    outcome, note = event.content.get("outcome"), tidy(str(event.content.get("note") or ""), _FIELD)
    if outcome == Outcome.SENT_BACK:
        why = sentence(note or "no reason was given")
        return "Sent back", f"{actor} has sent “{problem}” back: {why} Add it, and escalate again."
    if event.content.get("has_a_fix") and event.content.get("again"):
        text = f"{actor} has taken back that the fix for “{problem}” did not help. It waits for {sentence(note)}"
        return "The fix waits again", text
    if event.content.get("has_a_fix"):
        return "A fix was applied", f"{actor} has applied a fix for “{problem}”, and waits for {sentence(note)}"
    end = sentence(_how(context.handoff, outcome or context.handoff.outcome or "", event.actor_id))
    who = f"{actor} has closed “{problem}”" if event.actor_id else f"“{problem}” was closed"
    return "Closed", f"{who}: {end} {sentence(note) if note else ''}"


def _how(handoff: SessionHandoff, outcome: str, by: uuid.UUID | None) -> str:
    """How it was closed: its engineer takes back what others give back."""
    if outcome == Outcome.RETURNED and by is not None and by == handoff.created_by:
        return "taken back"
    return _ENDS.get(outcome, "closed")


def _conversation(context: EventContext) -> tuple[str, str]:
    """A question to the engineer, its answer, or what they think. The words are read there, so no copy is kept."""
    actor, question = context.name(context.event.actor_id), context.question
    match context.event.kind:
        case HandoffEventKind.ASKED:
            title, verb, said = f"{actor} asks", "asks about", question.question if question else ""
        case HandoffEventKind.ANSWERED:
            answer = (question and question.answer) or ""
            title, verb, said = f"{actor} has answered", "has answered about", answer
        case _:
            title, verb, said = f"{actor} has an opinion", "has said what they think of", context.handoff.note
    return title, f"{actor} {verb} “{_problem(context)}”: {tidy(said, _FIELD)}"


def _age(context: EventContext) -> timedelta:
    return max(context.event.created_at - context.handoff.created_at, timedelta())
