"""JSON comes from the database as it was stored."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from flowpilot.db.session import Database
from tests.company import Company, run

DEEP = "[" * 500 + "]" * 500


@pytest.mark.parametrize(
    "said", ['{"a": [1, -0.5, 1e3, null, true], "b": "ß \\u2028 \\" é"}', "12345678901234567890", '""', DEEP]
)
def test_json_is_read_as_it_was_stored(company: Company, said: str) -> None:
    async def read(database: Database) -> Any:
        async with database.read(company.id) as db:
            return await db.scalar(text("SELECT CAST(:said AS jsonb)"), {"said": said})

    assert run(company.urls, read) == json.loads(said)
