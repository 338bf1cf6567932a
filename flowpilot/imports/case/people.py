"""Which names in the rows of a case are those of members. Pure: no I/O."""

from collections.abc import Sequence

from flowpilot.imports.case.model import Row
from flowpilot.imports.mapping.cases import PeopleRules


class Members:
    """Who becomes a member, of those whom a case names in whatever column: no machine, group or requester.

    A case's requester is the one of the same row. Where that row names none, as in logs in which it does not
    repeat, it is any that other rows name.
    """

    def __init__(self, rows: Sequence[Row], people: PeopleRules) -> None:
        self._never = people.never_members
        self._column = people.requester
        self._requesters = set() if self._column is None else {row[self._column] for row in rows}

    def name(self, name: str | None, row: Row) -> str | None:
        """The name that a row has somewhere, if it is a member's."""
        if self._column is None:
            return None if name in self._never else name
        return None if name in self._never or self._is_requester(name, row, self._column) else name

    def _is_requester(self, name: str | None, row: Row, column: str) -> bool:
        requester = row[column]
        return name in self._requesters if requester is None else name == requester
