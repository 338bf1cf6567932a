"""What is different in a case since it was known. Pure: no I/O."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from flowpilot.imports.case.model import Case

Differences = dict[str, str]
"""By what is different: how, in a few words."""

_FIELDS: Mapping[str, Callable[[Case], str]] = {
    "status": lambda case: case.status.replace("_", " "),
    "opened": lambda case: _clock(case.created_at),
    "resolved": lambda case: _clock(case.resolved_at),
    "engineer": lambda case: case.engineer or "unknown",
    "title": lambda case: case.summary or "unknown",
    "domain": lambda case: case.domain or "unknown",
    "client": lambda case: case.client or "unknown",
    "steps": lambda case: str(len(case.steps)),
    "handoffs": lambda case: str(len(case.handoffs)),
    "claims": lambda case: str(sum(handoff.claim is not None for handoff in case.handoffs)),
}


def differences(before: Case, after: Case) -> Differences:
    """What is different between two cases of a ticket."""
    found = dict(_of_fields(before, after))
    if "steps" not in found and before.steps != after.steps:
        found["steps"] = "as many, others"
    if not {"handoffs", "claims"} & found.keys() and before.handoffs != after.handoffs:
        found["handoffs"] = "as many, with other times or people"
    return found


def _of_fields(before: Case, after: Case) -> Iterator[tuple[str, str]]:
    for name, words in _FIELDS.items():
        known, now = words(before), words(after)
        if known != now:
            yield name, f"{known} → {now}"


def _clock(moment: datetime | None) -> str:
    if moment is None:
        return "unknown"
    return moment.astimezone(UTC).isoformat(" ").replace("+00:00", " UTC")
