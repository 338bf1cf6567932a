"""Whether one log tells of two beginnings of a case. Pure: no I/O."""

from collections.abc import Sequence
from datetime import datetime

from flowpilot.imports.case.merging import Statement
from flowpilot.imports.case.model import Row
from flowpilot.imports.mapping.whole import Mapping


def may_go_on(earlier: Sequence[Statement], further: Statement) -> bool:
    """Whether a statement may be another part of what the earlier ones tell, though it shares no time with them.

    Exports of months come in any order, and a ticket is noted on after its end. But a ticket begins once: if its
    first rows say the same in both, such as "opened", there are two of them. Only of one mapping can that be seen.
    """
    mapping = further.mapping
    if mapping.row is None or any(not _are_alike(one.mapping, mapping) for one in earlier):
        return False
    first = min(earlier, key=lambda one: _begun(one.rows[0], one.mapping))
    return _said(first.rows[0], mapping) != _said(further.rows[0], mapping)


def _are_alike(one: Mapping, other: Mapping) -> bool:
    return one.row is not None and one.system == other.system and one.uses.keys() == other.uses.keys()


def _begun(row: Row, mapping: Mapping) -> datetime:
    assert mapping.row is not None, "only logs of rows are asked about"
    at = row[mapping.row.at]
    assert at is not None, "a row without it is refused before it gets here"
    return mapping.times.read(mapping.row.at, at)[0]


def _said(row: Row, mapping: Mapping) -> list[str | None]:
    """What a row says, except for which case it is of, when it was, and who did it."""
    own = {mapping.case.id, mapping.case.number, *mapping.case.order}
    if mapping.row is not None:
        own |= {mapping.row.at, mapping.row.by}
    return [row.get(column) for column in mapping.uses if column not in own]
