"""How figures and times are shown in a page."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from flowpilot.copilot.asking import asks
from flowpilot.durations import in_short, of_work
from flowpilot.sessions.problem.titles import without_greeting
from flowpilot.text import tidy

_NBSP = "\u00a0"
_MOMENT = Markup('<time datetime="%s" title="%s">%s</time>')
_SINCE = Markup('<time datetime="%s" data-since="%s">%s</time>')

# Fields of forms whose label is not their name.
_LABELS = {
    "base_url": "Address",
    "client_name": "Client",
    "hold_minutes": "Minutes to wait",
    "files": "Screenshots and files",
    "free_text": "What you found or did",
    "idle_minutes": "Sessions are abandoned after (minutes)",
    "lease_minutes": "Claims expire after (minutes)",
    "occurred_at": "When it began",
    "other": "Another time",
    "problem_domain": "Domain",
    "problem_summary": "Problem",
    "psa_ticket_id": "Ticket",
    "question": "Your question",
    "answer": "Your answer",
    "reason": "Why",
    "summary": "What solved it",
    "target_user_id": "Assign to",
    "template": "Address of a ticket",
    "timezone": "Time zone",
    "tried": "What you tried",
    "url": "Address",
    "work_end": "To",
    "work_start": "From",
}
# Of forms whose field is called otherwise.
_LABELS_IN = {
    ("escalate", "note"): "What you think it is",
    ("escalate", "found"): "What you know of that",
    ("steps", "note"): "What you saw",
    ("failed", "note"): "What you saw instead",
    ("reopen", "reason"): "What is not solved",
    ("verify", "fix"): "What you did",
}

# Names whose words are not only capitalised.
_SPELLINGS = {
    "Ai enhanced": "AI-enhanced",
    "Ai generated": "AI-generated",
    "Api key": "API key",
    "Email": "E-mail",
    "Parked": "Set aside",
    "Psa connection": "Ticket system",
    "Psa member": "Ticket system: who is who",
    "Psa rules": "Ticket system: what is posted",
    "Subflow": "Sub-flow",
    "Psa statuses": "Ticket system: statuses",
    "Returned": "Given back",
}

# The nouns that reports count.
_ONE = {
    "days": "day",
    "domains": "domain",
    "engineers": "engineer",
    "entries": "entry",
    "flows": "flow",
    "gaps": "gap",
    "handoffs": "handoff",
    "hours": "hour",
    "months": "month",
    "nodes": "node",
    "postings": "posting",
    "problems": "problem",
    "pushes": "push",
    "rows": "row",
    "sessions": "session",
    "snapshots": "snapshot",
    "steps": "step",
    "suggestions": "suggestion",
    "tickets": "ticket",
    "weeks": "week",
    "cases": "case",
    "columns": "column",
    "ends": "end",
}


def duration(seconds: float | None) -> str:
    """A duration in its two largest units, which stay in one line; a dash for one that is not known."""
    return "–" if seconds is None else in_short(seconds, space=_NBSP)


def billed(seconds: float) -> str:
    """Time that is booked, as a note says it: up to the minute."""
    return of_work(timedelta(seconds=seconds)).replace(" ", _NBSP)


def moment(at: datetime | None, zone: str) -> Markup | str:
    """A date and time in a zone, with the form for machines in its attributes."""
    if at is None:
        return "–"
    local = at.astimezone(ZoneInfo(zone))
    return _MOMENT % (at.isoformat(), f"{local:%A %-d %B %Y, %H:%M:%S %Z}", f"{local:%-d %b %Y, %H:%M}")


def day(iso: str) -> str:
    """A day that is written as in ISO 8601: `3 Jan 2026`."""
    return f"{date.fromisoformat(iso):%-d %b %Y}"


def since(at: datetime | None, now: datetime) -> Markup | str:
    """How long ago something was. A script keeps it up to date."""
    if at is None:
        return "–"
    moment_, gone = at.isoformat(), max(0.0, (now - at).total_seconds())
    return _SINCE % (moment_, moment_, duration(gone))


def until(at: datetime, now: datetime) -> Markup:
    """How long it is until something, in whole minutes until the last one. A script keeps it up to date."""
    left = max(0, int((at - now).total_seconds()))
    return Markup('<time datetime="{}" data-until="{}">{}</time>').format(
        at.isoformat(), at.isoformat(), duration(left if left < 60 else left // 60 * 60)
    )


def clock(at: datetime, now: datetime, zone: str) -> Markup | str:
    """A time in a zone, with its date unless that is today."""
    local = at.astimezone(ZoneInfo(zone))
    if local.date() != now.astimezone(ZoneInfo(zone)).date():
        return moment(at, zone)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), f"{local:%A %-d %B %Y, %H:%M:%S %Z}", f"{local:%H:%M}"
    )


def parted(text: str, length: int = 160) -> tuple[str, str]:
    """The beginning of a long text, of two lines at most, and the rest, which is folded away; or no rest."""
    lines = text.strip().splitlines()
    whole, shown = "\n".join(lines), "\n".join(lines[:2])
    if len(whole) <= length and len(lines) <= 3:
        return whole, ""
    if len(shown) > length:
        shown = shown[:length].rpartition(" ")[0] or shown[:length]
    return shown.rstrip(), whole[len(shown) :].strip()


def beginning(text: str) -> str:
    """A text as one of a few lines: its first words."""
    return tidy(text, 60)


def in_a_line(text: str) -> str:
    """A text as a title: on one line, and not longer than two lines of a heading."""
    return tidy(text, 90)


def number(value: float | None, digits: int = 0) -> str:
    """A number with its thousands set apart, or a dash if it is not known."""
    return "–" if value is None else f"{value:,.{digits}f}".replace(",", "\u202f")


def share(value: float | None) -> str:
    """A share of 0..1 in percent."""
    return "–" if value is None else f"{100 * value:.0f}{_NBSP}%"


def bounds(interval: Any, show: Callable[[Any], str]) -> str:
    """A 95 % interval, such as `4 min to 9 min`; an end that is not known is left open."""
    if interval is None:
        return "no interval yet"
    low, high = interval
    if low is None and high is None:
        return "no interval yet"
    if high is None:
        return f"{show(low)} or more"
    return f"up to {show(high)}" if low is None else f"{show(low)} to {show(high)}"


def agreeing(words: str, n: int) -> str:
    """The words after a count: `sessions`, but `session` after 1."""
    return words if n != 1 else " ".join(_ONE.get(word, word) for word in words.split(" "))


def counted(n: int, words: str) -> str:
    """A count and what it counts: `12 sessions`, `1 session`."""
    return f"{number(n)} {agreeing(words, n)}"


def plain(name: str) -> str:
    """A name of the code as words: `requesting_escalation` is `Requesting escalation`."""
    words = str(name).replace("_", " ").capitalize()
    for start, spelled in _SPELLINGS.items():
        if words.startswith(start):
            return spelled + words.removeprefix(start)
    return words


def file_size(n_bytes: int) -> str:
    """`12 kB`, `3.4 MB`: as a file manager shows it."""
    if n_bytes < 1_000_000:
        return f"{max(1, round(n_bytes / 1_000))} kB"
    return f"{n_bytes / 1_000_000:.1f} MB"


def field_label(name: str, form: str = "") -> str:
    """The label that a field of a form has on its page. `form`: the end of the address that it is sent to."""
    return _LABELS_IN.get((form, name)) or _LABELS.get(name) or plain(name)


FILTERS: dict[str, Callable[..., Any]] = {
    "counted": counted,
    "billed": billed,
    "duration": duration,
    "file_size": file_size,
    "moment": moment,
    "day": day,
    "since": since,
    "until": until,
    "clock": clock,
    "parted": parted,
    "beginning": beginning,
    "without_greeting": without_greeting,
    "asks": asks,
    "in_a_line": in_a_line,
    "number": number,
    "share": share,
    "bounds": bounds,
    "agreeing": agreeing,
    "plain": plain,
}
