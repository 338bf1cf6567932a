"""The lines that a step has in notes for the ticket, where a short text of it can be told from others'. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from flowpilot.sessions.edits.record import with_content
from flowpilot.sessions.edits.words import written
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.notes.documentation import document
from flowpilot.sessions.queries import SessionHistory


def lines_of(
    history: SessionHistory, steps: Sequence[AISessionStep], repeating: Sequence[AISessionStep] = ()
) -> frozenset[str]:
    """The lines of a note that say what was written in a step, in each of its wordings.

    Args:
        history: of the session.
        steps: the step, and its corrections.
        repeating: other steps that say it again, beside what else was written in them.
    """
    texts = {text for one in steps for text in written(one).values()}
    # What is said without the step, such as where the flow goes on, is not a line of it.
    lines = _lines(history, []) if history.steps else frozenset()
    wordings = _wordings(steps)
    alone = [*wordings, *repeating]
    # What a fix came to stands in its own line, too.
    together = [[wording, *_again(wording, repeating)] for wording in wordings]
    said = {line for one in [*([each] for each in alone), *together] for line in _lines(history, one)} - lines
    return frozenset(line for line in said if any(text in line for text in texts)) | texts


def _again(wording: AISessionStep, repeating: Sequence[AISessionStep]) -> list[AISessionStep]:
    """The steps that say a fix again, as they read beside this wording of it."""
    text = wording.content.get("text")
    return [
        with_content(one, {**one.content, "instruction": text}) if "instruction" in one.content else one
        for one in repeating
    ]


def _lines(history: SessionHistory, steps: Sequence[AISessionStep]) -> frozenset[str]:
    alone = replace(history, steps=list(steps), changes=[])
    text = document(alone, history.session.created_at, "UTC").text
    return frozenset(line.strip().removeprefix("- ") for line in text.splitlines())


def _wordings(steps: Sequence[AISessionStep]) -> list[AISessionStep]:
    """The step in each of its wordings, as if it had always read so."""
    step, *corrections = steps
    key = next(iter(written(step)), None)
    if key is None or step.kind == StepKind.CORRECT:
        return [step]
    reworded = [{**step.content, one.content.get("text_name", key): one.content["text"]} for one in corrections]
    return [step, *(with_content(step, content) for content in reworded)]
