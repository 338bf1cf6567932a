"""Write the reference pages from the code: `.venv/bin/python -m docs.generate`.

The pages are committed, and tests/docs/test_reference.py checks that they are up to date.
"""

import sys
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from docs.api_page import api_page
from docs.markdown import code, doc, table
from flowpilot.analytics.metrics import METRICS, Metric
from flowpilot.cli import all_commands
from flowpilot.migrations.tables import Base, metadata
from flowpilot.settings import Settings

REFERENCE = Path(__file__).parent / "reference"
COMMAND = ".venv/bin/python -m docs.generate"

_NOTE = f"<!-- Written by `{COMMAND}` from the code; edit the code, not this page. -->\n"
# The defaults that depend on the machine, in words.
_WORDS = {
    "data_dir": "`flowpilot` in the user's data directory (Linux: `~/.local/share/flowpilot`); for root "
    "`/var/lib/flowpilot/data`"
}


def pages() -> dict[str, str]:
    """Every reference page by its file name."""
    makers: dict[str, Callable[[], Iterator[str]]] = {
        "api.md": api_page,
        "cli.md": _cli,
        "metrics.md": _metrics,
        "settings.md": _settings,
        "tables.md": _tables,
    }
    return {name: _NOTE + "\n".join(maker()).rstrip() + "\n" for name, maker in makers.items()}


def main() -> None:
    """Write the pages that differ, and say which."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        path = REFERENCE / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stdout.write(f"wrote {path.relative_to(REFERENCE.parents[1])}\n")


# Metrics


def _metrics() -> Iterator[str]:
    yield "# Metrics\n"
    yield (
        "What every figure means. The same catalogue is at `GET /api/v1/analytics/flowpilot/metrics`, in the CSV "
        "of a whole report, and below a report in the terminal with `--definitions`. [Read the "
        "numbers](../how-to/read-the-numbers.md) explains intervals, censored cases and windows.\n"
    )
    for metric in METRICS.values():
        yield f"## {metric.title}\n"
        yield f"{metric.definition}\n"
        yield from table(("", ""), _metric_rows(metric))


def _metric_rows(metric: Metric) -> Iterator[tuple[str, str]]:
    yield "Name", f"{code(metric.slug)}, version {metric.version}"
    yield "Unit", metric.unit
    yield "Reports", ", ".join(map(code, metric.reports)) or "None; it is a rule."
    yield "Population", metric.population
    yield "Exclusions", metric.exclusions
    if metric.clock_start or metric.clock_stop:
        yield "Clock", f"from {metric.clock_start} to {metric.clock_stop}"
    yield "Without cases", metric.empty
    yield "Better is", metric.good
    if metric.threshold is not None and metric.high is None:
        yield "The same from", str(metric.threshold)
    elif metric.threshold is not None:
        yield "A gap when", f"the lower bound is above {metric.threshold} (severity high above {metric.high})"
        yield "Fewest cases", str(metric.min_cases)
    if metric.factor is not None:
        yield "Factor", str(metric.factor)


# Settings


def _settings() -> Iterator[str]:
    yield "# Settings\n"
    yield (
        "FlowPilot reads its settings from the environment, once, when a command starts. All of them have a "
        "default. An invalid value stops the command with a message that names the variable.\n"
    )
    rows = (
        (
            code(f"FLOWPILOT_{name.upper()}"),
            _setting_type(field),
            _setting_default(name, field),
            field.description,
        )
        for name, field in Settings.model_fields.items()
    )
    yield from table(("Variable", "Value", "Default", "What it does"), ((a, b, c, d or "") for a, b, c, d in rows))


def _setting_type(field: FieldInfo) -> str:
    kinds = [kind for kind in (get_args(field.annotation) or (field.annotation,)) if kind is not type(None)]
    words = {SecretStr: "secret text", str: "text", int: "whole number", Path: "path"}
    bounds = [
        word.format(getattr(limit, attribute))
        for limit in field.metadata
        for attribute, word in (("ge", "from {}"), ("le", "to {}"), ("min_length", "at least {} characters"))
        if hasattr(limit, attribute)
    ]
    word = " or ".join(map(code, kinds)) if isinstance(kinds[0], str) else words.get(kinds[0], "list")
    return ", ".join([word, " ".join(bounds)] if bounds else [word])


def _setting_default(name: str, field: FieldInfo) -> str:
    return _WORDS.get(name) or ("unset" if field.default in (None, ()) else code(field.default))


# Command line


def _cli() -> Iterator[str]:
    root = all_commands()
    yield "# Command line\n"
    yield f"{root.help}\n"
    yield (
        "Results go to standard output, everything else to standard error. The exit status is 0 for success, 1 "
        "if the command failed, and 2 if its arguments were wrong. `--help` works with every command.\n"
    )
    yield from _parameters(root)
    for path, command in _commands(root, "flowpilot"):
        yield f"## {path}\n"
        yield f"{' '.join((command.help or '').split())}\n"
        if not getattr(command, "commands", None):
            yield f"```\n{_usage(path, command)}\n```\n"
            yield from _parameters(command)


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if getattr(command, "commands", None):
            yield from _commands(command, f"{path} {name}")


def _usage(path: str, command: Any) -> str:
    required = [p for p in command.params if p.required]
    arguments = [p.name.upper() for p in required if p.param_type_name == "argument"]
    options = [f"{p.opts[0]} {p.name.upper()}" for p in required if p.param_type_name == "option"]
    rest = ["[OPTIONS]"] if len(required) < len(command.params) else []
    return " ".join([path, *arguments, *options, *rest])


def _parameters(command: Any) -> Iterator[str]:
    rows = ((_parameter_name(p), _parameter_value(p), _parameter_default(p), p.help or "") for p in command.params)
    yield from table(("Parameter", "Value", "Default", "What it does"), rows)


def _parameter_name(parameter: Any) -> str:
    is_argument = parameter.param_type_name == "argument"
    return code(parameter.name.upper()) if is_argument else code(parameter.opts[0])


def _parameter_value(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    if getattr(parameter, "is_flag", False):
        return ""
    if get_origin(kind) is Literal:
        return " ".join(map(code, get_args(kind)))
    if issubclass(kind, Enum):
        return " ".join(code(member.value) for member in kind)
    return str(kind.__name__).lower().replace("str", "text").replace("int", "number")


def _parameter_default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    return "" if parameter.default in (None, "", False) else code(parameter.default)


# Tables


def _tables() -> Iterator[str]:
    docs = {mapper.class_.__tablename__: doc(mapper.class_) for mapper in Base.registry.mappers}
    yield "# Tables\n"
    yield (
        "Row-level security protects every table with an `account_id`: a transaction sees the rows of the "
        "account that it has stated, and no others (see "
        "[why](../decisions/0001-tenancy-by-row-level-security.md)). Ids are UUIDv7, made by FlowPilot. The role "
        "that serves requests can read append-only tables and add rows to them, but not change or remove any.\n"
    )
    for each in sorted(metadata.tables.values(), key=lambda each: each.name):
        yield f"## {each.name}\n"
        append_only = " **Append-only.**" if each.info.get("append_only") else ""
        if words := each.info.get("removable"):
            append_only = f" **Append-only**, except for words that are removed for good ({', '.join(words)})."
        yield f"{docs[each.name]}{append_only}\n"
        yield f"Primary key: {', '.join(code(column.name) for column in each.primary_key)}.\n"
        rows = (_column(each, column) for column in each.columns)
        yield from table(("Column", "Type", "Null", "Default", "Refers to"), rows)


def _column(owner: Table, column: Column[Any]) -> tuple[str, ...]:
    default = column.server_default
    said = "" if default is None else code(str(getattr(default, "arg", "")).strip("'") or "''")
    said = "derived" if column.computed is not None else said
    targets = {
        key.column.table.name
        for constraint in owner.foreign_key_constraints
        for key in constraint.elements
        if key.parent is column and (column.name != "account_id" or len(constraint.elements) == 1)
    }
    links = ", ".join(f"[{name}](#{name})" for name in sorted(targets))
    kind = column.type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
    return code(column.name), kind.lower(), "yes" if column.nullable else "", said, links


if __name__ == "__main__":
    main()
