"""What was found, as it is kept beside the simulation, and the page docs/intervals.md that is made of it."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.coverage import kinds
from benchmarks.coverage.cells import Cell
from benchmarks.coverage.formulas import Values
from benchmarks.coverage.means import STUDENTS
from benchmarks.coverage.words import SECTIONS, head

PAGE = Path(__file__).parents[2] / "docs" / "intervals.md"
FOUND = Path(__file__).with_name("found.json")


class Found(NamedTuple):
    """What a run has found, with what it was run with."""

    seed: int
    repetitions: int
    formulas: dict[str, Values]
    cells: list[Cell]


def keep(run: Found) -> None:
    """Write it beside the simulation, a cell a line."""
    cells = ",\n".join(json.dumps(cell) for cell in run.cells)
    values = ",\n".join(f"{json.dumps(kind)}: {json.dumps(each)}" for kind, each in run.formulas.items())
    FOUND.write_text(
        f'{{"seed": {run.seed}, "repetitions": {run.repetitions},\n"formulas": {{\n{values}\n}},\n'
        f'"cells": [\n{cells}\n]}}\n',
        "utf-8",
    )


def found() -> Found:
    """What the last run that was kept has found."""
    kept = json.loads(FOUND.read_text("utf-8"))
    return Found(**{**kept, "cells": [Cell(*cell) for cell in kept["cells"]]})


def page(run: Found) -> str:
    """All of docs/intervals.md."""
    lines = [head(run.repetitions, run.seed)]
    for title, text, shown in SECTIONS:
        cells = [cell for cell in run.cells if cell.kind in shown]
        lines += [f"## {title}\n", text, *_table(cells), ""]
    return "\n".join(lines)


def _table(cells: Sequence[Cell]) -> Iterator[str]:
    sizes = sorted({cell.n for cell in cells})
    yield "| " + " | ".join(["interval", "of", "condition", *(f"n = {n:,}" for n in sizes)]) + " |"
    yield "|" + "---|" * (3 + len(sizes))
    order = [*kinds.ALL, STUDENTS]
    rows: dict[tuple[str, str, str], dict[int, str]] = {}
    for cell in sorted(cells, key=lambda cell: order.index(cell.kind)):
        rows.setdefault((cell.kind, cell.times, cell.condition), {})[cell.n] = _figure(cell)
    for row, by_size in rows.items():
        yield "| " + " | ".join([*row, *(by_size.get(n, "") for n in sizes)]) + " |"


def _figure(cell: Cell) -> str:
    if cell.covered is None:
        return "–"
    lowest = "" if cell.lowest is None else f" ({100 * cell.lowest:.1f})"
    part = "" if cell.shown >= 0.995 else f" of {100 * cell.shown:.0f} %"
    return f"{100 * cell.covered:.1f}{lowest}{part}"
