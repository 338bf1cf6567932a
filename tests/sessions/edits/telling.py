"""A tale of acts at random, as a session's status allows them."""

import uuid
from datetime import timedelta

from hypothesis import strategies as st

from flowpilot.flows.tree import Tree
from flowpilot.sessions import transitions
from flowpilot.sessions.following.followed import Followed
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.transitions import Action
from tests.sessions.edits.acts import statuses, steps
from tests.sessions.edits.tale import BEGAN, KIM, Act, Tale


def new_tale(tree: Tree, data: st.DataObject) -> Tale:
    """A tale of some acts."""
    flow = {"matched_flow_id": uuid.UUID(int=2), "flow_version_id": uuid.UUID(int=3), "confidence": 0.5}
    counts = {"step_count": 0, "answer_count": 0, "free_text_count": 0, "problem_summary": "It is broken."}
    ids = {"account_id": uuid.UUID(int=4), "id": uuid.UUID(int=5), "user_id": KIM, "owner_id": KIM}
    session = AISession(**ids, status=SessionStatus.ACTIVE, created_at=BEGAN, **flow, **counts)
    followed = Followed(flow_name="A flow", tree=tree)
    tale = Tale(tree, LoadedSession(session, BEGAN, [], followed, tree), places=[tree.root])
    for _ in range(data.draw(st.integers(0, 25))):
        tale.at += timedelta(minutes=1)
        data.draw(st.sampled_from([act for act, often in _can(tale) for _ in range(often)]))(tale, data)
    return tale


def _can(tale: Tale) -> list[tuple[Act, int]]:
    """What can be done now, and how often it is to be done."""
    may_step = Action.STEP in transitions.TRANSITIONS[SessionStatus(tale.session.status)]
    can: list[tuple[Act, int]] = [(steps.note, 1), (steps.edit, 5 if tale.loaded.steps else 0)]
    if may_step:
        can += [(steps.flow, 1), (steps.mark, 1), (steps.tried, 1), (steps.suggested, 1), (steps.dismiss, 1)]
        can += [(steps.on, 4 if tale.loaded.where.offered else 0), (steps.back, 1 if tale.paths[-1] else 0)]
    can += [(act, 1) for action, act in statuses.CHANGES.items() if _allows(tale, action)]
    can += [(statuses.ask, 1 if tale.handoffs else 0), (statuses.answer, 1 if tale.asked else 0)]
    can += [(statuses.reword, 1 if tale.handoffs else 0)]
    return can


def _allows(tale: Tale, action: Action) -> bool:
    waits = tale.session.look_again_at is not None
    is_now = transitions.refusal(SessionStatus(tale.session.status), action) is None
    return is_now and (waits or action not in transitions.OF_WAITING)
