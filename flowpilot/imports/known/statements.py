"""What each import said of a case, kept as data: a later import is added to it, and one can be taken back."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from flowpilot.db.base import new_id_text
from flowpilot.db.bulk import Drafts, line_of
from flowpilot.imports.case.merging import Statement
from flowpilot.imports.case.model import Row
from flowpilot.imports.mapping.whole import Mapping as Rules

_CASE = ("id", "run_id", "session_id", "rows")


def rules_as_json(mapping: Rules, people: Mapping[str, UUID]) -> str:
    """A mapping as an import keeps it, with the columns of its rows in their order, and members by their names."""
    members = {name: str(user_id) for name, user_id in people.items()}
    kept = {"mapping": mapping.model_dump(mode="json"), "columns": list(mapping.uses), "people": members}
    return json.dumps(kept)


def add_statements(drafts: Drafts, run_id: UUID, said: Iterable[tuple[str, str]]) -> None:
    """Keep what an import says of sessions: their rows as JSON, by the mapping's columns; as drafts."""
    run = str(run_id)
    cases = (line_of(new_id_text(), run, session_id, as_json) for session_id, as_json in said)
    drafts.copy("import_cases", _CASE, cases)


class Statements:
    """What the imports of an account have said, in their order."""

    def __init__(self, connection: Connection, account_id: UUID) -> None:
        self._connection, self._account_id = connection, account_id
        self._rules: dict[UUID, tuple[Rules, list[str]]] = {}

    def of(self, sessions: Sequence[UUID], *, without: UUID | None = None) -> Mapping[UUID, list[Statement]]:
        """The statements on these sessions, the earliest first; without those of one run, if it is named."""
        query = (
            "SELECT c.session_id, c.run_id, c.rows FROM import_cases c"
            " JOIN import_runs r ON r.account_id = c.account_id AND r.id = c.run_id"
            " WHERE c.account_id = %s AND c.session_id = ANY(%s) ORDER BY r.created_at, r.id"
        )
        found: dict[UUID, list[Statement]] = defaultdict(list)
        said = self._connection.execute(query, (self._account_id, list(sessions))).fetchall()
        self._read_rules({run_id for _, run_id, _ in said if run_id != without})
        for session_id, run_id, rows in said:
            if run_id != without:
                mapping, columns = self._rules[run_id]
                found[session_id].append(Statement(mapping, _rows(columns, rows)))
        return found

    def _read_rules(self, runs: set[UUID]) -> None:
        """Read the mappings of these runs and the columns of their rows, unless they are known.

        Of an account that imports every night only those are held that say something of the sessions asked for.
        """
        new = list(runs - self._rules.keys())
        if not new:
            return
        query = "SELECT id, rules FROM import_runs WHERE account_id = %s AND id = ANY(%s) AND rules IS NOT NULL"
        for run_id, rules in self._connection.execute(query, (self._account_id, new)).fetchall():
            self._rules[run_id] = Rules.model_validate(rules["mapping"]), rules["columns"]


def _rows(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Row]:
    return [dict(zip(columns, cells, strict=True)) for cells in rows]
