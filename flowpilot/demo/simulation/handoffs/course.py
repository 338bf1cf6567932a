"""What becomes of a session whose engineer is stuck: it waits, is claimed, acted on and closed, or is not."""

from collections.abc import Callable
from enum import Enum, auto

from flowpilot.demo.simulation.chance import around
from flowpilot.demo.simulation.handoffs import actions as handoff_actions
from flowpilot.demo.simulation.problems import words
from flowpilot.demo.simulation.sessions import actions
from flowpilot.demo.simulation.story import Story
from flowpilot.demo.simulation.work import (
    come_back,
    finish,
    follow,
    improvise,
    is_at_question,
    is_offered_more,
    say,
    write_note,
)
from flowpilot.flows.tree import NodeKind
from flowpilot.handoffs.models import Outcome
from flowpilot.sessions.transitions import Action

_HOUR = 3600.0
_DAY = 24 * _HOUR


class HandoffFate(Enum):
    """What becomes of a handoff, unless the present comes first."""

    PROMPT = auto()
    LATE = auto()
    UNCLAIMED = auto()
    RELEASED = auto()
    IDLE = auto()
    RETURNED = auto()
    PARKED = auto()
    VENDOR = auto()


_SHARES = {
    HandoffFate.PROMPT: 0.56,
    HandoffFate.LATE: 0.13,
    HandoffFate.UNCLAIMED: 0.07,
    HandoffFate.RELEASED: 0.07,
    HandoffFate.IDLE: 0.05,
    HandoffFate.RETURNED: 0.09,
    HandoffFate.PARKED: 0.03,
}


def pick_handoff_fate(story: Story) -> HandoffFate:
    """What will become of the handoff."""
    if story.rng.random() < story.case.domain.vendor_share:
        return HandoffFate.VENDOR
    return story.rng.choices(list(_SHARES), list(_SHARES.values()))[0]


def get_stuck(story: Story) -> None:
    """Work until nothing more comes to mind: to where the flow ends in an escalation, or to somewhere in it."""
    rng = story.rng
    if story.tree is None:
        improvise(story, story.engineer_id, rng.randint(3, 6))
    else:
        follow(story, story.engineer_id, NodeKind.ESCALATION, None if rng.random() < 0.5 else rng.randint(2, 5))


def hand_over(story: Story, fate: HandoffFate) -> None:
    """Escalate, and tell what follows."""
    story.wait(story.rng.uniform(20, 90))
    handoff_actions.escalate(story)
    _TALES[fate](story)


def act(story: Story) -> None:
    """The claimant's first action: mostly within minutes, now and then after an hour, rarely after the engineer's.

    If it takes too long, the claim lapses, and somebody else takes it on.
    """
    rng = story.rng
    if rng.random() < 0.07:
        seconds = around(rng, 1.2 * _HOUR, 0.6)
    else:
        seconds = around(rng, 140 * (1.4 - 0.7 * story.progress), 0.9)
    _hold(story, seconds)
    if rng.random() < 0.06:
        say(story, story.engineer_id, words().customer_again)
        _hold(story, around(rng, 60, 0.6))
    _take_first_step(story)


def _hold(story: Story, seconds: float) -> None:
    """Let time pass after a claim. If it lapses, because its holder does nothing, somebody else takes it on."""
    while not handoff_actions.hold(story, seconds):
        _claim_again(story)
        seconds = around(story.rng, 4 * 60, 0.6)


def _take_first_step(story: Story) -> None:
    """Go on, or do the last step of the engineer's again, or note something."""
    rng, holder = story.rng, handoff_actions.holder(story)
    if story.where.trail and rng.random() < (0.07 if is_offered_more(story) else 0.15):
        actions.go_back(story, holder)
        follow(story, holder, NodeKind.RESOLUTION, 1)
    elif is_at_question(story) or (is_offered_more(story) and rng.random() < 0.5):
        follow(story, holder, NodeKind.RESOLUTION, 1)
    else:
        write_note(story, holder)


def _solve(story: Story) -> None:
    """What the holder does after the first action, until it is resolved."""
    holder = handoff_actions.holder(story)
    if is_offered_more(story) and story.rng.random() < 0.6:
        follow(story, holder, NodeKind.RESOLUTION)
    elif not is_at_question(story):
        improvise(story, holder, story.rng.randint(1, 3))
    finish(story, holder)


def _tell_prompt(story: Story) -> None:
    story.wait(around(story.rng, 230 * (1.3 - 0.6 * story.progress), 0.8))
    handoff_actions.claim(story)
    act(story)
    _solve(story)


def _tell_late(story: Story) -> None:
    story.wait(around(story.rng, 2 * _HOUR, 0.7))
    story.wait_for_office()
    handoff_actions.claim(story)
    act(story)
    _solve(story)


def _tell_unclaimed(story: Story) -> None:
    """Nobody comes: the engineer goes on alone, takes it back, or lets it be."""
    rng, engineer = story.rng, story.engineer_id
    if rng.random() < 0.4:
        story.wait(rng.uniform(0.2, 1.5) * _HOUR)
        say(story, engineer, words().still_waiting)
    story.wait(max(2 * _HOUR, around(rng, 5 * _HOUR, 1.2)))
    story.wait_for_office()
    match rng.choices(("resolved", "returned", "abandoned"), (0.6, 0.15, 0.25))[0]:
        case "resolved":
            finish(story, engineer)
        case "returned":
            handoff_actions.close(story, engineer, Outcome.RETURNED, words().taken_back)
            finish(story, engineer)
        case _:
            actions.transition(story, Action.ABANDON, engineer, rng.choice(words().give_ups))


def _tell_released(story: Story) -> None:
    rng = story.rng
    story.wait(around(rng, 5 * 60, 0.7))
    handoff_actions.claim(story)
    if rng.random() < 0.5:
        story.wait(around(rng, 150, 0.6))
        _take_first_step(story)
    if handoff_actions.hold(story, around(rng, 9 * 60, 0.6)):
        handoff_actions.release(story, rng.choice(words().releases))
    _claim_again(story)
    act(story)
    _solve(story)


def _tell_idle(story: Story) -> None:
    """Claimed and not acted on: it lapses, or is closed without another step."""
    rng = story.rng
    story.wait(around(rng, 10 * 60, 0.7))
    handoff_actions.claim(story)
    if rng.random() < 0.3 and handoff_actions.hold(story, around(rng, 20 * 60, 0.5)):
        actions.transition(story, Action.ABANDON, handoff_actions.holder(story), rng.choice(words().give_ups))
        return
    handoff_actions.hold(story, _DAY)
    _claim_again(story)
    act(story)
    _solve(story)


def _tell_returned(story: Story) -> None:
    """Given back to the engineer, now and then for saying too little, who goes on alone or asks once more."""
    rng, engineer = story.rng, story.engineer_id
    story.wait(around(rng, 6 * 60, 0.7))
    handoff_actions.claim(story)
    if rng.random() < 0.7:
        act(story)
    if not handoff_actions.hold(story, around(rng, 8 * 60, 0.5)):
        _claim_again(story)
        story.wait(around(rng, 2 * 60, 0.5))
    note = rng.choice((*words().returns, words().sent_back))
    outcome = Outcome.SENT_BACK if note == words().sent_back else Outcome.RETURNED
    handoff_actions.close(story, handoff_actions.holder(story), outcome, note)
    story.wait_for_step()
    write_note(story, engineer)
    if rng.random() < 0.35:
        hand_over(story, HandoffFate.PROMPT)
    else:
        finish(story, engineer)


def _tell_parked(story: Story) -> None:
    rng = story.rng
    story.wait(around(rng, 6 * 60, 0.7))
    handoff_actions.claim(story)
    act(story)
    story.wait_for_step()
    holder = handoff_actions.holder(story)
    handoff_actions.close(story, holder, Outcome.PARKED, rng.choice(words().parks))
    come_back(story, holder, rng.uniform(18, 40))
    finish(story, holder)


def _tell_vendor(story: Story) -> None:
    """It waits for a supplier for weeks."""
    rng = story.rng
    story.wait(around(rng, 5 * 60, 0.8))
    handoff_actions.claim(story)
    act(story)
    holder = handoff_actions.holder(story)
    for note in rng.sample(words().vendor_notes, rng.randint(1, 2)):
        story.wait(around(rng, 5 * _DAY, 0.4))
        story.wait_for_office()
        say(story, holder, note)
    story.wait(around(rng, 18 * _DAY, 0.5))
    story.wait_for_office()
    if rng.random() < 0.5:
        finish(story, holder)
    else:
        actions.transition(story, Action.ABANDON, holder, rng.choice(words().vendor_ends))


def _claim_again(story: Story) -> None:
    story.wait(around(story.rng, 12 * 60, 0.7))
    story.wait_for_office()
    handoff_actions.claim(story)


_TALES: dict[HandoffFate, Callable[[Story], None]] = {
    HandoffFate.PROMPT: _tell_prompt,
    HandoffFate.LATE: _tell_late,
    HandoffFate.UNCLAIMED: _tell_unclaimed,
    HandoffFate.RELEASED: _tell_released,
    HandoffFate.IDLE: _tell_idle,
    HandoffFate.RETURNED: _tell_returned,
    HandoffFate.PARKED: _tell_parked,
    HandoffFate.VENDOR: _tell_vendor,
}
