"""The schema could be spread over machines by account as it is: what PostgreSQL with shards refuses is not in it.

Which statements name the account is held by the fixture `every_statement_names_the_account`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import flowpilot
from flowpilot.db.connect import DatabaseUrls
from tests.statements import APART, TENANT

PRODUCT = Path(flowpilot.__file__).parent
MODULES = [path for path in sorted(PRODUCT.rglob("*.py")) if "migrations" not in path.parts]


@pytest.fixture(scope="module")
def owner(urls: DatabaseUrls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        yield connection


def found(owner: psycopg.Connection, query: str) -> list[str]:
    """The first column of what a query of the catalogue finds among the tenant tables."""
    return [
        str(row[0]) for row in owner.execute(query.encode(), {"tenant": sorted(TENANT), "apart": sorted(APART)})
    ]


def test_whatever_is_unique_is_so_within_an_account(owner: psycopg.Connection) -> None:
    others = """
        SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE t.relname = ANY(%(tenant)s) AND i.indisunique AND a.attname IS DISTINCT FROM 'account_id'
    """
    assert found(owner, others) == [], "Each shard can only see to it that its own rows are unique."


def test_foreign_keys_stay_within_an_account(owner: psycopg.Connection) -> None:
    others = """
        SELECT c.conrelid::regclass || ': ' || c.conname FROM pg_constraint c
        JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class o ON o.oid = c.confrelid
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
        WHERE c.contype = 'f' AND (t.relname = ANY(%(tenant)s) OR o.relname = ANY(%(tenant)s))
        AND NOT (a.attname = 'account_id' AND t.relname = ANY(%(tenant)s)
            AND (b.attname = 'account_id' AND o.relname = ANY(%(tenant)s) OR o.relname = 'accounts'))
    """
    assert found(owner, others) == [], "A foreign key joins rows of one account, or leads to the account."


def test_no_policy_asks_another_table(owner: psycopg.Connection) -> None:
    asking = """
        SELECT p.polrelid::regclass || ': ' || p.polname FROM pg_policy p JOIN pg_class t ON t.oid = p.polrelid
        WHERE t.relname = ANY(%(tenant)s)
        AND (p.polqual::text LIKE '%%SUBLINK%%' OR p.polwithcheck::text LIKE '%%SUBLINK%%')
    """
    assert found(owner, asking) == [], "A policy with a subquery is refused on a table that is spread."


def test_no_table_does_something_by_itself(owner: psycopg.Connection) -> None:
    doing = """
        SELECT t.relname || ': ' || g.tgname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
        WHERE t.relname = ANY(%(tenant)s) AND NOT g.tgisinternal
        UNION ALL
        SELECT t.relname || '.' || a.attname FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
        WHERE t.relname = ANY(%(tenant)s) AND a.attnum > 0
        AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE '%%nextval%%')
    """
    assert found(owner, doing) == [], "Triggers and sequences belong to one server."


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
