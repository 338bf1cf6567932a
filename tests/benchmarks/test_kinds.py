"""No interval is answered whose kind has no row in docs/intervals.md."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import flowpilot
from benchmarks.coverage.kinds import ALL, FIELDS, FUNCTIONS

ROOT = Path(flowpilot.__file__).parent
# The types of an interval, and of what has one.
TYPES = ("Bounds", "Interval", "Estimate", "Survival", "tuple[float, float]", "tuple[float | None, float | None]")
# They bring columns of the database to an estimator, and return what it answers.
PASSED_ON = {"survival", "working_survival", "_estimates", "_working_estimates", "_estimate"}


def _models(of: type[Any] = BaseModel) -> Iterator[type[Any]]:
    for model in of.__subclasses__():
        yield model
        yield from _models(model)


def _import_all() -> None:
    for module in pkgutil.walk_packages([str(ROOT)], "flowpilot."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def test_every_interval_of_an_answer_is_of_a_kind_that_is_simulated() -> None:
    """Add the field to `FIELDS`, and a new kind to the simulation."""
    _import_all()
    fields = {
        f"{model.__name__}.{field}"
        for model in _models()
        if model.__module__.startswith("flowpilot.")
        for field in model.__annotations__
        if field.rpartition("_")[2].startswith("ci")
    }
    assert fields == set(FIELDS)


def test_every_function_that_makes_an_interval_is_of_a_kind_that_is_simulated() -> None:
    found = {
        f"{'.'.join(file.relative_to(ROOT).with_suffix('').parts)}.{function.name}"
        for file in ROOT.rglob("*.py")
        for function in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and function.returns is not None
        and function.name not in PASSED_ON
        and any(name in ast.unparse(function.returns) for name in TYPES)
    }
    assert found == set(FUNCTIONS)


def test_every_kind_is_answered_somewhere() -> None:
    answered = {kind for kinds in FIELDS.values() for kind in kinds}
    made = {kind for kinds in FUNCTIONS.values() for kind in kinds}
    assert answered == set(ALL)
    # The difference of two means is made by `compare`, of two estimates.
    assert made == set(ALL)
