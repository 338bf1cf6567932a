"""What is not settled now: fixes that have to prove themselves, and a question that waits for its answer."""

from collections.abc import Callable
from datetime import timedelta

from flowpilot.demo.simulation.handoffs import actions as handoff_actions
from flowpilot.demo.simulation.handoffs.course import get_stuck
from flowpilot.demo.simulation.in_progress import live_step_seconds
from flowpilot.demo.simulation.sessions import actions
from flowpilot.demo.simulation.story import Story
from flowpilot.demo.simulation.work import follow, improvise, write_note
from flowpilot.flows.tree import NodeKind

MINUTES = 95.0
STEP_SECONDS = live_step_seconds(MINUTES)
_DUE_AFTER = timedelta(minutes=20)
_A_NIGHT = timedelta(hours=16)


def unsettled_tales() -> list[Callable[[Story], None]]:
    """A fix to look at now, one to look at on the next working day, and a handoff with a question."""
    return [_fix_that_is_due, _fix_over_night, _question]


def _fix_that_is_due(story: Story) -> None:
    _try_something(story)
    fix, due = story.case.problem.fix, story.moment + _DUE_AFTER
    actions.apply_fix(story, story.engineer_id, fix, "a quiet hour at the user's computer", due)


def _fix_over_night(story: Story) -> None:
    _try_something(story)
    fix, due = story.case.problem.fix, story.in_office(story.moment + _A_NIGHT)
    actions.apply_fix(story, story.engineer_id, fix, "a night and a morning without it", due)


def _question(story: Story) -> None:
    get_stuck(story)
    story.wait_for_step()
    handoff_actions.escalate(story)
    story.wait_for_step()
    handoff_actions.claim(story)
    story.wait_for_step()
    write_note(story, handoff_actions.holder(story))
    story.wait(60)
    handoff_actions.ask(story, "Since when, and how many people have it?")
    story.wait(240)
    handoff_actions.answer(story, "Since this morning. Two people in the same room, nobody else.")
    story.wait(30)
    handoff_actions.ask(story, "Did anything change there, a cable, a desk, an update?")


def _try_something(story: Story) -> None:
    if story.tree is None:
        improvise(story, story.engineer_id, 3)
    else:
        follow(story, story.engineer_id, NodeKind.RESOLUTION)
    story.wait_for_step()
