"""Turn the ordered rows of one case into a session, its steps and its handoffs. Pure: no I/O."""

from collections.abc import Sequence

from flowpilot.imports.case.changes import entries_of, handoffs_of, steps_of
from flowpilot.imports.case.model import Case, Handoff, Row
from flowpilot.imports.case.people import Members
from flowpilot.imports.case.session import attribute, engineer_of, span_of, status_of, summary_of
from flowpilot.imports.case.tickets import Ticket
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.sessions.models import SessionStatus


def build_case(ticket: str, rows: Sequence[Row], mapping: Mapping) -> Case | None:
    """What a case's rows mean under the mapping; None if it is to be left out.

    There is at least one row, and they are in order. Of an export with one row a ticket, the last one counts.

    Raises:
        UnknownBeginError: when the case began is unknown.
    """
    rules = mapping.session
    status = status_of(rows, rules)
    if status == "left_out":
        return None
    span = span_of(ticket, rows, status, mapping)
    members = Members(rows, mapping.people)
    engineer = engineer_of(rows, rules, members)
    if mapping.ticket is not None:
        steps, handoffs = Ticket(rows[-1], mapping, span, engineer, members).done(is_open=status == "open")
    else:
        entries = entries_of(rows, mapping, members)
        steps = steps_of(entries, mapping.step)
        handoffs = handoffs_of(entries, steps, mapping, is_open=status == "open")
    return Case(
        ticket=ticket,
        engineer=engineer,
        status=open_status(handoffs) if status == "open" else status,
        summary=summary_of(rows, rules),
        domain=attribute(rows, rules.domain, rules),
        client=attribute(rows, rules.client, rules),
        created_at=span.created_at,
        resolved_at=span.resolved_at,
        steps=steps,
        handoffs=handoffs,
        unknown=(*span.unknown, *(end for handoff in handoffs for end in handoff.unknown)),
    )


def open_status(handoffs: Sequence[Handoff]) -> str:
    """The status of a session that goes on: whether it waits for a senior, or one has it."""
    if not handoffs or handoffs[-1].ended is not None:
        return SessionStatus.ACTIVE
    return SessionStatus.ESCALATED if handoffs[-1].claim else SessionStatus.REQUESTING_ESCALATION
