"""What a page offers to narrow a report to."""

import uuid
from dataclasses import dataclass

from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import CREATED_IN_WINDOW, statement
from flowpilot.analytics.summed.planned import planned_once
from flowpilot.analytics.summed.sources import GAPS, summed
from flowpilot.db.session import ReadDb

# More than anybody looks through; whoever needs another one comes from its page.
MOST_CHOICES = 300


@dataclass(frozen=True, slots=True)
class Choices:
    """Clients and flows by id and name, and the window's domains."""

    clients: list[tuple[uuid.UUID, str]]
    flows: list[tuple[uuid.UUID, str]]
    domains: list[str]


_SQL = statement(f"""
WITH {GAPS}
(SELECT 'client' AS kind, id, name FROM clients
 WHERE account_id = :account_id AND merged_into_id IS NULL ORDER BY lower(name), id LIMIT {MOST_CHOICES})
UNION ALL
(SELECT 'flow', id, name FROM trees
 WHERE account_id = :account_id AND deleted_at IS NULL ORDER BY lower(name), id LIMIT {MOST_CHOICES})
UNION ALL
(SELECT 'domain', NULL, domain
 FROM (SELECT problem_domain AS domain FROM ai_sessions WHERE {CREATED_IN_WINDOW} {summed("cell", "domain")}) said
 WHERE domain IS NOT NULL
 GROUP BY domain ORDER BY domain COLLATE "C" LIMIT {MOST_CHOICES})
""")


async def choices(db: ReadDb, window: Window) -> Choices:
    """The choices of a window, in one statement."""
    rows = (await planned_once(db, _SQL, window.parameters)).all()
    named = {kind: [(row.id, row.name) for row in rows if row.kind == kind] for kind in ("client", "flow")}
    return Choices(named["client"], named["flow"], [row.name for row in rows if row.kind == "domain"])
