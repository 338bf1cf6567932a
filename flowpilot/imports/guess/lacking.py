"""A mapping for an export that lacks some of its columns: people choose those of a list before they export it."""

from collections.abc import Collection
from typing import Any

from flowpilot.imports.mapping.loading import draft_of, mapping_of
from flowpilot.imports.mapping.whole import Mapping as Whole

# With fewer of a mapping's columns, a file is more likely another system's.
_SHARE, _FEWEST = 0.6, 4


def as_far_as_there(mapping: Whole, header: Collection[str]) -> Whole | None:
    """The mapping without the columns that a file lacks; None if it is not one for this file.

    Only an export of one row a ticket can lack columns: the rows of a log say little without each of them. Its id,
    its opening and one of the rules for what is resolved must be there.
    """
    found = mapping.uses.keys() & set(header)
    if mapping.ticket is None or len(found) < max(_FEWEST, _SHARE * len(mapping.uses)):
        return None
    needed = {column for column, uses in mapping.uses.items() if any(use.required for use in uses.values())}
    rules = [rule for rule in mapping.session.status if rule.column is None or rule.column in found]
    if not needed <= found or not any(rule.status == "resolved" for rule in rules):
        return None
    keys = {key for uses in mapping.uses.values() for key in uses}
    return mapping_of(_without(draft_of(mapping), mapping.uses.keys() - found, keys, ""))


def _without(
    section: dict[str, Any], lacking: Collection[str], keys: Collection[str], prefix: str
) -> dict[str, Any]:
    """A table of a mapping without what names a column that is lacking. `keys` are those that name columns."""
    left: dict[str, Any] = {}
    for name, value in section.items():
        key = prefix + name
        if isinstance(value, dict):
            left[name] = _without(value, lacking, keys, f"{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            left[name] = [rule for rule in value if rule.get("column") not in lacking]
        elif key not in keys:
            left[name] = value
        elif isinstance(value, list):
            left[name] = [column for column in value if column not in lacking]
        elif value not in lacking:
            left[name] = value
    return left
