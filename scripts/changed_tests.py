"""Print the tests that stand beside what has changed since main, committed or not."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Print paths for pytest, in one line."""
    found = {test for changed in _changed() for test in _tests_of(changed) if (ROOT / test).exists()}
    print(*sorted(map(str, found)))


def _changed() -> Iterator[Path]:
    base = _git("merge-base", "HEAD", "main")[0]
    yield from map(Path, _git("diff", "--name-only", base))
    yield from map(Path, _git("ls-files", "--others", "--exclude-standard"))


def _git(*words: str) -> list[str]:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()


def _tests_of(changed: Path) -> list[Path]:
    """The test itself, or the tests at the place that mirrors most closely where the change is."""
    top, *rest = changed.parts
    if top == "tests":
        return [changed] if changed.name.startswith("test_") else _in_folder(changed.parent)
    if top != "flowpilot" or changed.suffix not in {".py", ".html"}:
        return []
    place = Path("tests", *(part for part in rest if part != "templates")).with_suffix("")
    own = place.with_name(f"test_{place.name}.py")
    if (ROOT / own).exists():
        return [own]
    return next((tests for folder in (place, *place.parents[:-2]) if (tests := _in_folder(folder))), [])


def _in_folder(folder: Path) -> list[Path]:
    return [path.relative_to(ROOT) for path in (ROOT / folder).glob("test_*.py")]


main()
