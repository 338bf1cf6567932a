"""A report in the terminal: tables, with bars that show trends at a glance."""

import math
import statistics
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.schemas import Report
from flowpilot.durations import in_short

# The column of a list that the bars show.
_BARS = {
    "mttr_trend": "mttr_minutes",
    "sessions_by_domain": "total",
    "coverage_by_domain": "session_count",
    "daily_trend": "hours",
}
# The columns shown of a list that has more than fit into a terminal.
_FLOW_COLUMNS = ("name", "usage_count", "success_rate", "avg_confidence", "quality_score", "too_few_cases")
_GROUP_COLUMNS = ("n", "n_acted", "median_seconds_to_first_action", "bounce_back_rate", "release_rate")
_COLUMNS = {
    "domains": (
        "domain",
        "flow_count",
        "session_count",
        "resolution_rate",
        "escalation_rate",
        "guided_rate",
        "avg_resolution_minutes",
    ),
    "flows": _FLOW_COLUMNS,
    "top_performers": _FLOW_COLUMNS,
    "needs_attention": _FLOW_COLUMNS,
    "ranked": _FLOW_COLUMNS,
    "weak": _FLOW_COLUMNS,
    "stale": _FLOW_COLUMNS,
    "by_reason": ("reason", *_GROUP_COLUMNS),
    "by_domain": ("domain", *_GROUP_COLUMNS),
}
# Headings of those columns, short enough to fit side by side.
_HEADINGS = {
    "flow_count": "Flows",
    "session_count": "Sessions",
    "usage_count": "Uses",
    "resolution_rate": "Rate",
    "success_rate": "Success",
    "escalation_rate": "Escalated",
    "guided_rate": "Guided",
    "avg_confidence": "Guided",
    "quality_score": "Quality",
    "avg_resolution_minutes": "Minutes",
    "too_few_cases": "Few cases",
    "mttr_minutes": "Minutes",
    "n": "Handoffs",
    "n_acted": "Acted on",
    "median_seconds_to_first_action": "Median seconds",
    "bounce_back_rate": "Bounced",
    "release_rate": "Released",
}
_BAR_WIDTH = 10
_MOST_ROWS = 12
# From here on, a number of seconds or minutes is hard to grasp.
_LONG = 90
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LEVELS = "▁▂▃▄▅▆▇█"
_SPARKLINE_WIDTH = 70

# What programs need and people do not.
_HIDDEN = ("_ci95", "_id", "evidence", "unit", "estimator", "metric_definition")


def print_report(console: Console, title: str, report: Report, *, definitions: bool) -> None:
    """Print a report for a person."""
    body = report.model_dump(mode="json", by_alias=True)
    window, slugs, filters = body.pop("window"), body.pop("definitions"), body.pop("filters")
    asked = body.pop("period") or "custom window"
    moments = [window[name][:16].replace("T", " ") for name in ("from", "to", "as_of")]
    when = f"{moments[0]} to {moments[1]} UTC\nas of {moments[2]} UTC, days in {window['timezone']}"
    if filters:
        when += "\nonly " + ", ".join(f"{name} {value}" for name, value in filters.items())
    console.print(Panel(Text(when, justify="center"), title=f"[bold]{title}[/] · {asked}", box=box.ROUNDED))
    for block in _blocks("", body):
        console.print(block)
    if definitions:
        console.print(_definitions(slugs))
    else:
        console.print("What each figure means: add --definitions. Every figure: --format csv.", style="dim")


def _blocks(name: str, node: dict[str, Any]) -> list[RenderableType]:
    """The figures of one level, then its sections."""
    figures = {key: value for key, value in node.items() if not _is_section(value)}
    blocks: list[RenderableType] = []
    if figures:
        blocks.append(_figures(name, figures))
    estimates = {key: value for key, value in node.items() if _is_estimate(value)}
    if estimates:
        blocks.append(_estimates(name, estimates))
    for key, value in node.items():
        if key in estimates or (key == "missing" and not value):
            continue
        if isinstance(value, dict):
            blocks.extend(_blocks(key, value))
        elif value == []:
            blocks.append(Text(f"  {_title(key)}: none in this window.", style="dim"))
        elif key == "comparisons":
            for one in value:
                figures = {name: inner for name, inner in one.items() if name != "curve"}
                blocks.extend(_blocks(f"{key}, by {one['clock']}", figures))
        elif _is_section(value):
            blocks.append(_rows(key, value))
    return blocks


def _is_section(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and (not value or isinstance(value[0], dict)))


def _is_estimate(value: Any) -> bool:
    return isinstance(value, dict) and "ci95" in value


def _estimates(name: str, estimates: dict[str, dict[str, Any]]) -> RenderableType:
    """Estimates side by side, with what has changed if they are compared."""
    table = Table(title=_title(name), box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1, 0, 0))
    compared = any("difference" in estimate for estimate in estimates.values())
    for heading in ("", "Value", "n", *(("Since then", "Direction") if compared else ())):
        table.add_column(heading, no_wrap=True, style=None if heading else "cyan")
    for key, estimate in estimates.items():
        cells = [_short(estimate["value"]) + _interval(estimate["ci95"]), _value(estimate["n"])]
        if compared:
            change = estimate["difference"]
            cells.append("" if change is None else f"{change:+.3g}" + _interval(estimate["difference_ci95"]))
            cells.append(estimate["direction"] or "")
        table.add_row(_title(key), *cells)
    return table


def _figures(name: str, figures: dict[str, Any]) -> RenderableType:
    table = Table(title=_title(name) or None, box=box.SIMPLE, show_header=False, title_justify="left")
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for key, value in figures.items():
        if not key.endswith(_HIDDEN):
            unit = "seconds" if figures.get("unit") == "seconds" and not key.startswith("n") else key
            table.add_row(
                _title(key), _value(value) + _duration(unit, value) + _interval(figures.get(f"{key}_ci95"))
            )
    return table


def _rows(name: str, rows: list[dict[str, Any]]) -> RenderableType:
    if name == "gaps":
        return Group(*map(_gap, rows))
    days = "date" in rows[0]
    shown = rows[-_MOST_ROWS:] if days else rows[:_MOST_ROWS]
    bar = _BARS.get(name)
    table = _table(name, shown, bar)
    if len(rows) == len(shown):
        return table
    if days and bar:
        return Group(_sparkline(name, [row[bar] for row in rows]), table)
    return Group(table, Text(f"  and {len(rows) - len(shown)} more", style="dim"))


def _table(name: str, rows: list[dict[str, Any]], bar: str | None) -> Table:
    table = Table(title=_title(name), box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1, 0, 0))
    columns = _COLUMNS.get(name) or [key for key in rows[0] if not key.endswith(_HIDDEN)]
    top = max((row[bar] or 0 for row in rows), default=0) if bar else 0
    # There is room for one interval per line: that of the first figure that has one.
    with_interval = next((key for key in columns if f"{key}_ci95" in rows[0]), None)
    cells = [
        [_short(row[key]) + (_interval(row[f"{key}_ci95"]) if key == with_interval else "") for key in columns]
        for row in rows
    ]
    for key, column in zip(columns, zip(*cells, strict=True), strict=True):
        # A heading may wrap, a figure never.
        width = max(Text.from_markup(cell).cell_len for cell in column)
        is_number = isinstance(rows[0][key], int | float)
        heading = _HEADINGS.get(key, _title(key))
        table.add_column(heading, justify="right" if is_number else "left", min_width=min(width, 24))
    if bar:
        table.add_column("", width=_BAR_WIDTH, no_wrap=True)
    for row, line in zip(rows, cells, strict=True):
        table.add_row(*line, *([_bar(row[bar] or 0, top)] if bar else []))
    return table


def _gap(gap: dict[str, Any]) -> Text:
    color = {"high": "red", "medium": "yellow", "low": "green"}[gap["severity"]]
    evidence = gap["evidence"]
    return Text.assemble(
        ("  ● ", color),
        (gap["title"], "bold"),
        (f"  {gap['severity']}\n", color),
        f"    {gap['description']} The rate is at least {evidence['lower_bound']:.0%} (95 %).\n",
        (f"    {gap['suggested_action']}\n", "italic"),
    )


def _sparkline(name: str, values: list[float]) -> Text:
    """All days in one line; each mark is the mean of as many days as needed to make them fit."""
    size = math.ceil(len(values) / _SPARKLINE_WIDTH)
    marks = [statistics.fmean(values[start : start + size]) for start in range(0, len(values), size)]
    top = max(marks) or 1
    line = "".join(_LEVELS[min(7, int(8 * mark / top))] for mark in marks)
    what = "a day" if size == 1 else f"{size} days"
    return Text(f"  {_title(name)}, {len(values)} days, each mark {what}, the highest {top:,.10g}\n  {line}\n")


def _bar(value: float, top: float) -> str:
    eighths = round(8 * _BAR_WIDTH * value / top) if top else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _interval(bounds: list[float | None] | None) -> str:
    if not bounds:
        return ""
    low, high = ("?" if bound is None else _short(float(f"{bound:.3g}")) for bound in bounds)
    # A minus sign next to a dash is hard to read.
    return f" [dim]{low} to {high}[/]" if "-" in low + high else f" [dim]{low}-{high}[/]"


def _value(value: Any) -> str:
    match value:
        case None:
            return "[dim]none[/]"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:,.10g}"
        case int():
            return f"{value:,}"
        case list():
            return " ".join(map(_value, value))
        case _:
            return escape(str(value))


def _short(value: Any) -> str:
    """A value for a narrow place: two decimals are enough for a rate."""
    return f"{value:.2f}" if isinstance(value, float) and 0 < value <= 1 else _value(value)


def _duration(key: str, value: Any) -> str:
    """A long time once more, in the units that people use."""
    size = next((size for unit, size in (("seconds", 1), ("minutes", 60)) if key.endswith(unit)), None)
    if size is None or not isinstance(value, int | float) or value < _LONG:
        return ""
    return f" [dim]= {in_short(value * size)}[/]"


def _title(key: str) -> str:
    words = key.replace("_", " ").capitalize()
    return words.replace("Mttr", "MTTR").replace("mttr", "MTTR").replace("Psa", "PSA")


def _definitions(slugs: list[str]) -> Table:
    table = Table(
        title="What the figures mean", box=box.SIMPLE, show_header=False, title_justify="left", style="dim"
    )
    for slug in slugs:
        table.add_row(f"[bold]{METRICS[slug].title}[/]", escape(METRICS[slug].definition))
    return table
