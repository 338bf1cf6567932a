"""What is different in a case since it was known. Pure: no I/O."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from flowpilot.imports.case.model import Case
from flowpilot.sessions.transitions import ENDED

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


def says_less(before: Case, after: Case) -> bool:
    """Whether a case has lost steps, handoffs or claims, or its end without any more of them.

    Then a file may have been read that is older, or under another mapping.
    """
    known, now = _counts(before), _counts(after)
    is_open_again = before.status in ENDED and after.status not in ENDED
    return any(less < more for less, more in zip(now, known, strict=True)) or (is_open_again and now == known)


def _counts(case: Case) -> tuple[int, int, int]:
    claims = sum(handoff.claim is not None for handoff in case.handoffs)
    return len(case.steps), len(case.handoffs), claims


def _of_fields(before: Case, after: Case) -> Iterator[tuple[str, str]]:
    for name, words in _FIELDS.items():
        known, now = words(before), words(after)
        if known != now:
            yield name, f"{known} → {now}"


def _clock(moment: datetime | None) -> str:
    if moment is None:
        return "unknown"
    return moment.astimezone(UTC).isoformat(" ").replace("+00:00", " UTC")
