"""Sessions that are in progress now, whatever the time of day."""

from collections.abc import Callable
from random import Random

from flowpilot.demo.simulation.handoffs import actions as handoff_actions
from flowpilot.demo.simulation.handoffs.course import get_stuck
from flowpilot.demo.simulation.problems import words
from flowpilot.demo.simulation.sessions import actions
from flowpilot.demo.simulation.story import Story
from flowpilot.demo.simulation.work import follow, improvise, write_note
from flowpilot.flows.tree import NodeKind
from flowpilot.handoffs.models import Priority
from flowpilot.sessions.transitions import Action

# The most steps that anybody takes before asking for help; each takes its share of the time until now.
_MOST_STEPS = 14


def live_tales(rng: Random, count: int) -> list[Callable[[Story], None]]:
    """`count` sessions of each kind, twice as many at work; handoffs wait with every priority."""
    pressing = list(Priority)
    rng.shuffle(pressing)
    waiting = [_waiting(pressing[place % len(pressing)]) for place in range(count)]
    return [*[_at_work, _at_work, _laid_aside, _claimed, _acted] * count, *waiting]


def live_step_seconds(minutes: float) -> float:
    """So slow that nobody has finished, so fast that everybody who is stuck has asked for help."""
    return minutes * 60 / (1.5 * (_MOST_STEPS + 4))


def _at_work(story: Story) -> None:
    _work_a_little(story)


def _laid_aside(story: Story) -> None:
    _work_a_little(story)
    story.wait_for_step()
    actions.transition(story, Action.PAUSE, story.engineer_id, story.rng.choice(words().pauses))


def _waiting(priority: Priority) -> Callable[[Story], None]:
    def tell(story: Story) -> None:
        get_stuck(story)
        story.wait_for_step()
        handoff_actions.escalate(story, priority)

    return tell


def _claimed(story: Story) -> None:
    get_stuck(story)
    story.wait_for_step()
    handoff_actions.escalate(story)
    story.wait_for_step()
    handoff_actions.claim(story)


def _acted(story: Story) -> None:
    _claimed(story)
    story.wait_for_step()
    write_note(story, handoff_actions.holder(story))


def _work_a_little(story: Story) -> None:
    if story.tree is None:
        improvise(story, story.engineer_id, 2)
    else:
        follow(story, story.engineer_id, NodeKind.RESOLUTION, 2)
