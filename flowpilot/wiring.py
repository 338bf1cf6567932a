"""What features do when something happens in another one that knows nothing of them (docs/decisions/0010)."""

from flowpilot.baselines.leaving import STOPWATCH
from flowpilot.handoffs import following
from flowpilot.handoffs.leaving import WORK
from flowpilot.identity import leaving
from flowpilot.identity.invitations.service import KEEPER as INVITATIONS
from flowpilot.notifications.channels.leaving import CHANNELS
from flowpilot.sessions import hooks


def wire_features() -> None:
    """Have handoffs follow their sessions, and what members hold handed over when they leave, from now on."""
    hooks.on_step[:] = [following.note_first_action]
    hooks.on_end[:] = [following.close_with_session]
    leaving.keepers[:] = [INVITATIONS, CHANNELS, STOPWATCH, WORK]
