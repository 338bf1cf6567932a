"""What counts as an action of the person who claimed a handoff. Pure.

One rule for the step as it is taken, for `db reconcile` and for imports. It is asked of the claimant's own steps.
"""

from datetime import datetime

from flowpilot.sessions.models import EDITS, StepKind

# They do nothing for the case: they set right what is on record, or say which flow is followed from now on.
NO_ACTION = EDITS | {StepKind.BACK, StepKind.UNDO, StepKind.FLOW, StepKind.ENTER}


def is_action(kind: str, at: datetime, claimed_at: datetime, closed_at: datetime | None) -> bool:
    """Whether a step of this kind, taken by the claimant at that moment, is an action of theirs."""
    return kind not in NO_ACTION and is_during_claim(at, claimed_at, closed_at)


def is_during_claim(at: datetime, claimed_at: datetime, closed_at: datetime | None) -> bool:
    """Whether a moment is after the claim, and not after the end. The step that ends a handoff belongs to it.

    While a fix waits that has set it aside, it has no end.
    """
    return claimed_at < at and (closed_at is None or at <= closed_at)


_KINDS = ", ".join(f"'{kind}'" for kind in sorted(NO_ACTION))

# The same of a step `p` after the claim of a handoff `h`. `w` is its session if a fix waits there: what that has
# set aside has not ended, because its holder holds it again if the fix does not help.
IS_ACTION = f"""p.kind NOT IN ({_KINDS}) AND (
    h.closed_at IS NULL OR p.created_at <= h.closed_at OR (h.outcome = 'parked' AND h.closed_at = w.fix_applied_at)
)"""
