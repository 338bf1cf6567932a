"""Look-ups side by side: each has its own answer, and a name has one value in all of them."""

import pytest
from sqlalchemy import Integer, String, bindparam, select

from flowpilot.db.base import new_id
from flowpilot.db.lookups import Lookup, look_up
from flowpilot.db.session import Database

pytestmark = pytest.mark.anyio

ACCOUNT = new_id()
_N = bindparam("n", type_=Integer())
ONE_MORE = Lookup(select((_N + 1).label("more")), int)
TWICE = Lookup(select((_N * 2).label("twice"), bindparam("unit", type_=String()).label("unit")), "{} {}".format)


async def test_each_has_its_own_answer(database: Database) -> None:
    async with database.read(ACCOUNT) as db:
        assert await look_up(db, TWICE.of(n=4, unit="ms"), ONE_MORE.of(n=4)) == ("8 ms", 5)
        assert await ONE_MORE.of(n=7).alone(db) == 8


async def test_a_name_with_two_values_is_refused(database: Database) -> None:
    async with database.read(ACCOUNT) as db:
        with pytest.raises(ValueError, match="n is both 4 and 5"):
            await look_up(db, TWICE.of(n=4, unit="ms"), ONE_MORE.of(n=5))
