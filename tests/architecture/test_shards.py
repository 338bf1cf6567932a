"""The schema could be spread over machines by account as it is: what PostgreSQL with shards refuses is not in it.

Which statements name the account is held by the fixture `every_statement_names_the_account`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import flowpilot
from flowpilot.db.connect import DatabaseUrls
from flowpilot.migrations.spread import rules
from flowpilot.migrations.tables import TENANT
from tests.cluster.nodes import TESTS, marked

PRODUCT = Path(flowpilot.__file__).parent
MODULES = [path for path in sorted(PRODUCT.rglob("*.py")) if "migrations" not in path.parts]


@pytest.fixture(scope="module")
def owner(urls: DatabaseUrls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (rules.NOT_UNIQUE_BY_ACCOUNT, "Each shard can only see to it that its own rows are unique."),
        (rules.LEADS_ELSEWHERE, "A foreign key joins rows of one account, or leads to the account."),
        (rules.ASKS_ANOTHER_TABLE, "A policy with a subquery is refused on a table that is spread."),
        (rules.NARROWS_ANOTHER_POLICY, "Citus makes it one that allows, on each shard (decision 94)."),
        (rules.DOES_SOMETHING_BY_ITSELF, "Triggers and sequences belong to one server."),
    ],
)
def test_tables_of_accounts_can_be_spread(owner: psycopg.Connection, rule: str, reason: str) -> None:
    assert rules.breaking(owner, rule) == [], reason


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (r"SET LOCAL[^\"']*;\s*(?!SET)\w", "A text with SET LOCAL is sent on whole, once for each SET in it."),
        (r"pg_current_snapshot|pg_snapshot_|txid_|\bxmin\b|\bctid\b", "Each shard counts its own transactions."),
    ],
)
def test_no_statement_means_one_server_alone(words: str, reason: str) -> None:
    saying = [path.name for path in MODULES if re.search(words, path.read_text())]
    assert saying == [], reason


_FILLS = re.compile(r"\bINSERT\s+INTO\s+(\w+)\s*\([^)]*\)[\s\"']*(?:SELECT|WITH|\{)")


def _texts(module: Path) -> Iterator[str]:
    """The texts in a module, f-strings as they are written."""
    nodes = list(ast.walk(ast.parse(module.read_text())))
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            yield ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def test_no_table_is_filled_from_a_query_without_saying_so() -> None:
    """Shards would make it a COPY, which row security refuses."""
    silent = [
        f"{module.name}: {filled[1]}"
        for module in MODULES
        for text in _texts(module)
        for filled in _FILLS.finditer(text)
        if filled[1] in TENANT and not re.search(r"\bRETURNING\b|\bON CONFLICT\b", text[filled.end() :])
    ]
    assert silent == [], "INSERT … SELECT needs ON CONFLICT or RETURNING."


@pytest.mark.parametrize("mark", ["cluster", "one_server"])
def test_what_is_not_run_with_or_without_a_cluster_is_named(mark: str) -> None:
    """Names are read from the files, so each mark has to stand where it is looked for."""
    texts = {file.name: file.read_text() for file in TESTS.rglob("test_*.py")}
    marks = {
        name: len(re.findall(rf"^ *@pytest\.mark\.{mark}\b", text, re.MULTILINE)) for name, text in texts.items()
    }
    assert [name for name, count in marks.items() if count > len(marked(texts[name], mark))] == []
    assert any(marked(text, mark) for text in texts.values())
