"""Undo an import on request of a member: by a job, as the owner of the tables."""

import asyncio
import logging
import uuid
from datetime import datetime, timedelta

import psycopg
from sqlalchemy import exists, select, update

from flowpilot.clock import now
from flowpilot.db.connect import database as opened
from flowpilot.db.session import Database, Db
from flowpilot.errors import ConflictError, NotFoundError
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit import log as audit
from flowpilot.imports.models import ImportItem, ImportRun
from flowpilot.imports.undo import UndoImpossibleError, undo_import
from flowpilot.jobs import IMPORT_QUEUE, DueJob, enqueue
from flowpilot.settings import Settings

UNDO_JOB = "imports.undo"

# Who was stopped while undoing has not done it by then; one after the other, two do no harm.
_SOON = timedelta(hours=1)

_log = logging.getLogger(__name__)


class RunNotFoundError(NotFoundError):
    """There is no such import in the account."""

    def __init__(self) -> None:
        super().__init__("There is no such import. It may have been undone.")


def is_late(undoing_since: datetime | None, moment: datetime) -> bool:
    """Whether an undo should be over: then it may be asked for again."""
    return undoing_since is not None and moment - undoing_since >= _SOON


async def request_undo(db: Db, actor: Actor, run_id: uuid.UUID, moment: datetime) -> None:
    """Have an import undone soon. To ask again changes nothing, unless that was to be done an hour ago.

    Raises:
        RunNotFoundError: there is none.
        UndoImpossibleError: it is from before FlowPilot recorded what an import brings.
    """
    query = select(ImportRun).where(ImportRun.account_id == actor.account_id, ImportRun.id == run_id)
    run = await db.scalar(query.with_for_update())
    if run is None:
        raise RunNotFoundError
    if run.undoing_since is not None and not is_late(run.undoing_since, moment):
        return
    items = exists().where(ImportItem.account_id == actor.account_id, ImportItem.run_id == run_id)
    if run.counts.get("sessions") and not await db.scalar(select(items)):
        raise UndoImpossibleError
    run.undoing_since = moment
    target = ("import_run", run_id)
    said = {"file": run.file_name}
    await audit.record(db, actor.account_id, actor.user_id, "import.undo_requested", target, at=moment, after=said)
    enqueue(db, UNDO_JOB, lock=f"import {actor.account_id}", account_id=actor.account_id, run_id=run_id)


async def undo_run(database: Database, settings: Settings, account_id: uuid.UUID, run_id: uuid.UUID) -> bool:
    """Undo the import. The runtime role may delete nothing of a session's history, so the owner does it.

    If it fails, the import is no longer being removed, so that it can be asked for again.

    Returns: whether there is such an import; not if it was undone before.
    """
    try:
        await asyncio.to_thread(_undo_as_owner, settings, account_id, run_id)
    except NotFoundError:
        return False
    except ConflictError as error:
        await _stop(database, account_id, run_id)
        _log.warning("import %s cannot be undone: %s", run_id, error.detail)
    except Exception:
        await _stop(database, account_id, run_id)
        raise
    return True


async def _stop(database: Database, account_id: uuid.UUID, run_id: uuid.UUID) -> None:
    async with database.write(account_id) as db:
        mine = update(ImportRun).where(ImportRun.account_id == account_id, ImportRun.id == run_id)
        await db.execute(mine.values(undoing_since=None).execution_options(synchronize_session=False))


def _undo_as_owner(settings: Settings, account_id: uuid.UUID, run_id: uuid.UUID) -> None:
    with opened(settings, create=False) as urls:
        undo_import(urls.owner, account_id, run_id, now=now())


_UNDONE = "SELECT id FROM import_runs WHERE account_id = %s AND undoing_since IS NOT NULL ORDER BY id"


def due_jobs(connection: psycopg.Connection, account_id: uuid.UUID, now: datetime) -> list[DueJob]:
    """The imports that are to be undone."""
    return [
        DueJob(
            UNDO_JOB,
            now,
            {"account_id": account_id, "run_id": run_id},
            lock=f"import {account_id}",
            queue=IMPORT_QUEUE,
        )
        for (run_id,) in connection.execute(_UNDONE, [account_id])
    ]
