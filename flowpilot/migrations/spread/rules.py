"""What holds for tables that can be spread by account. Tests hold it on one machine; `db distribute` asks again.

Each query names what is not so, for the tables `tenant` and those that stay on one machine, `apart`.
"""

from typing import Any

import psycopg

from flowpilot.migrations.tables import APART, TENANT

NOT_UNIQUE_BY_ACCOUNT = """
SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE t.oid = ANY(%(tenant)s::regclass[]) AND i.indisunique AND a.attname IS DISTINCT FROM 'account_id'
"""

LEADS_ELSEWHERE = """
SELECT c.conrelid::regclass || ': ' || c.conname FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
WHERE c.contype = 'f'
  AND (c.conrelid = ANY(%(tenant)s::regclass[]) OR c.confrelid = ANY(%(tenant)s::regclass[]))
  AND NOT (a.attname = 'account_id' AND c.conrelid = ANY(%(tenant)s::regclass[])
    AND (b.attname = 'account_id' AND c.confrelid = ANY(%(tenant)s::regclass[])
      OR c.confrelid = 'accounts'::regclass))
"""

ASKS_ANOTHER_TABLE = """
SELECT p.polrelid::regclass || ': ' || p.polname FROM pg_policy p
WHERE p.polrelid = ANY(%(tenant)s::regclass[])
  AND (p.polqual::text LIKE '%%SUBLINK%%' OR p.polwithcheck::text LIKE '%%SUBLINK%%')
"""

NARROWS_ANOTHER_POLICY = """
SELECT p.polrelid::regclass || ': ' || p.polname FROM pg_policy p
WHERE p.polrelid = ANY(%(tenant)s::regclass[]) AND NOT p.polpermissive
"""

DOES_SOMETHING_BY_ITSELF = """
SELECT g.tgrelid::regclass || ': ' || g.tgname FROM pg_trigger g
WHERE g.tgrelid = ANY(%(tenant)s::regclass[]) AND NOT g.tgisinternal
  AND g.tgname NOT LIKE 'truncate_trigger%%'
UNION ALL
SELECT a.attrelid::regclass || '.' || a.attname FROM pg_attribute a
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY(%(tenant)s::regclass[]) AND a.attnum > 0
  AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE '%%nextval%%')
"""

RULES = {
    NOT_UNIQUE_BY_ACCOUNT: "a unique key that does not begin with the account",
    LEADS_ELSEWHERE: "a foreign key that leaves the account",
    ASKS_ANOTHER_TABLE: "a policy that asks another table",
    NARROWS_ANOTHER_POLICY: "a restrictive policy",
    DOES_SOMETHING_BY_ITSELF: "a trigger or a sequence",
}


def breaking(connection: psycopg.Connection[Any], rule: str) -> list[str]:
    """What breaks one of the rules."""
    tables = {"tenant": sorted(TENANT), "apart": sorted(APART)}
    return [str(row[0]) for row in connection.execute(rule.encode(), tables)]
