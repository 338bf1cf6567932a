"""What an import did, or would do, as the command prints it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from flowpilot.durations import in_short
from flowpilot.imports.case.model import Case, Handoff
from flowpilot.imports.days import reports_of, window_of
from flowpilot.imports.preview import Preview
from flowpilot.imports.progress import Changes, ImportSummary
from flowpilot.imports.psa.bringing import Fetched
from flowpilot.imports.runs import Run
from flowpilot.imports.undo import Undone
from flowpilot.imports.unusable import UnusableRows

# How many warnings are shown; the others are counted.
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Reports:
    """Where the reports of an account are; `public_url` is None if nobody has set it."""

    account_id: UUID
    public_url: str | None

    def showing(self, done: ImportSummary) -> Iterator[str]:
        """How to see what an import brought: the command, and the address of the page."""
        if done.first_day is None or done.last_day is None:
            return
        first, end = window_of(done.first_day, done.last_day)
        days = f"{done.first_day} to {done.last_day}"
        yield f"It is from {days}. The reports show it:"
        yield f"  flowpilot report dashboard --account {self.account_id} --from {first} --to {end}"
        yield f"  {(self.public_url or '').rstrip('/')}{reports_of(first, end)}"


def in_words(name: str, done: ImportSummary, reports: Reports) -> str:
    """What the import did, as the command prints it."""
    if done.already_imported_at is not None:
        return f"{name} was already imported on {done.already_imported_at:%Y-%m-%d %H:%M} UTC. Nothing changed."
    if done.sessions or done.changes.updated:
        text = (
            f"Imported {_counted(done.rows, 'row')}. "
            f"Sessions: {done.sessions:,}, with {_counted(done.steps, 'step')}. "
            f"Handoffs: {done.handoffs:,}, {done.claimed:,} of them claimed. New people: {done.people_created:,}."
        )
    else:
        text = f"{name}: nothing new. Cases that are here already: {done.changes.unchanged:,}."
    if done.cases_already_here:
        text += f" Left as they are, because sessions of yours have their tickets: {done.cases_already_here:,}."
    if done.cases_left_out:
        text += f" Cases that the mapping leaves out: {done.cases_left_out:,}."
    lines = [
        text,
        *_not_rows(done.lines_left_out),
        *_unusable(done.unusable),
        *done.repeated.sentences(),
        *done.odd_times,
        *filter(None, [done.letters]),
        *_changes(done.changes, "Updated"),
        *_warnings(done.warnings),
        *reports.showing(done),
    ]
    return "\n".join(lines)


def _not_rows(lines: Sequence[str]) -> Iterator[str]:
    """What stands above or below the rows of a file."""
    if lines:
        reason = "it is not a row" if len(lines) == 1 else "they are not rows"
        yield f"Left out, because {reason}: {'; '.join(lines)}"


def _unusable(found: UnusableRows) -> Iterator[str]:
    """Rows that cannot be used, whose tickets are left out."""
    if not found.rows:
        return
    yield found.sentence
    yield from (f"  {row.place}: {row.problem}" for row in found.listed)
    if found.rows > len(found.listed):
        yield f"  and {found.rows - len(found.listed):,} more"


def _changes(changes: Changes, verb: str) -> Iterator[str]:
    """What is different in cases that earlier imports brought."""
    if not changes.updated and not changes.unchanged:
        return
    known = changes.updated + changes.unchanged
    yield f"{verb} {changes.updated:,} of {_counted(known, 'case')} that earlier imports brought."
    if changes.less:
        yield f"  Less than before, as by an older export: {changes.less:,} (steps, handoffs, claims, or open)."
    if changes.fields:
        fields = sorted(changes.fields.items(), key=lambda field: -field[1])
        yield "  Different: " + ", ".join(f"{name} in {n:,}" for name, n in fields)
    for ticket, different in changes.examples[:_SHOWN]:
        yield f"  {ticket}: " + "; ".join(f"{name} {words}" for name, words in different.items())


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _warnings(warnings: Sequence[Mapping[str, str]]) -> Iterator[str]:
    if not warnings:
        return
    yield (
        f"Ends that the log dates before their beginnings: {len(warnings):,}. Their times are unknown, so no mean"
        " or median counts them. The import keeps all of them in import_runs.warnings:"
    )
    for one in warnings[:_SHOWN]:
        yield f"  {one['ticket']}: {one['field']} {one['text']}, began {one['begins']}"
    if len(warnings) > _SHOWN:
        yield f"  and {len(warnings) - _SHOWN:,} more"


def preview_in_words(name: str, found: Preview, zone: tzinfo) -> str:
    """What an import would bring, its first cases as they will read in the zone, and what to look at again."""
    return "\n".join(_preview_lines(name, found, zone))


def _preview_lines(name: str, found: Preview, zone: tzinfo) -> Iterator[str]:
    figures = found.figures
    yield f"{name}: nothing was imported. It would bring, of {_counted(found.rows, 'row')}:"
    statuses = ", ".join(f"{n:,} {status.replace('_', ' ')}" for status, n in sorted(figures.statuses.items()))
    yield f"  New cases {figures.cases:,}" + (f" ({statuses})" if statuses else "")
    yield f"  Steps     {figures.steps:,}"
    yield f"  People    {len(figures.people):,}, {found.new_people:,} of them new"
    yield f"  Handoffs  {figures.handoffs:,}, {figures.claims:,} of them claimed"
    mean, middle = _minutes(figures.mean_minutes), _minutes(figures.median_minutes)
    yield f"  MTTR      {mean}, median {middle}, N {len(figures.minutes):,}"
    if found.cases_already_here:
        yield f"  Left as they are, because sessions of yours have their tickets: {found.cases_already_here:,}"
    if found.cases_left_out:
        yield f"  Cases that the mapping leaves out: {found.cases_left_out:,}"
    yield from (f"  {line}" for line in _not_rows(found.lines_left_out))
    yield from (f"  {line}" for line in _unusable(found.unusable))
    yield from (f"  {sentence}" for sentence in found.repeated.sentences())
    yield from (f"  {line}" for line in _changes(found.changes, "It would update"))
    if found.equal.question:
        yield ""
        yield "It cannot be imported before you have said more:"
        yield from (f"  {sentence}" for sentence in [*found.equal.sentences(), found.equal.way_out])
        yield "  On the command line: --equal-numbers, and for a file --system NAME."
    for case in figures.first:
        yield ""
        yield from _case_lines(case, zone)
    warnings = found.warnings()
    if warnings:
        yield ""
        yield "Look again:"
        yield from (f"  {warning}" for warning in warnings)


def _minutes(minutes: float | None) -> str:
    return "unknown" if minutes is None else f"{minutes:,.6g} min ({in_short(minutes * 60)})"


def _case_lines(case: Case, zone: tzinfo) -> Iterator[str]:
    facts = [case.status.replace("_", " "), case.domain, case.client, case.engineer]
    yield f"{case.ticket}: {case.summary or 'no summary'} ({', '.join(filter(None, facts))})"
    ends = "" if case.resolved_at is None else f", resolved {_clock(case.resolved_at, zone)}"
    yield f"  opened {_clock(case.created_at, zone)}{ends}, {_counted(len(case.steps), 'step')}"
    yield from (f"  handed over {_handoff(handoff, zone)}" for handoff in case.handoffs)


def _handoff(handoff: Handoff, zone: tzinfo) -> str:
    claim, given = handoff.claim, _clock(handoff.at, zone)
    by = f" by {handoff.by}" if handoff.by else ""
    if claim is None:
        return f"{given}{by}, claimed by nobody"
    return f"{given}{by}, claimed by {claim.by} {_clock(claim.at, zone) if claim.at else 'at an unknown time'}"


def _clock(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}".rstrip()


def runs_in_words(runs: Sequence[Run]) -> str:
    """The imports of an account, one a line."""
    if not runs:
        return "Nothing was imported yet. Begin with: flowpilot import FILE --mapping NAME --account ID --dry-run"
    return "\n".join(
        f"{run.id}  {run.created_at:%Y-%m-%d %H:%M} UTC  {run.file_name} ({run.mapping}): "
        f"{_counted(run.counts.get('sessions', 0), 'session')}{_days(run.counts)}"
        for run in runs
    )


def _days(counts: Mapping[str, Any]) -> str:
    """The days that an import is from, if they are known."""
    first, last = counts.get("first_day"), counts.get("last_day")
    return f", from {first} to {last}" if first and last else ""


def undone_in_words(undone: Undone) -> str:
    """What went with an import."""
    text = (
        f"Removed {_counted(undone.sessions, 'session')} with their steps and handoffs, "
        f"{_counted(undone.people, 'member')} and {_counted(undone.clients, 'client')}."
    )
    if undone.sessions_restored:
        text += f" Sessions that are as other imports say: {undone.sessions_restored:,}."
    if undone.sessions_kept:
        text += f" Sessions that stay, because somebody has worked with them since: {undone.sessions_kept:,}."
    return text


def fetched_in_words(fetched: Fetched) -> Iterator[str]:
    """What is to be known of fetched tickets: those that have sessions of our own, and what is not told."""
    own = fetched.own
    if own.tickets:
        yield f"Not brought again, because sessions of yours have them: {_counted(own.tickets, 'ticket')}."
    if own.other_state:
        yield f"  In another state there: {own.other_state:,}"
    if own.less_time:
        yield f"  With less time there than was booked from here: {own.less_time:,}"
    yield from (f"  {example}" for example in own.examples)
    if fetched.refused:
        yield f"Left out, because they cannot be used: {_counted(len(fetched.refused), 'ticket')}."
        yield from (f"  {one}" for one in fetched.refused[:_SHOWN])
        if len(fetched.refused) > _SHOWN:
            yield f"  and {len(fetched.refused) - _SHOWN:,} more"
    if fetched.lacks:
        yield f"{fetched.system}: {fetched.lacks}"
