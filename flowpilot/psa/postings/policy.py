"""What can be done with a posting. What is offered and what is refused come from the same rule, `refusal`."""

from collections.abc import Sequence
from enum import StrEnum

from flowpilot.errors import OutdatedError
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.postings.models import PsaPosting, PsaPostingStep, State
from flowpilot.psa.provider import PostingStepKind

_CHANGEABLE = frozenset({State.HELD, State.QUEUED})
_ENDED = frozenset({State.CONFIRMED, State.ABANDONED})


class PostingAction(StrEnum):
    """What people do with postings."""

    SEND = "send"
    RETRY = "retry"
    CORRECT = "correct"
    ABANDON = "abandon"


# Anybody who works may try a posting again, because it stays as it is. The rest is for those who may change its
# session.
OF_THE_SESSION = frozenset({PostingAction.SEND, PostingAction.CORRECT, PostingAction.ABANDON})


class PostingGoneError(OutdatedError):
    """The posting has gone too far for this."""


def allowed(
    posting: PsaPosting, steps: Sequence[PsaPostingStep], connections: Sequence[PsaConnection]
) -> list[PostingAction]:
    """What can be done with the posting as it is."""
    return [action for action in PostingAction if refusal(posting, steps, connections, action) is None]


def refusal(
    posting: PsaPosting,
    steps: Sequence[PsaPostingStep],
    connections: Sequence[PsaConnection],
    action: PostingAction,
) -> PostingGoneError | None:
    """Why this cannot be done with the posting now; None if it can.

    Args:
        posting: as it is now.
        steps: all of its steps.
        connections: all of its account's, those that were removed too.
        action: what somebody wants to do.
    """
    match action:
        case PostingAction.SEND if posting.state != State.HELD or posting.is_unlinked:
            return PostingGoneError(
                "The session has no ticket. Link it to one first, or give this posting up."
                if posting.is_unlinked
                else f"This posting is {posting.state}: it waits for nobody."
            )
        case PostingAction.RETRY if posting.state in {*_ENDED, State.HELD} or not left_to_try(steps):
            return PostingGoneError(f"This posting is {posting.state}, so there is nothing to try again.")
        case PostingAction.SEND | PostingAction.RETRY if way(posting, connections) is None:
            return PostingGoneError(
                "The connection to its ticket system was removed. Connect it again, or give this posting up."
            )
        case PostingAction.CORRECT if not changeable(posting, steps):
            return PostingGoneError("This posting is already on its way, so it can no longer be changed.")
        case PostingAction.ABANDON if not left_to_give_up(steps):
            return PostingGoneError(f"This posting is {posting.state}, so there is nothing to give up.")
    return None


def way(posting: PsaPosting, connections: Sequence[PsaConnection]) -> PsaConnection | None:
    """Over which connection a posting goes: its own, or the one to the same ticket system that replaced it.

    Args:
        posting: to be sent.
        connections: all of its account's, those that were removed too.
    """
    own = next(one for one in connections if one.id == posting.connection_id)
    same = (one for one in connections if one.system == own.system)
    return next((one for one in (own, *same) if one.removed_at is None), None)


def changeable(posting: PsaPosting, steps: Sequence[PsaPostingStep]) -> list[PsaPostingStep]:
    """The notes and times that can be changed: all before it goes, then what the ticket system has refused."""
    has_gone = posting.state not in _CHANGEABLE or any(step.attempts for step in steps)
    if has_gone and posting.state != State.FAILED:
        return []
    return [
        step
        for step in steps
        if step.kind not in {PostingStepKind.STATUS, PostingStepKind.FILE}
        and (not has_gone or (step.state == State.FAILED and not step.may_have_arrived))
    ]


def left_to_try(steps: Sequence[PsaPostingStep]) -> list[PsaPostingStep]:
    """The steps that can be tried again."""
    return [step for step in steps if step.state in {State.QUEUED, State.SENT, State.FAILED}]


def left_to_give_up(steps: Sequence[PsaPostingStep]) -> list[PsaPostingStep]:
    """The steps that have not arrived."""
    return [step for step in steps if step.state not in _ENDED]
