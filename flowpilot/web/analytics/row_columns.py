"""How a page of rows is worded: its title, and its columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flowpilot.analytics.rows.base import RowFilter
from flowpilot.web.formatting import duration, plain

_NOUNS = {
    "sessions": "Sessions",
    "handoffs": "Handoffs",
    "psa-posts": "Posts to the PSA",
    "time-entries": "Time entries",
    "proposals": "Flow proposals",
    "baselines": "Verbal handoffs",
    "flows": "Flows",
}

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Say = Callable[[Any], str]


def _yes_no(yes: str, no: str) -> Say:
    return lambda value: yes if value else no


def _any_of(value: list[str]) -> str:
    return " or ".join(plain(one).lower() for one in value)


_BY = {
    "created": "created in the window",
    "any_time": "created at any time before its end",
    "claimed": "claimed in the window",
    "claim_event": "with a claim in the window",
    "doc_pushed": "whose note reached the PSA in the window",
    "time_entry_logged": "with a time entry in the window",
}
_STATES = {
    "unclaimed": "not claimed",
    "waiting": "waiting",
    "claimed": "claimed by its end",
    "acted": "acted on",
    "not_acted": "not acted on",
    "pending": "neither acted on nor closed",
    "closed": "closed",
    "acted_ever": "acted on",
    "claimant_acted": "acted on by the claimant",
    "claimant_not_acted": "not acted on by the claimant",
}

# What each filter says. The ids of a flow and of a client are replaced by their names.
_WORDS: Mapping[str, Say] = {
    "status": lambda value: _any_of(value if isinstance(value, list) else [value]),
    "domain": lambda value: f"domain {value}",
    "without_client": _yes_no("without a client", "with a client"),
    "without_domain": _yes_no("without a domain", "with a domain"),
    "tier": lambda value: f"tier {plain(value).lower()}",
    "without_flow": _yes_no("matched to no flow", "matched to a flow"),
    "left_options": _yes_no("with an answer in free text", "without an answer in free text"),
    "phrase": lambda value: f"matched to no flow, saying “{value}”",
    "has_ticket": _yes_no("with a ticket", "without a ticket"),
    "rated": _yes_no("rated", "not rated"),
    "timed": _yes_no("with a time to resolution", "without a time to resolution"),
    "resolved_on": lambda value: f"resolved on {value:%-d %B %Y}",
    "created_weekday": lambda value: f"on {DAYS[value - 1]}s",
    "created_hour": lambda value: f"from {value}:00 to {value + 1}:00",
    "open_on": lambda value: f"open at the end of {value:%-d %B %Y}",
    "state": lambda value: _STATES[value],
    "claim_time_unknown": _yes_no("claimed at an unknown time", "not claimed at an unknown time"),
    "reason": lambda value: f"reason “{value}”",
    "without_reason": _yes_no("without a reason", "with a reason"),
    "not_reason": lambda value: f"none of the {len(value)} listed reasons",
    "released": _yes_no("released or with an expired lease", "neither released nor expired"),
    "imported": _yes_no("from imports", "not from imports"),
    "bounced_back": _yes_no("that came back", "that did not come back"),
    "from_seconds": lambda value: f"acted on {duration(value)} or more after the claim",
    "to_seconds": lambda value: f"acted on less than {duration(value)} after the claim",
    "completeness_known": _yes_no("whose snapshot says how complete it is", "whose snapshot does not say"),
    "retried": _yes_no("after more than one try", "at the first try"),
    "day": lambda value: f"on {value:%-d %B %Y}",
    "outcome": lambda value: plain(value).lower(),
    "method": lambda value: {"stopwatch": "by stopwatch", "entered": "entered afterwards"}[value],
    "running": _yes_no("still running", "not running"),
    "excluded": _yes_no("excluded", "not excluded"),
    "excluded_reason": lambda value: f"excluded: {value}",
    "usable": _yes_no("in use", "retired"),
    "made_by_ai": _yes_no("made or improved by AI", "not made by AI"),
}


def in_words(kind: str, row_filter: RowFilter, flow: str | None = None, client: str | None = None) -> str:
    """The title of rows: what they are, and how they are filtered.

    `flow` and `client` are the names of those asked for.
    """
    asked = row_filter.parameters
    what = [_NOUNS[kind], *([_BY[asked.pop("by")]] if "by" in asked else [])]
    said = [_WORDS[name](value) for name, value in asked.items() if name in _WORDS]
    if getattr(row_filter, "flow_id", None) is not None:
        said.append(f"flow “{flow}”" if flow else "of one flow")
    if getattr(row_filter, "client_id", None) is not None:
        said.append(f"client “{client}”" if client else "of one client")
    return " ".join(what) + (f": {', '.join(said)}" if said else "")


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the rows, its heading, and how it is shown. `link` is the field with the id that it links to.

    `working` is the field with the same stretch in working hours, said below it where it differs.
    """

    field: str
    title: str
    show: str = "text"
    link: str | None = None
    to: str = ""
    working: str | None = None


def _session(link: str) -> Column:
    return Column("problem_summary", "Problem", "words", link, "/sessions/")


_DOMAIN = Column("problem_domain", "Domain")
_CLIENT = Column("client", "Client", "text", "client_id", "/clients/")
_CREATED = Column("created_at", "Created", "moment")

COLUMNS: dict[str, tuple[Column, ...]] = {
    "sessions": (
        _session("id"),
        _CLIENT,
        _DOMAIN,
        Column("status", "Status", "status"),
        Column("confidence_tier", "Tier", "plain"),
        Column("flow", "Flow", "text", "flow_id", "/flows/"),
        Column("owner", "Owner"),
        Column("psa_ticket_id", "Ticket", "ticket"),
        Column("step_count", "Steps", "number"),
        Column("session_rating", "Rating", "number"),
        _CREATED,
        Column("minutes_to_resolution", "To resolution", "minutes", working="working_minutes_to_resolution"),
    ),
    "handoffs": (
        Column("problem_summary", "Problem", "words", "id", "/handoffs/"),
        _CLIENT,
        _DOMAIN,
        Column("reason", "Reason", "words"),
        Column("priority", "Priority", "priority"),
        _CREATED,
        Column("created_by", "Escalated by"),
        Column("claimed_by", "Claimed by"),
        Column("seconds_to_claim", "To claim", "seconds"),
        Column("seconds_to_first_action", "Claim to first action", "seconds"),
        Column(
            "seconds_to_claimant_action",
            "Claim to claimant's action",
            "seconds",
            working="working_seconds_to_claimant_action",
        ),
        Column("outcome", "Outcome", "plain"),
    ),
    "psa-posts": (
        _session("session_id"),
        _CLIENT,
        Column("ticket_id", "Ticket", "ticket"),
        Column("status", "Status", "plain"),
        Column("retry_count", "Retries", "number"),
        Column("posted_at", "Posted", "moment"),
    ),
    "time-entries": (
        _session("session_id"),
        _CLIENT,
        _DOMAIN,
        Column("psa_ticket_id", "Ticket", "ticket"),
        Column("hours_logged", "Hours", "hours"),
        _CREATED,
    ),
    "proposals": (
        _session("source_session_id"),
        Column("kind", "Kind", "plain"),
        Column("status", "Status", "plain"),
        _CREATED,
        Column("reviewed_at", "Reviewed", "moment"),
        Column("reviewed_by", "By"),
    ),
    "baselines": (
        _CREATED,
        Column("method", "Method", "plain"),
        Column("seconds", "Time", "seconds"),
        Column("measured_by", "Measured by"),
        _DOMAIN,
        Column("note", "Note", "words"),
        Column("excluded_reason", "Excluded because", "words"),
        Column("excluded_by", "Excluded by"),
    ),
    "flows": (
        Column("name", "Flow", "words", "id", "/flows/"),
        Column("category", "Domain"),
        Column("tree_type", "Type", "plain"),
        Column("origin", "Made by", "plain"),
        Column("is_active", "Active", "yes"),
        _CREATED,
        Column("deleted_at", "Deleted", "moment"),
    ),
}
