"""A report in the terminal: tables, with bars where people would rather look than read."""

from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.schemas import Report

# The column of a list that its bars are drawn from.
_BARS = {
    "mttr_trend": "mttr_minutes",
    "sessions_by_domain": "total",
    "coverage_by_domain": "session_count",
    "domains": "session_count",
    "flows": "quality_score",
    "top_performers": "quality_score",
    "daily_trend": "hours",
}
_BAR_WIDTH = 24
_MOST_DAYS = 14
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LEVELS = "▁▂▃▄▅▆▇█"


def print_report(console: Console, title: str, report: Report) -> None:
    """Print a report for a person."""
    body = report.model_dump(mode="json", by_alias=True)
    window, slugs = body.pop("window"), body.pop("definitions")
    asked = body.pop("period") or "custom window"
    zone = window["timezone"]
    when = f"{window['from'][:16]} to {window['to'][:16]} UTC · days in {zone} · as of {window['as_of'][:16]}"
    console.print(Panel(Text(when, justify="center"), title=f"[bold]{title}[/] · {asked}", box=box.ROUNDED))
    for block in _blocks("", body):
        console.print(block)
    console.print(_definitions(slugs))


def _blocks(name: str, node: dict[str, Any]) -> list[RenderableType]:
    """The figures of one level first, then its sections."""
    figures = {key: value for key, value in node.items() if not _is_section(value)}
    blocks: list[RenderableType] = []
    if figures:
        blocks.append(_figures(name, figures))
    for key, value in node.items():
        if isinstance(value, dict):
            blocks.extend(_blocks(key, value))
        elif value == []:
            blocks.append(Text(f"  {_title(key)}: none in this window.", style="dim"))
        elif _is_section(value):
            blocks.append(_rows(key, value))
    return blocks


def _is_section(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and (not value or isinstance(value[0], dict)))


def _figures(name: str, figures: dict[str, Any]) -> RenderableType:
    table = Table(title=_title(name) or None, box=box.SIMPLE, show_header=False, title_justify="left")
    table.add_column(style="cyan")
    table.add_column(justify="left")
    for key, value in figures.items():
        if not key.endswith("_ci95") or f"{key.removesuffix('_ci95')}" not in figures:
            table.add_row(_title(key), _value(value) + _interval(figures.get(f"{key}_ci95")))
    return table


def _rows(name: str, rows: list[dict[str, Any]]) -> RenderableType:
    bar = _BARS.get(name)
    columns = [key for key in rows[0] if not key.endswith(("_ci95", "_id", "evidence"))]
    table = Table(title=_title(name), box=box.SIMPLE_HEAD, title_justify="left")
    for key in columns:
        table.add_column(_title(key), justify="right" if isinstance(rows[0][key], int | float) else "left")
    if bar:
        table.add_column("", width=_BAR_WIDTH, no_wrap=True)
    top = max((row[bar] or 0 for row in rows), default=0) if bar else 0
    for row in rows[-_MOST_DAYS:] if "date" in rows[0] else rows:
        cells = [_value(row[key]) + _interval(row.get(f"{key}_ci95")) for key in columns]
        table.add_row(*cells, *([_bar(row[bar] or 0, top)] if bar else []))
    if bar and "date" in rows[0] and len(rows) > _MOST_DAYS:
        return Group(_sparkline(name, [row[bar] for row in rows]), table)
    return table


def _sparkline(name: str, values: list[float]) -> Text:
    top = max(values) or 1
    line = "".join(_LEVELS[min(7, int(8 * value / top))] for value in values)
    return Text(f"{_title(name)}, {len(values)} days (the newest {_MOST_DAYS} below), highest {top:g}\n{line}")


def _bar(value: float, top: float) -> str:
    eighths = round(8 * _BAR_WIDTH * value / top) if top else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _interval(bounds: list[float | None] | None) -> str:
    if not bounds:
        return ""
    low, high = ("…" if bound is None else f"{bound:g}" for bound in bounds)
    return f" [dim]({low} to {high})[/]"


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
            return str(value).replace("[", r"\[")


def _title(key: str) -> str:
    return key.replace("_", " ").capitalize().replace("Mttr", "MTTR").replace("psa", "PSA").replace("Psa", "PSA")


def _definitions(slugs: list[str]) -> Table:
    table = Table(
        title="What the figures mean", box=box.SIMPLE, show_header=False, title_justify="left", style="dim"
    )
    for slug in slugs:
        table.add_row(f"[bold]{METRICS[slug].title}[/]", METRICS[slug].definition)
    return table
