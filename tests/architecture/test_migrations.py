"""A migration that changes rows states each account, and is tried on two of the revision before."""

import re
from pathlib import Path

import pytest

from flowpilot.migrations.upgrade import MIGRATIONS

TESTS = Path(__file__).parents[1] / "migrations"
_CHANGES_ROWS = re.compile(r"\b(?:UPDATE \w+\s+(?:\w+\s+)?SET|DELETE FROM|INSERT INTO)\b")
# What a function does, it does when it is called.
_FUNCTION = re.compile(r"AS \$\$.*?\$\$", re.DOTALL)
# Its first tables cannot have had rows.
FOUNDATION = "2026_11_24_0001_foundation"
DATA_MIGRATIONS = [
    path
    for path in sorted((MIGRATIONS / "versions").glob("*.py"))
    if _CHANGES_ROWS.search(_FUNCTION.sub("", path.read_text())) and path.stem != FOUNDATION
]


def test_there_are_data_migrations() -> None:
    assert len(DATA_MIGRATIONS) >= 3


@pytest.mark.parametrize("path", DATA_MIGRATIONS, ids=lambda path: path.stem)
def test_it_states_each_account(path: Path) -> None:
    assert "each_account(" in path.read_text(), (
        f"{path.name} changes rows without stating an account. Row security holds the owner, too: it would see no "
        "rows, and an UPDATE would silently do nothing. Go through rls.each_account()."
    )


@pytest.mark.parametrize("path", DATA_MIGRATIONS, ids=lambda path: path.stem)
def test_it_is_tried_on_two_accounts_of_the_revision_before(path: Path) -> None:
    _, _, _, number, name = path.stem.split("_", 4)
    test = TESTS / f"test_{name}.py"
    assert test.exists(), f"{path.name} changes rows, and nothing has tried it: write {test.name}."
    text = test.read_text()
    assert f'to_revision("{number}")' in text
    assert (
        "(found_account(external), found_account(external))" in text or text.count("found_account(external)") > 1
    ), f"{test.name} tries one account. A migration that forgets to state the next one would pass."
