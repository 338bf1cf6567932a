"""Print the tests beside what has changed since main, committed or not: for `make check`."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST = 30


def main() -> None:
    """Print paths for pytest, in one line."""
    tests: set[Path] = set()
    for changed in _changed():
        found = {test for test in _tests_of(changed) if (ROOT / test).exists()}
        if len(found) > MOST:
            print(f"{changed} concerns {len(found)} files of tests. Run make test as well.", file=sys.stderr)
        else:
            tests |= found
    print(*sorted(map(str, tests)))


def _changed() -> Iterator[Path]:
    branches = _git("for-each-ref", "--format=%(refname)", "refs/remotes/origin/main", "refs/heads/main")
    if not branches:
        sys.exit("There is no branch main to compare with. Fetch it, or run make test.")
    [base] = _git("merge-base", "HEAD", branches[0])
    yield from map(Path, _git("diff", "--name-only", "--no-renames", "-z", base))
    yield from map(Path, _git("ls-files", "--others", "--exclude-standard", "-z"))


def _git(*words: str) -> list[str]:
    printed = subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [word for word in re.split("[\\0\\n]", printed) if word]


def _tests_of(changed: Path) -> list[Path]:
    """The test itself; otherwise the tests in the place that mirrors the change, or those that name its module."""
    top, *rest = changed.parts
    if top == "tests":
        is_test = changed.name.startswith("test_")
        return (
            [changed]
            if is_test
            else [path.relative_to(ROOT) for path in (ROOT / changed.parent).rglob("test_*.py")]
        )
    if top == "benchmarks":
        return _in_folder(Path("tests", top))
    if top != "flowpilot":
        return []
    place = Path("tests", *(part for part in rest if part != "templates")).with_suffix("")
    own = place.with_name(f"test_{place.name}.py")
    if (ROOT / own).exists():
        return [own]
    mirrored = (tests for folder in (place, *place.parents[:-2]) if (tests := _in_folder(folder)))
    return next(mirrored, None) or _naming(".".join(changed.with_suffix("").parts))


def _in_folder(folder: Path) -> list[Path]:
    return [path.relative_to(ROOT) for path in (ROOT / folder).glob("test_*.py")]


def _naming(module: str) -> list[Path]:
    return [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py") if module in path.read_text()]


main()
