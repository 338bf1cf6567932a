"""How a session goes, from its first step to its end."""

import uuid
from datetime import timedelta

from flowpilot.demo.simulation.case import Fate, pick_fate
from flowpilot.demo.simulation.handoffs.course import get_stuck, hand_over, pick_handoff_fate
from flowpilot.demo.simulation.problems import words
from flowpilot.demo.simulation.sessions import actions
from flowpilot.demo.simulation.story import JOB_DELAY, Story
from flowpilot.demo.simulation.work import finish, follow, improvise, is_at_question, pause
from flowpilot.flows.tree import NodeKind
from flowpilot.sessions import idle
from flowpilot.sessions.models import ConfidenceTier
from flowpilot.sessions.transitions import Action

_LEAVES_FLOW_SHARE = 0.3
_FORGOTTEN_SHARE = 0.4


def live_through(story: Story) -> None:
    """Tell a session to its end."""
    rng, engineer = story.rng, story.engineer_id
    match pick_fate(rng, story.case, story.progress):
        case Fate.SOLVED:
            _work(story, engineer)
            finish(story, engineer)
        case Fate.PAUSED_THEN_SOLVED:
            _begin_work(story, rng.randint(2, 3))
            pause(story, engineer, hours=rng.uniform(3, 20))
            _work(story, engineer)
            finish(story, engineer)
        case Fate.ABANDONED:
            _begin_work(story, rng.randint(1, 3))
            _give_up(story)
        case Fate.HANDED_OVER:
            get_stuck(story)
            hand_over(story, pick_handoff_fate(story))


def _work(story: Story, engineer: uuid.UUID) -> None:
    """Follow the flow to its end, or leave it if it does not fit; without one, try this and that."""
    rng = story.rng
    if story.tree is None:
        improvise(story, engineer, rng.randint(3, 6) - min(2, len(story.steps)))
    elif story.tier is ConfidenceTier.EXPLORING and rng.random() < _LEAVES_FLOW_SHARE:
        follow(story, engineer, NodeKind.RESOLUTION, rng.randint(2, 4))
        if not is_at_question(story):
            improvise(story, engineer, rng.randint(1, 2))
    else:
        follow(story, engineer, NodeKind.RESOLUTION)


def _begin_work(story: Story, count: int) -> None:
    if story.tree is None:
        improvise(story, story.engineer_id, count)
    else:
        follow(story, story.engineer_id, NodeKind.RESOLUTION, count)


def _give_up(story: Story) -> None:
    """The engineer abandons it, or forgets it until the account's idle limit does."""
    rng, engineer = story.rng, story.engineer_id
    if rng.random() < 0.7:
        story.wait_for_step()
        actions.transition(story, Action.PAUSE, engineer, rng.choice(words().pauses))
    if rng.random() < _FORGOTTEN_SHARE:
        limit = timedelta(minutes=story.account.idle_minutes)
        story.wait_until(story.moment + limit + JOB_DELAY)
        actions.transition(story, Action.ABANDON, None, idle.reason(limit))
    else:
        story.wait(rng.uniform(4, 48) * 3600)
        story.wait_for_office()
        reason = words().led_astray if story.case.is_misled else rng.choice(words().give_ups)
        actions.transition(story, Action.ABANDON, engineer, reason)
