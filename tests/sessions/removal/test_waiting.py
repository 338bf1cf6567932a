"""Whoever works on a session does not wait until a removal has read its files."""

import asyncio
import uuid

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, select

from flowpilot.attachments.models import Attachment, AttachmentChunk
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.session import Database, Db
from flowpilot.identity.actor import Role
from flowpilot.sessions.models import AISession
from tests.company import Company
from tests.identity.meanwhile import done_meanwhile
from tests.sessions.edits.helpers import newest
from tests.sessions.flows import post, read, start, take

pytestmark = pytest.mark.anyio

_READS = (
    "SELECT FROM pg_locks WHERE NOT granted AND locktype = 'relation' AND relation = 'attachment_chunks'::regclass"
)


@pytest.fixture
def session_id(client: TestClient, company: Company) -> str:
    """A session with a log, and a note with the word."""
    made: str = start(client, company, problem_summary="Something odd happens with my chair")["id"]
    sent = {"file": ("event.log", b"09:00 login kim hunter2")}
    log = client.post("/api/v1/attachments", files=sent, headers=company.headers(Role.ENGINEER)).json()["id"]
    take(client, company, made, free_text="Tried hunter2", attachments=[log])
    return made


async def test_a_step_is_taken_while_files_are_read(client: TestClient, company: Company, session_id: str) -> None:
    with psycopg.connect(company.urls.owner) as slow:
        slow.execute("LOCK TABLE attachment_chunks")
        removing = asyncio.ensure_future(
            asyncio.to_thread(post, client, company, f"{session_id}/remove", phrase="hunter2")
        )
        while not removing.done() and not company.query(_READS):
            await asyncio.wait({removing}, timeout=0.01)
        taken = await asyncio.wait_for(
            asyncio.to_thread(take, client, company, session_id, free_text="Signed in with hunter2"), timeout=20
        )
        assert not removing.done()
    assert newest(taken, "note")["text"] == "Signed in with hunter2"
    removed = (await removing).json()
    assert [one["text"] for one in removed["kept"]] == ["The file event.log"]
    # What was written while the files were read is there when the session is locked.
    assert "hunter2" not in str(read(client, company, session_id)["steps"])


@pytest.mark.one_server
async def test_a_file_that_is_added_meanwhile_is_read_too(
    client: TestClient, company: Company, database: Database, session_id: str
) -> None:
    async def add(db: Db) -> None:
        own, content = {"account_id": company.id}, b"HUNTER2"
        mine = AISession.account_id == company.id, AISession.id == uuid.UUID(session_id)
        await db.execute(select(AISession).where(*mine).with_for_update(key_share=True))
        file = Attachment(
            **own,
            id=new_id(),
            name="later.log",
            media_type="text/plain",
            byte_count=len(content),
            sha256="0" * 64,
            attached_at=now(),
            session_id=uuid.UUID(session_id),
        )
        db.add(file)
        await db.flush()
        chunk = {"attachment_id": file.id, "is_thumbnail": False, "position": 0, "content": content}
        await db.execute(insert(AttachmentChunk).values(**own, **chunk))

    removed = await done_meanwhile(
        database,
        company,
        add,
        lambda: asyncio.to_thread(post, client, company, f"{session_id}/remove", phrase="hunter2"),
    )
    assert [one["text"] for one in removed.json()["kept"]] == ["The file event.log", "The file later.log"]
