"""The kinds of rows there are. A new one is a module beside this one, and an entry here."""

from typing import Any

from flowpilot.analytics.rows.base import RowKind
from flowpilot.analytics.rows.baselines import BASELINES
from flowpilot.analytics.rows.flows import FLOWS
from flowpilot.analytics.rows.handoffs import HANDOFFS
from flowpilot.analytics.rows.proposals import PROPOSALS
from flowpilot.analytics.rows.psa_posts import PSA_POSTS
from flowpilot.analytics.rows.sessions import SESSIONS
from flowpilot.analytics.rows.time_entries import TIME_ENTRIES

ROW_KINDS: tuple[RowKind[Any], ...] = (
    SESSIONS,
    HANDOFFS,
    PSA_POSTS,
    TIME_ENTRIES,
    PROPOSALS,
    BASELINES,
    FLOWS,
)
