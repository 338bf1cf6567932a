"""A file of a session arrives on its ticket exactly once, and holds up nothing else."""

import contextlib
import uuid
from dataclasses import replace
from typing import Any

import pytest

from flowpilot.attachments import service
from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.psa.postings.sending import files, turn
from flowpilot.psa.provider import Audience, TicketFile
from flowpilot.psa.rules.models import default_rules
from tests.company import Company
from tests.psa.postings.desk import JOINT, SEPARATE, KilledError, MemoryDesk, Office, open_office, worked

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[SEPARATE, JOINT], ids=["separate records", "joint records"])
def desk(request: pytest.FixtureRequest) -> MemoryDesk:
    return MemoryDesk(capabilities=replace(request.param, takes_files=True))


@pytest.fixture
async def office(company: Company, database: Database, desk: MemoryDesk) -> Office:
    return await open_office(company, database, desk)


@pytest.fixture
def file_id(office: Office) -> uuid.UUID:
    """A log of the session, in two pieces."""
    about = {"name": "system.log", "media_type": "text/plain", "byte_count": 6, "sha256": "", "attached_at": now()}
    made = office.company.add("attachments", session_id=office.session_id, created_by=office.engineer, **about)
    for position, piece in enumerate((b"one", b"two")):
        office.company.query(
            "INSERT INTO attachment_chunks (account_id, attachment_id, is_thumbnail, position, content) "
            "VALUES (%s, %s, false, %s, %s) RETURNING 1",
            office.company.id,
            made,
            position,
            piece,
        )
    return made


async def test_a_file_comes_after_the_note_with_the_notes_readers(office: Office, file_id: uuid.UUID) -> None:
    posting = await office.post(worked(office.engineer), files=[file_id])
    assert await office.turn() is None
    assert office.states(posting) == ["confirmed"] * 4
    last = office.desk.records_of("4711")[-1]
    assert last.file == TicketFile("system.log", "text/plain", b"onetwo")
    assert last.audience is Audience.INTERNAL
    assert (last.text or "").startswith("File: system.log")


async def test_a_file_that_is_refused_fails_alone(office: Office, file_id: uuid.UUID) -> None:
    n_before = 1 if office.desk.capabilities.has_joint_records else 2
    office.desk.planned.extend(["", *[""] * (n_before - 1), "refuse"])
    posting = await office.post(worked(office.engineer), files=[file_id])
    await office.turn()
    assert office.states(posting) == ["failed", "confirmed", "confirmed", "failed"]
    assert office.reason(posting) == "The period is closed."
    await office.retry(posting)
    await office.turn()
    assert office.states(posting) == ["confirmed"] * 4
    assert len([one for one in office.desk.records_of("4711") if one.file]) == 1


async def test_a_file_that_is_refused_does_not_hold_up_the_status(office: Office, file_id: uuid.UUID) -> None:
    office.desk.planned.extend(["", "refuse"])
    rules = default_rules(office.company.id)
    posting = await office.post(rules=rules, files=[file_id], sets_status=True)
    await office.turn()
    (status,) = office.company.query("SELECT state, attempts FROM psa_posting_steps WHERE kind = 'status'")
    # Nobody has chosen a status for the board, so it was asked for and refused in its own name.
    assert status[0] == "failed"
    assert office.states(posting)[:3] == ["failed", "confirmed", "failed"]
    assert "No status is chosen" in str(
        office.company.query("SELECT reason FROM psa_posting_steps WHERE kind = 'status'")
    )


@pytest.mark.parametrize("fault", ["lost", "dropped", "kill", "kill late", "later"])
async def test_whatever_happens_it_arrives_once(office: Office, file_id: uuid.UUID, fault: str) -> None:
    posting = await office.post(text=None, files=[file_id])
    office.desk.planned.append(fault)
    for _ in range(5):
        with contextlib.suppress(KilledError):
            await office.turn()
        office.let_time_pass()
    assert office.states(posting) == ["confirmed"] * 2
    assert len(office.desk.records_of("4711")) == 1


async def test_what_somebody_keeps_out_is_left_out(office: Office, file_id: uuid.UUID, database: Database) -> None:
    posting = await office.post(files=[file_id])
    async with database.write(office.company.id) as db:
        await service.choose_for_session(db, office.company.id, office.session_id, file_id, goes_to_ticket=False)
    await office.turn()
    assert office.states(posting) == ["confirmed", "confirmed", "abandoned"]


async def test_what_was_removed_for_good_is_not_sent(
    office: Office, file_id: uuid.UUID, database: Database
) -> None:
    posting = await office.post(files=[file_id])
    async with database.write(office.company.id) as db:
        await service.erase(db, office.company.id, [file_id])
    await office.turn()
    assert office.states(posting) == ["confirmed", "confirmed", "abandoned"]
    assert [one.file for one in office.desk.records_of("4711")] == [None]


async def test_a_file_whose_bytes_are_not_all_here_is_not_sent_and_has_not_arrived(
    office: Office, file_id: uuid.UUID
) -> None:
    posting = await office.post(text=None, files=[file_id])
    office.company.query(
        "DELETE FROM attachment_chunks WHERE attachment_id = %s AND position = 1 RETURNING 1", file_id
    )
    await office.turn()
    assert (office.states(posting)[-1], office.desk.records) == ("abandoned", [])
    asked = "SELECT attempts, asked_at, looks FROM psa_posting_steps WHERE kind = 'file'"
    assert office.company.query(asked) == [(0, None, 0)]
    assert office.company.query("SELECT 1 FROM psa_attempts") == []


async def test_a_file_is_read_once_its_request_is_on_record(
    office: Office, file_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, on_record = files.file_record, list[object]()

    async def look(*args: Any) -> object:
        on_record.extend(
            office.company.query("SELECT asked_at IS NOT NULL FROM psa_posting_steps WHERE kind = 'file'")
        )
        return await read(*args)

    monkeypatch.setattr(turn, "file_record", look)
    posting = await office.post(text=None, files=[file_id])
    await office.turn()
    # A removal that comes later lists it as sent, so it must not have been read before.
    assert (on_record, office.states(posting)[-1]) == ([(True,)], "confirmed")
