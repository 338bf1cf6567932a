"""Runs of the procedure for new computers, on which two people tick: one in progress, and some that have ended."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flowpilot.demo.simulation.case import Case
from flowpilot.demo.simulation.library import Library
from flowpilot.demo.simulation.problems import Problem, domains
from flowpilot.demo.simulation.sessions import actions
from flowpilot.demo.simulation.story import Story
from flowpilot.demo.simulation.work import tick_all
from flowpilot.demo.world import DemoAccount
from flowpilot.sessions.models import ConfidenceTier
from flowpilot.sessions.runs.decisions import Mark, MarkAction

_FLOW = "new-pc"
# The answers that lead to the checklist, and on from it.
_BEFORE = (
    "Clear, a first computer",
    "There, registered for Autopilot",
    "It reaches the desktop, all apps are there",
)
_LAST_ITEM = "asset"
_AFTER = ("All works", "There is none")
_FOR_WHOM = ("the new colleague in accounting", "the trainee in the warehouse", "the branch manager")
_DAYS_AGO = (4, 3)
_LIVE_MINUTES = 42


@dataclass(frozen=True, slots=True)
class RunCall:
    """A run: when it starts, what it is about, and how it goes."""

    moment: datetime
    case: Case
    tell: Callable[[Story], None]
    step_seconds: float


def run_calls(account: DemoAccount, library: Library, now: datetime) -> list[RunCall]:
    """The account's runs, the oldest first."""
    ended = [(now - timedelta(days=days), _to_the_end, 55.0) for days in _DAYS_AGO]
    live = (now - timedelta(minutes=_LIVE_MINUTES), _until_now, _LIVE_MINUTES * 60 / 25)
    return [
        RunCall(moment, _case(account, library, moment, whom), tell, seconds)
        for whom, (moment, tell, seconds) in zip(_FOR_WHOM, [*ended, live], strict=True)
    ]


def _case(account: DemoAccount, library: Library, moment: datetime, whom: str) -> Case:
    flow = library.flows[_FLOW]
    summary = f"A new computer for {whom}, to be set up and handed over"
    problem = Problem(text=summary, flows=(_FLOW,), tried=(), hunch="", fix="It is set up and handed over.")
    domain = domains()[account.domains[0]].model_copy(update={"name": "hardware"})
    return Case(domain, problem, summary, ConfidenceTier.GUIDED, 0.93, flow, flow.edition(moment), is_misled=False)


def _to_the_end(story: Story) -> None:
    story.wait_for_office()
    _come_to_the_checklist(story)
    tick_all(story, _two_people(story), leaving=1)
    story.wait_for_step()
    waiver = Mark(MarkAction.WAIVE, item=_LAST_ITEM, reason="The client keeps its own asset list.")
    actions.mark(story, story.engineer_id, waiver)
    _take(story, "All is done")
    tick_all(story, _two_people(story))
    for label in _AFTER:
        _take(story, label)
    story.wait_for_step()
    actions.resolve(story, story.engineer_id, "The user works on the computer; nothing was lost.")


def _until_now(story: Story) -> None:
    _come_to_the_checklist(story)
    tick_all(story, _two_people(story), leaving=3)


def _come_to_the_checklist(story: Story) -> None:
    for label in _BEFORE:
        _take(story, label)


def _take(story: Story, label: str) -> None:
    story.wait_for_step()
    node = story.where.node
    assert node is not None
    [choice] = [choice for choice in node.offered if choice.label == label]
    actions.take(story, story.engineer_id, choice)


def _two_people(story: Story) -> list[uuid.UUID]:
    others = [one.person.id for one in story.account.engineers if one.person.id != story.engineer_id]
    return [story.engineer_id, *others[:1]]
