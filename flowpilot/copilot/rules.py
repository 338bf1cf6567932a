"""The copilot without an AI: what to ask and check next, and a case at a glance. It always answers the same."""

from collections.abc import Iterator, Sequence

from flowpilot.copilot.checks import CHECKS, Check, Topic, mentions, quotes_a_code
from flowpilot.copilot.schemas import (
    MAX_LINE,
    MAX_STEPS,
    MAX_SUMMARY,
    Assessment,
    Case,
    CaseStep,
    NextStep,
    Suggestion,
)
from flowpilot.text import sentence, tidy

# The number of general questions before the checks for this kind of problem.
_QUESTIONS_FIRST = 2
_TOPICS = 2
_TRIED = "outcome"
_CHECKS = {
    one.action: one for one in (*CHECKS.question, *(check for topic in CHECKS.topic for check in topic.check))
}
# With such an answer, nothing is known yet.
_SAYS_NOTHING = frozenset({"", "unknown", "not tried", "not asked", "not sure", "nobody tried", "unclear", "?"})


def suggest(case: Case) -> Suggestion:
    """One to three next steps that are not done yet; none if the case has ended."""
    if case.ended:
        return Suggestion(steps=[])
    known = _known(case)
    topics = _topics(case)
    questions = [check for check in CHECKS.question if _is_open(check, known, case.dismissed)]
    checks = [check for topic in topics for check in topic.check if _is_open(check, known, case.dismissed)]
    lead = 0 if any(topic.first for topic in topics) else _QUESTIONS_FIRST
    found = (questions[:lead] + checks + questions[lead:])[:MAX_STEPS] or [CHECKS.last]
    return Suggestion(steps=[_step(check) for check in found if check.action not in case.dismissed])


def assess(case: Case) -> Assessment:
    """The case in one paragraph, and what to do next. It names no cause: that would be a guess."""
    left = [line for line in (tidy(text, MAX_LINE) for text in case.steps_left) if line]
    return Assessment(
        summary=tidy(" ".join(_sentences(case)), MAX_SUMMARY),
        likely_cause=None,
        next_steps=left[:MAX_STEPS] or [step.action for step in suggest(case).steps],
        missing=case.missing,
        source="rules",
    )


def is_done(action: str, steps: Sequence[CaseStep]) -> bool:
    """Whether these steps say that a check of ours was done, or its question answered."""
    check = _CHECKS.get(action)
    return check is not None and _is_known(check, _lines(steps))


def _step(check: Check) -> NextStep:
    return NextStep(action=check.action, why=check.why, expected=check.expected, source="rules")


def _known(case: Case) -> str:
    """Everything that the case says, one statement a line."""
    return _lines(case.steps, case.problem, case.engineer_note)


def _lines(steps: Sequence[CaseStep], *more: str) -> str:
    said = (f"{step.text} {step.result} {step.note}" for step in steps if step.note or not _says_nothing(step))
    return "\n".join(tidy(text, len(text)) for text in (*more, *said) if text)


def _says_nothing(step: CaseStep) -> bool:
    # A note has no result, but its text says something.
    return step.kind == "answer" and step.result.strip().lower() in _SAYS_NOTHING


def _is_open(check: Check, known: str, dismissed: Sequence[str]) -> bool:
    return check.action not in dismissed and not _is_known(check, known)


def _is_known(check: Check, known: str) -> bool:
    return bool(mentions(known, [check.action, *check.known])) or (check.code_is_known and quotes_a_code(known))


def _topics(case: Case) -> list[Topic]:
    """The kinds of problem that this may be, the likeliest first. Words count more than the domain."""
    domain = (case.domain or "").strip().lower()
    scores = [2 * mentions(case.problem, topic.words) + (domain in topic.domains) for topic in CHECKS.topic]
    ranked = sorted(zip(scores, CHECKS.topic, strict=True), key=lambda scored: (not scored[1].first, -scored[0]))
    return [topic for score, topic in ranked if score][:_TOPICS]


def _sentences(case: Case) -> Iterator[str]:
    steps = [step for step in case.steps if step.text.strip() or step.note.strip()]
    found = [_words(step) for step in steps if step.kind != _TRIED]
    tried = [_words(step) for step in steps if step.kind == _TRIED]
    before = [sentence(tidy(case.problem.partition("\n")[0], 150) or "The problem was not described")]
    if case.flow_name:
        before.append(sentence(tidy(f"The flow “{case.flow_name}” was followed", 90)))
    after = []
    if case.engineer_note.strip():
        after.append(sentence(f"The engineer says: {tidy(case.engineer_note, 120)}"))
    if case.missing:
        after.append(sentence(f"Not known yet: {tidy('; '.join(one.rstrip('.') for one in case.missing), 90)}"))
    room = MAX_SUMMARY - sum(len(text) + 1 for text in (*before, *after))
    yield from before
    if not steps:
        yield "No step was recorded."
    else:
        # What was tried matters most: it gets half of the space, and what the rest leaves of the other half.
        rest = room - len(_listed("Found", found, room)) - 1
        tried_text = _listed("Tried", tried, max(rest, room // 2))
        yield from filter(None, (_listed("Found", found, room - len(tried_text) - 1), tried_text))
    yield from after


def _words(step: CaseStep) -> str:
    text = tidy(step.text, 120)
    if step.result.strip():
        text = f"{text.rstrip('.:')}{' ' if text.endswith('?') else ': '}{tidy(step.result, 60).rstrip('.')}"
    note = tidy(step.note, 80).rstrip(".")
    return (f"{text} ({note})" if text else note) if note else text.rstrip(".")


def _listed(label: str, items: Sequence[str], room: int) -> str:
    """`Label: one; another.` within `room` characters; if not all items fit, the last ones, marked as such."""
    if not items:
        return ""
    for start in range(len(items)):
        kept = items[start:]
        some = f" (last {len(kept)} of {len(items)})" if start else ""
        text = sentence(f"{label}{some}: {'; '.join(kept)}")
        if len(text) <= room:
            return text
    return sentence(tidy(text, room - 1))
