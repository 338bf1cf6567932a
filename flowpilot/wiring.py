"""How features react to what happens in others that do not know them (docs/decisions/0010)."""

from flowpilot.baselines.leaving import STOPWATCH
from flowpilot.clients import hooks as clients
from flowpilot.flows import hooks as flows
from flowpilot.flows.trust.leaving import FLOWS
from flowpilot.freshness.schedule import begin_checks
from flowpilot.handoffs import derived as handoffs_derived
from flowpilot.handoffs import following
from flowpilot.handoffs.leaving import WORK
from flowpilot.handoffs.noted import said_in_handoffs
from flowpilot.handoffs.removal import overwrite_handoffs
from flowpilot.handoffs.rules import avoidable
from flowpilot.identity import leaving
from flowpilot.identity.hours.recount import recounts
from flowpilot.identity.invitations.service import LEAVING as INVITATIONS
from flowpilot.imports.removal import empty_cases
from flowpilot.knowledge.jobs import analyse_when_resolved
from flowpilot.knowledge.proposals.review import follow_publication
from flowpilot.knowledge.removal import overwrite_proposals
from flowpilot.notifications import flows as flow_notices
from flowpilot.notifications import sessions as session_notices
from flowpilot.notifications import ticket_system
from flowpilot.notifications.channels.leaving import CHANNELS
from flowpilot.notifications.removal import list_sent, overwrite_messages
from flowpilot.psa import hooks as psa
from flowpilot.psa.postings import health
from flowpilot.sessions import derived as sessions_derived
from flowpilot.sessions import hooks
from flowpilot.sessions.clients import SESSIONS
from flowpilot.sessions.notes import reading
from flowpilot.sessions.postings.access import refusals_to_change
from flowpilot.sessions.removal import hooks as removal


def wire_features() -> None:
    """From now on handoffs follow sessions, sessions follow clients, and postings and work go on when they can."""
    hooks.step_awaited[:] = [following.step_awaited]
    hooks.on_awaited_step[:] = [following.note_first_action]
    hooks.on_step[:] = [session_notices.tell_of_note]
    hooks.on_end[:] = [following.close_with_session, session_notices.settle_reopening, analyse_when_resolved]
    hooks.on_reopened[:] = [session_notices.tell_of_reopening]
    hooks.on_edit[:] = [following.follow_edit, analyse_when_resolved]
    hooks.on_removal[:] = [analyse_when_resolved]
    removal.sent_hooks[:] = [list_sent]
    removal.hooks[:] = [overwrite_messages, overwrite_handoffs, overwrite_proposals, empty_cases]
    hooks.on_set_aside[:] = [following.set_aside]
    hooks.on_set_aside_again[:] = [following.set_aside_again]
    hooks.on_answered[:] = [following.take_up_again]
    hooks.on_judged[:] = [avoidable.judge_with_session]
    hooks.holds_again[:] = [following.holds_again]
    hooks.on_due[:] = [session_notices.ask_to_look_again]
    hooks.on_waited[:] = [session_notices.settle_waiting]
    reading.of_handoffs[:] = [said_in_handoffs]
    flows.on_published[:] = [follow_publication, begin_checks]
    flows.on_trust[:] = [flow_notices.follow_trust]
    clients.hooks[:] = [SESSIONS]
    psa.on_refused[:] = [ticket_system.report_refused]
    psa.on_posting_failed[:] = [ticket_system.report_failed]
    psa.on_postings_mended[:] = [ticket_system.settle_failed]
    psa.on_ready[:] = [health.go_on, ticket_system.settle_refused]
    psa.on_removed[:] = [health.stop, ticket_system.settle_refused]
    psa.refusals_to_change[:] = [refusals_to_change]
    recounts[:] = [sessions_derived.recount_times, handoffs_derived.recount_times]
    leaving.hooks[:] = [INVITATIONS, CHANNELS, STOPWATCH, WORK, FLOWS]
