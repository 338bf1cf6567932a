"""The words of a step that a person wrote, and no flow. Pure."""

from flowpilot.sessions.edits.record import text_key
from flowpilot.sessions.models import AISessionStep, StepKind

_WRITTEN = {
    StepKind.FILL: ("value",),
    StepKind.WAIVE: ("reason",),
    StepKind.CORRECT: ("text",),
    StepKind.FIX: ("text", "waiting_for"),
}

# What a log's step may have besides its own columns.
NEVER_WRITTEN = frozenset({"node", "next", "flow", "removed", "attachments"})


def written(step: AISessionStep) -> dict[str, str]:
    """The texts of the step that a person wrote, by their names in its content."""
    keys = _WRITTEN.get(StepKind(step.kind)) or tuple(filter(None, [text_key(step)]))
    if step.kind == StepKind.OUTCOME and {"node", "suggestion", "fix"}.isdisjoint(step.content):
        # Without a flow, nobody offered what came of it either.
        keys = ("instruction", "outcome")
    keys = tuple(dict.fromkeys([*keys, *columns_of_log(step)]))
    return {name: str(step.content[name]) for name in keys if step.content.get(name)}


def columns_of_log(step: AISessionStep) -> tuple[str, ...]:
    """The names in the content of a note outside any flow: of an imported step, the columns of its log."""
    if step.kind != StepKind.NOTE or "node" in step.content:
        return ()
    return tuple(name for name in step.content if name not in NEVER_WRITTEN)
