"""A log to import: incidents of a ServiceNow, as the mapping that is shipped reads them."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

_SEED = 14
_BEGINS = datetime(2026, 1, 5, 8, 0)  # noqa: DTZ001 - The log states no zone.
_PEOPLE, _GROUPS, _CATEGORIES = 200, 60, 50
_STATES = ("New", "Active", "Awaiting User Info", "Active", "Resolved", "Closed")
_COLUMNS = (
    *("number", "incident_state", "reassignment_count", "sys_mod_count", "opened_at"),
    *("sys_updated_by", "sys_updated_at", "category", "subcategory", "u_symptom", "priority"),
    *("assignment_group", "assigned_to", "resolved_by", "resolved_at"),
)


def write_log(file: Path, cases: int, *, first: int = 0) -> None:
    """Write so many cases with two to ten rows each, the same each time. Their numbers begin with `first`."""
    random = Random(_SEED + first)  # noqa: S311 - Nothing is kept secret with it.
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(_COLUMNS)
        for number in range(first, first + cases):
            writer.writerows(_rows(number, random))


def _rows(number: int, random: Random) -> Iterator[tuple[object, ...]]:
    opened = _BEGINS + timedelta(minutes=number)
    category, symptom = random.randrange(_CATEGORIES), random.randrange(_CATEGORIES * 4)
    steps, moved, at = random.randint(2, 10), 0, opened
    group, who = random.randrange(_GROUPS), random.randrange(_PEOPLE)
    resolved = opened + timedelta(minutes=45 * steps)
    for step in range(steps):
        by = who
        if step and random.random() < 0.15:
            moved, group, who = moved + 1, random.randrange(_GROUPS), random.randrange(_PEOPLE)
        state = _STATES[min(step, 3)] if step < steps - 2 else _STATES[4 + step - steps + 2]
        yield (
            *(f"INC{number:07}", state, moved, step, f"{opened:%d/%m/%Y %H:%M}"),
            *(f"Updated by {by}", f"{at:%d/%m/%Y %H:%M}", f"Category {category}", f"Subcategory {symptom}"),
            *(f"Symptom {symptom}", f"{1 + symptom % 4} - Moderate", f"Group {group}"),
            *(f"Resolver {who}" if step else "?", f"Resolver {who}", f"{resolved:%d/%m/%Y %H:%M}"),
        )
        at += timedelta(minutes=random.randint(1, 40))
