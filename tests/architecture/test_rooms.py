"""Where files are: a family of files is a folder, and a folder can be taken in at a glance."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST = 20
FAMILY = 3
KINDS = {".py", ".html", ".js", ".css"}

# Lists of one kind of data: nobody reads them from top to bottom, and each entry is complete by itself.
LISTS = {"flowpilot/migrations/versions"}
# What other people made, and what a program made.
NOT_OURS = {"vendor", "__pycache__"}


def _folders() -> Iterator[tuple[str, list[Path]]]:
    for top in ("flowpilot", "tests", "benchmarks", "docs"):
        for folder in (ROOT / top, *sorted((ROOT / top).rglob("*/"))):
            name = str(folder.relative_to(ROOT))
            if NOT_OURS.isdisjoint(folder.parts) and name not in LISTS:
                files = [path for path in sorted(folder.iterdir()) if path.suffix in KINDS]
                yield name, [path for path in files if path.name != "__init__.py"]


FOLDERS = {name: files for name, files in _folders() if files}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_can_be_taken_in_at_a_glance(folder: str) -> None:
    assert len(FOLDERS[folder]) <= MOST, (
        f"{folder} has {len(FOLDERS[folder])} files. To find one, you read all the names. Look for the families "
        "among them, and make them folders."
    )


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_second_word_is_a_folder(folder: str) -> None:
    families = defaultdict(list)
    for path in FOLDERS[folder]:
        families[path.stem.removeprefix("test_").replace("-", "_").split("_")[0]].append(path.name)
    large = {word: names for word, names in families.items() if len(names) >= FAMILY}
    assert not large, (
        f"{folder} has {large}: names that begin alike hide what differs. Make {sorted(large)} a folder, in which "
        "each file is named by what it alone does."
    )
