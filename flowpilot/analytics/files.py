"""What a file says beside its rows: in its name and headers, and in a spreadsheet on its second sheet."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import Window
from flowpilot.http.csv import attachment
from flowpilot.http.xlsx import Spreadsheet

# Many proxies allow 4 KB for all headers of an answer.
_LONGEST_HEADER = 2000

_METRICS = "/api/v1/analytics/flowpilot/metrics"


def file_headers(name: str, window: Window, *, ending: str = "", kind: str = "csv") -> dict[str, str]:
    """The file's name, with the days of the window in it, and the window to the microsecond."""
    zone = ZoneInfo(window.timezone)
    first, last = window.start.astimezone(zone).date(), window.to.astimezone(zone).date()
    asked = {"from": window.start.isoformat(), "to": window.to.isoformat(), "tz": window.timezone}
    return {
        **attachment(f"flowpilot-{name}-{first}-to-{last}{ending}", kind),
        "FlowPilot-Window": urlencode(asked | {"as_of": window.as_of.isoformat()}),
        **filters_header(window.only.asked),
    }


def filters_header(filters: Mapping[str, Any]) -> dict[str, str]:
    """The filters, written as in an address, so that no text can break the line; none if that is too long."""
    header = urlencode(filters, doseq=True)
    return {"FlowPilot-Filters": header} if 0 < len(header) <= _LONGEST_HEADER else {}


def defined_by(report: str | None = None) -> dict[str, str]:
    """Where the figures are defined (RFC 8288): those of one report, or all."""
    query = "" if report is None else "?" + urlencode({"report": report})
    return {"Link": f'<{_METRICS}{query}>; rel="describedby"'}


def write_about(
    book: Spreadsheet,
    window: Window,
    *,
    what: str,
    filters: Mapping[str, Any],
    note: str = "",
    definitions: Sequence[str] = (),
) -> None:
    """The second sheet: what the first one shows, of which time, how it is filtered, and what its figures mean."""
    sheet = book.sheet("About", width=32)
    sheet.header(["About", what])
    sheet.rows(
        [
            ("From", window.start),
            ("To", window.to),
            ("As of", window.as_of),
            ("Time zone", window.timezone),
            *((f"Filter: {name}", _words(value)) for name, value in filters.items()),
            *([("Note", note)] if note else []),
        ]
    )
    sheet.rows(_definitions(definitions))


def _definitions(slugs: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for place, metric in enumerate(METRICS[slug] for slug in slugs):
        if place == 0:
            yield ()
            yield "Metric", "Definition", "Unit", "Population", "Exclusions"
        yield metric.title, metric.definition, metric.unit, metric.population, metric.exclusions


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
