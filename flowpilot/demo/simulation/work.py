"""How people work on a session: along its flow, beside it, or without one."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from flowpilot.demo.simulation.flow_guide import Guide, pick
from flowpilot.demo.simulation.problems import words
from flowpilot.demo.simulation.sessions import actions
from flowpilot.demo.simulation.story import Story
from flowpilot.flows.checklist import Item
from flowpilot.flows.fields import FieldKind, FlowField
from flowpilot.flows.tree import Choice, NodeKind
from flowpilot.sessions.models import ConfidenceTier, SessionStatus
from flowpilot.sessions.path import Frame
from flowpilot.sessions.runs.decisions import Mark, MarkAction
from flowpilot.sessions.runs.run import run_of
from flowpilot.sessions.transitions import Action

_FREE_TEXT_SHARES = {ConfidenceTier.GUIDED: 0.06, ConfidenceTier.EXPLORING: 0.12}
_WEAK_OPTIONS_SHARE = 0.75
_LEAVES_WEAK_FLOW_SHARE = 0.4
_ASIDE_SHARES = {ConfidenceTier.GUIDED: 0.05, ConfidenceTier.EXPLORING: 0.14}
_NOTE_SHARE = 0.16
_MISSTEP_SHARE = 0.035
_RATINGS = {
    ConfidenceTier.GUIDED: (1, 2, 8, 40, 49),
    ConfidenceTier.EXPLORING: (3, 6, 18, 43, 30),
    ConfidenceTier.DISCOVERY: (7, 12, 27, 36, 18),
}
_RATED_SHARE = 0.38
_COMMENTED_SHARE = 0.15


def follow(story: Story, by: uuid.UUID, goal: NodeKind, most: int | None = None) -> None:
    """Follow the flow to the end of a path, at the goal if that can be reached, or for `most` steps."""
    taken = 0
    while is_offered_more(story) and (most is None or taken < most):
        if run_of(story.where, story.steps, story.inner).open_here():
            tick_all(story, [by])
        story.wait_for_step()
        if _leaves_options(story) and is_at_question(story):
            actions.write(story, by, _own_words(story))
            taken += 1
            if _is_weak(story) and story.rng.random() < _LEAVES_WEAK_FLOW_SHARE:
                return
            story.wait_for_step()
        elif not is_at_question(story) and story.rng.random() < _ASIDE_SHARES[story.tier]:
            write_note(story, by)
            taken += 1
            story.wait_for_step()
        _go_on(story, by, goal)
        taken += 1


def tick_all(story: Story, people: Sequence[uuid.UUID], leaving: int = 0) -> None:
    """Fill in and tick what the present node asks, by these people in turn, except for the last ones."""
    run = run_of(story.where, story.steps, story.inner)
    entries = [] if run.here is None else [one for one in run.entries(run.here) if one.mark is None]
    fields = [one.asked for one in entries if isinstance(one.asked, FlowField)]
    items = [one.asked for one in entries if isinstance(one.asked, Item)]
    # What is filled in is used in the items, so it comes first.
    wanted = [Mark(MarkAction.FILL, field=field.name, value=_value(story, field)) for field in fields]
    wanted += [Mark(MarkAction.TICK, item=item.id) for item in items[: len(items) - leaving]]
    for number, one in enumerate(wanted):
        story.wait_for_step()
        actions.mark(story, people[number % len(people)], one)


def _value(story: Story, field: FlowField) -> str:
    rng = story.rng
    match field.kind:
        case FieldKind.SERIAL:
            return "5CD" + "".join(rng.choices("0123456789BCDFGHJKLMN", k=7))
        case FieldKind.DATE:
            return (story.moment + timedelta(days=rng.randint(3, 900))).date().isoformat()
        case FieldKind.NUMBER:
            return str(rng.randint(1, 40))
        case FieldKind.CHOICE:
            return rng.choice(field.choices)
        case FieldKind.TEXT:
            return f"PC-{rng.randint(100, 899)}" if "computer" in field.name else "m.huber"


def improvise(story: Story, by: uuid.UUID, count: int) -> None:
    """Take some notes, and without a flow also try something, as long as there is anything left to say."""
    for _ in range(count):
        untried = [(tried, outcome) for tried, outcome in story.case.problem.tried if tried not in story.said]
        story.wait_for_step()
        if story.tree is None and untried and story.rng.random() < 0.6:
            actions.report(story, by, *untried[0])
        else:
            write_note(story, by)


def write_note(story: Story, by: uuid.UUID) -> None:
    """Note something that has not been said yet, if any; seniors say other things than engineers."""
    domain = story.case.domain
    is_engineer = by == story.engineer_id
    own, common = (domain.notes, words().notes) if is_engineer else (domain.senior_notes, words().senior_notes)
    sayings = (*own, *own, *common)
    unsaid = [text for text in sayings if text not in story.said]
    if unsaid:
        say(story, by, story.rng.choice(unsaid))


def say(story: Story, by: uuid.UUID, text: str) -> None:
    """Take a note. At a question that would be its answer: there, answer the question instead."""
    if is_at_question(story):
        _go_on(story, by, NodeKind.ESCALATION)
    else:
        actions.write(story, by, text)


def finish(story: Story, by: uuid.UUID) -> None:
    """Resolve the session, in the flow's words if its path ends in a resolution; some customers rate it."""
    story.wait_for_step()
    node_id = story.where.node_id
    solution = None if node_id is None else _guide(story, story.where.frames[-1]).solution(node_id)
    actions.resolve(story, by, solution or story.case.problem.fix)
    rng = story.rng
    if rng.random() < _RATED_SHARE:
        (story.session.session_rating,) = rng.choices(range(1, 6), _RATINGS[story.tier])
        if rng.random() < _COMMENTED_SHARE:
            story.session.rating_comment = rng.choice(words().rating_comments)


def pause(story: Story, by: uuid.UUID, hours: float) -> None:
    """Pause the session for at least so many hours, and resume it in office hours."""
    story.wait_for_step()
    actions.transition(story, Action.PAUSE, by, story.rng.choice(words().pauses))
    come_back(story, by, hours)


def come_back(story: Story, by: uuid.UUID, hours: float) -> None:
    """Resume a paused session after at least so many hours, in office hours."""
    story.wait(hours * 3600)
    story.wait_for_office()
    actions.transition(story, Action.RESUME, by)


def _guide(story: Story, frame: Frame) -> Guide:
    """The guide to the flow that the session follows, or to the sub-flow that it is in."""
    inner = (edition.guide for edition in story.entered.values() if edition.version.tree_id == frame.flow_id)
    assert story.case.edition is not None
    return next(inner, story.case.edition.guide)


def is_offered_more(story: Story) -> bool:
    """Whether the session is in a flow whose path has not ended."""
    return bool(story.where.offered) and story.session.status != SessionStatus.PAUSED


def is_at_question(story: Story) -> bool:
    """Whether the session is at a question."""
    node = story.where.node
    return node is not None and node.kind == NodeKind.QUESTION


def _go_on(story: Story, by: uuid.UUID, goal: NodeKind) -> None:
    """Take the right choice; now and then a wrong one first, which is taken back."""
    where = story.where
    deciding = where.deciding
    assert deciding is not None
    right = pick(story.rng, _guide(story, deciding), deciding.node_id, goal, story.case.problem.path)
    wrong = [choice for choice in where.offered if choice is not right]
    if is_at_question(story) and wrong and story.rng.random() < _MISSTEP_SHARE:
        _take(story, by, story.rng.choice(wrong))
        story.wait_for_step()
        actions.go_back(story, by)
        story.wait_for_step()
    _take(story, by, right)


def _take(story: Story, by: uuid.UUID, choice: Choice) -> None:
    note = ""
    if not is_at_question(story) and story.rng.random() < _NOTE_SHARE:
        unsaid = [text for text in story.case.domain.notes if text not in story.said]
        note = story.rng.choice(unsaid) if unsaid else ""
    actions.take(story, by, choice, note)


def _is_weak(story: Story) -> bool:
    return story.case.flow is not None and story.case.flow.history.has_weak_options


def _leaves_options(story: Story) -> bool:
    share = _WEAK_OPTIONS_SHARE if _is_weak(story) else _FREE_TEXT_SHARES[story.tier]
    return story.rng.random() < share


def _own_words(story: Story) -> str:
    own = words().weak.get(story.where.node_id or "") if _is_weak(story) else None
    return story.rng.choice(own or words().own_words)
