"""Where files are: a family of files is a folder, and a folder can be taken in at a glance."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

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


def test_a_folder_can_be_taken_in_at_a_glance() -> None:
    crowded = {folder: len(files) for folder, files in FOLDERS.items() if len(files) > MOST}
    assert not crowded, (
        f"So many files have {crowded}. To find one, you read all the names. Look for the families among them, "
        "and make them folders."
    )


def test_a_second_word_is_a_folder() -> None:
    families = defaultdict(list)
    for folder, files in FOLDERS.items():
        for path in files:
            word = path.stem.removeprefix("test_").replace("-", "_").split("_")[0]
            families[f"{folder}/{word}"].append(path.name)
    large = {folder: names for folder, names in families.items() if len(names) >= FAMILY}
    assert not large, (
        f"{large}: names that begin alike hide what differs. Make each of these words a folder, in which each "
        "file is named by what it alone does."
    )
