"""Rules of the house that a reader of one file cannot see."""

import ast
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

import flowpilot

PACKAGE = Path(flowpilot.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((PACKAGE.parent / "tests").rglob("*.py"))
MAX_LINES = 300

FEATURES = {
    "identity",
    "attachments",
    "flows",
    "sessions",
    "handoffs",
    "baselines",
    "notifications",
    "psa",
    "knowledge",
    "analytics",
    "imports",
    "copilot",
    "clients",
    "freshness",
    "live",
}

# What each feature imports of the others: no less, so that no arrow is allowed before somebody needs it.
IMPORTS = {
    "identity": set[str](),  # Everything is built on identity, so it can be built on nothing.
    "attachments": {"identity"},
    "psa": {"identity", "attachments"},  # The outside world must be replaceable without touching the work itself.
    "flows": {"identity", "attachments"},  # What a node shows is kept as what a step shows.
    "clients": {"identity"},
    "copilot": set[str](),  # It gets a case and answers; it cannot look for more than it gets.
    "sessions": {"identity", "attachments", "flows", "copilot", "clients", "psa"},
    "handoffs": {"identity", "attachments", "sessions", "copilot", "clients"},
    "baselines": {"identity"},
    "notifications": {"identity", "sessions", "handoffs", "psa", "flows"},
    "knowledge": {"identity", "sessions", "flows", "copilot"},
    "analytics": {
        "identity",
        "flows",
        "sessions",  # Of it only `similar`, which is pure.
        "handoffs",  # What is kept of their days.
    },  # It counts rows in SQL; if it called a feature's actions it could change them.
    "imports": {"clients", "handoffs", "identity", "psa", "sessions"},
    "live": {"identity", "sessions", "handoffs", "notifications"},
    "freshness": {"identity", "flows", "analytics"},  # It judges with the reports' statistics.
}

# A migration is history: it is as long as what it did.
LONG_BY_NATURE = {"2026_11_24_0001_foundation.py"}


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("flowpilot", cache_dir=None)


def _feature(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FEATURES else None


@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_features_import_in_one_direction(imports: grimp.ImportGraph, feature: str) -> None:
    found = {
        other: f"{module} imports {target}"
        for module in imports.find_descendants(f"flowpilot.{feature}") | {f"flowpilot.{feature}"}
        for target in imports.find_modules_directly_imported_by(module)
        if (other := _feature(target)) not in {None, feature}
    }
    assert found.keys() == IMPORTS[feature], (
        f"{found}: {feature} is to know {sorted(IMPORTS[feature]) or 'no other feature'}. Data flows one way: "
        "move the code, or call it from above. What nothing imports any more is taken off the list."
    )


@pytest.mark.parametrize("layer", ["db", "http"])
def test_what_all_features_stand_on_knows_none_of_them(imports: grimp.ImportGraph, layer: str) -> None:
    for module in imports.find_descendants(f"flowpilot.{layer}"):
        known = {_feature(target) for target in imports.find_modules_directly_imported_by(module)} - {None}
        assert not known, f"{module} knows {known}: what all features are built on cannot be built on one of them."


@pytest.mark.parametrize("door", ["cli", "demo", "web"])
def test_features_do_not_know_the_ways_in(imports: grimp.ImportGraph, door: str) -> None:
    for module in imports.find_descendants(f"flowpilot.{door}") | {f"flowpilot.{door}"}:
        for importer in imports.find_modules_that_directly_import(module):
            assert _feature(importer) is None, (
                f"{importer} imports {module}: a feature must serve every way in alike."
            )


def test_the_ways_in_hold_no_sql() -> None:
    for path in sorted((PACKAGE / "web").rglob("*.py")):
        assert "sqlalchemy" not in path.read_text(), (
            f"{path.relative_to(PACKAGE)} imports SQLAlchemy. A page shows what the API's own functions answer, "
            "so that nothing is in a page that a script cannot get: add the read to the feature."
        )


@pytest.fixture(scope="module")
def calls() -> dict[Path, list[tuple[ast.Call, str]]]:
    """The calls of a method or of a module's function in each source file, with the name of what is called."""
    return {path.relative_to(PACKAGE): list(_calls(path)) for path in SOURCES}


def _calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, node.func.attr


def test_only_the_clock_tells_the_time(calls: dict[Path, list[tuple[ast.Call, str]]]) -> None:
    found = [
        f"{path}:{call.lineno}"
        for path in calls.keys() - {Path("clock.py")}
        for call, name in calls[path]
        if name in {"now", "utcnow", "today"} and ast.unparse(call.func).startswith(("datetime", "date"))
    ]
    assert not found, (
        f"{found} read the clock themselves. Take `now` as an argument, from flowpilot.clock at the edge: a "
        "report or a rule whose time cannot be passed in cannot be tested at its boundaries."
    )


def test_feature_code_never_commits(calls: dict[Path, list[tuple[ast.Call, str]]]) -> None:
    found = [
        f"{path}:{call.lineno}"
        for path in calls
        if path.parts[0] in FEATURES
        for call, name in calls[path]
        if name == "commit"
    ]
    assert not found, (
        f"{found} commit. One request is one transaction, committed by what opened it: half of a change must "
        "never be kept."
    )


def test_only_one_module_writes_csv(calls: dict[Path, list[tuple[ast.Call, str]]]) -> None:
    found = [
        f"{path}:{call.lineno}"
        for path in calls.keys() - {Path("http/csv.py")}
        for call, name in calls[path]
        if name in {"writer", "DictWriter"} and ast.unparse(call.func).startswith("csv")
    ]
    assert not found, (
        f"{found} write CSV themselves. Use flowpilot.http.csv.csv_lines: what people wrote must never run as a "
        "formula, whichever way a file leaves."
    )


def test_a_file_has_one_job() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in SOURCES + TESTS}
    found = [
        f"{path.relative_to(PACKAGE.parent)} has {lines} lines"
        for path, lines in lengths.items()
        if lines > MAX_LINES and path.name not in LONG_BY_NATURE
    ]
    assert not found, f"{found}. A file this long has more than one job: split it by what it does."
