"""A migration that changes rows states each account, and is tried on two of the revision before."""

import ast
import re
from pathlib import Path

import pytest

from flowpilot.migrations.upgrade import MIGRATIONS

TESTS = Path(__file__).parents[1] / "migrations"
# The queue's rows are nobody's, and row security does not hide them.
_CHANGES_ROWS = re.compile(
    r"\b(?:UPDATE (?!procrastinate_)\w+\s+(?:\w+\s+)?SET|(?:DELETE FROM|INSERT INTO) (?!procrastinate_))"
)
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
    test = next(TESTS.rglob(f"test_{name}.py"), None)
    assert test is not None, f"{path.name} changes rows, and nothing has tried it: write test_{name}.py."
    text = test.read_text()
    assert f'to_revision("{number}")' in text
    assert (
        "(found_account(external), found_account(external))" in text or text.count("found_account(external)") > 1
    ), f"{test.name} tries one account. A migration that forgets to state the next one would pass."


# From the next on, migrations work on a database that is spread over machines, too.
LAST_FOR_ONE_MACHINE = "0075"
SPREAD = [
    path
    for path in sorted((MIGRATIONS / "versions").glob("*.py"))
    if path.stem.split("_")[3] > LAST_FOR_ONE_MACHINE
]
_REFUSED = {
    r"\bADD\s+(?:CONSTRAINT|FOREIGN|UNIQUE|CHECK|PRIMARY)": "shards.add_constraint() adds a constraint, alone",
    r"\bREFERENCES\s+accounts\b": "shards.refer_to_account() does so where accounts are on the same machine",
    r"\bALTER\s+COLUMN\s+\w+\s+SET\s*\(": "shards.hint() tells it to every shard",
    r";\s*\S": "shards take one statement at a time: call op.execute() for each",
}


def refused(source: str) -> list[str]:
    """What shards would refuse in the texts of a migration, each with what to do instead."""
    texts = [ast.unparse(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)]
    texts += [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    # The first text says what the migration is for.
    doc = ast.get_docstring(ast.parse(source), clean=False)
    statements = [_FUNCTION.sub("", text) for text in texts if text != doc]
    return [instead for words, instead in _REFUSED.items() if any(re.search(words, each) for each in statements)]


def test_they_work_on_tables_that_are_spread() -> None:
    faults = {path.name: found for path in SPREAD if (found := refused(path.read_text()))}
    assert not faults, f"{faults}: these migrations would fail on a database that is spread over machines."


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("ALTER TABLE t DROP CONSTRAINT a, ADD CONSTRAINT a CHECK (true)", 1),
        ("ALTER TABLE t ADD FOREIGN KEY (account_id) REFERENCES accounts (id)", 2),
        ("CREATE TABLE t (account_id UUID NOT NULL REFERENCES accounts (id))", 1),
        ("ALTER TABLE t ALTER COLUMN a SET (n_distinct = 100)", 1),
        ("CREATE INDEX a ON t (b); CREATE INDEX c ON t (d)", 1),
        ("CREATE INDEX a ON t (b);\n", 0),
        ("ALTER TABLE t ADD COLUMN a TEXT, ADD COLUMN b TEXT, ALTER COLUMN c SET NOT NULL", 0),
        ("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ SELECT 1; SELECT 2 $$", 0),
    ],
)
def test_what_is_refused_on_tables_that_are_spread(text: str, n: int) -> None:
    assert len(refused(f'"""Why; what for."""\nop.execute({text!r})')) == n


def test_migrations_of_one_machine_would_be_refused() -> None:
    earlier = [path for path in (MIGRATIONS / "versions").glob("*.py") if path not in SPREAD]
    assert sum(bool(refused(path.read_text())) for path in earlier) > 20
