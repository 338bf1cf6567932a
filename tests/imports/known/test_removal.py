from pathlib import Path
from uuid import UUID

import pytest

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.imports.removal import empty_cases
from flowpilot.sessions.removal.scope import Removal
from flowpilot.sessions.removal.words import Words
from tests.imports.helpers import NOW, World, row, write_log

pytestmark = pytest.mark.anyio


async def removed(urls: DatabaseUrls, world: World, session_id: UUID, *, is_preview: bool) -> int:
    """How many copies a removal finds."""
    words = Words(["asked"], is_whole=False)
    removal = Removal(world.account_id, session_id, words, session_id, NOW, is_preview=is_preview)
    database = Database(urls.runtime, pool_size=1)
    try:
        async with database.write(world.account_id) as db:
            return len((await empty_cases(db, removal)).copies)
    finally:
        await database.close()


@pytest.mark.parametrize(("is_preview", "left"), [(True, 1), (False, 0)])
async def test_what_imports_said_of_a_session_goes_with_its_words(
    world: World, urls: DatabaseUrls, tmp_path: Path, is_preview: bool, left: int
) -> None:
    world.load(
        write_log(tmp_path / "log.csv", [row("T1", 1, "09:00", "Ada", note="asked"), row("T2", 1, "09:00", "Ada")])
    )
    [(session_id,)] = world.ask("SELECT id FROM ai_sessions WHERE psa_ticket_id = 'T1'")
    assert await removed(urls, world, session_id, is_preview=is_preview) == 1
    assert await removed(urls, world, session_id, is_preview=True) == left
    query = "SELECT count(*) FROM import_cases WHERE jsonb_array_length(rows) = 1"
    assert world.ask(query) == [(1 + left,)]
