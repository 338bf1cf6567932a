"""Rows that belong together are written in one statement, and nothing is written if nothing has changed."""

import pytest
from sqlalchemy import select

from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.db.together import write_together
from flowpilot.flows.models import FlowCategory
from tests.company import Company


@pytest.mark.anyio
async def test_without_a_change_only_what_else_waits_is_written(urls: DatabaseUrls, company: Company) -> None:
    company.add("tree_categories", name="Printers")
    database = Database(urls.runtime)
    async with database.write(company.id) as db:
        [category] = await db.scalars(select(FlowCategory).where(FlowCategory.account_id == company.id))
        db.add(FlowCategory(account_id=company.id, id=new_id(), name="Phones"))
        await write_together(db, category)
        await write_together(db)
    await database.close()
    rows = company.query("SELECT name FROM tree_categories ORDER BY name")
    assert rows == [("Phones",), ("Printers",)]
