"""Bring past tickets from an account's ticket system: fetch their history, and import it like any other log."""

import tomllib
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Named
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fcntl import LOCK_EX, LOCK_NB
from functools import partial
from importlib import resources
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from flowpilot.db.bulk import account_transaction
from flowpilot.db.locks import file_lock
from flowpilot.db.session import Database
from flowpilot.errors import ConflictError
from flowpilot.imports.loader import import_log
from flowpilot.imports.mapping.loading import answering
from flowpilot.imports.mapping.whole import Answer, Mapping
from flowpilot.imports.preview import Preview, preview_log
from flowpilot.imports.progress import ImportSummary, OnProgress
from flowpilot.imports.psa.fetching import Clock, OnFetched, fetch
from flowpilot.imports.psa.own import OwnTickets, own_sessions, without_own
from flowpilot.imports.psa.rows import People
from flowpilot.imports.psa.spool import Spool, folder_of, remove_old
from flowpilot.imports.psa.usable import usable
from flowpilot.imports.runs import zone_of
from flowpilot.psa.client import TIMEOUT_SECONDS
from flowpilot.psa.connections.asking import ConnectedSystem, ask
from flowpilot.psa.connections.models import PsaMember
from flowpilot.psa.limiter import JOB_PATIENCE
from flowpilot.settings import Settings


@dataclass(frozen=True, slots=True)
class Fetched:
    """The history of an account's tickets: where it is, and who people are here that have a name there.

    `system` is what the connection is called, and `kind` which ticket system it is. `lacks` says what it does not
    tell, if anything. `refused` are tickets that cannot be used, with the reasons. `equal_numbers` is as in a
    mapping.
    """

    spool: Spool
    system: str
    kind: str
    since: date
    tickets: int
    people: Named[str, UUID]
    own: OwnTickets
    lacks: str
    refused: Sequence[str] = ()
    equal_numbers: Answer = "ask"

    @property
    def name(self) -> str:
        """What the import is called in lists."""
        return f"{self.system} since {self.since}"

    @property
    def mapping(self) -> Mapping:
        """What the rows mean."""
        return answering(_mapping(self.system, self.kind), self.equal_numbers)


class BeingFetchedError(ConflictError):
    """Somebody fetches past tickets of the account at the moment."""

    def __init__(self) -> None:
        super().__init__(
            "Past tickets of this account are being fetched already, by this command elsewhere or by a timer."
            " Wait until that has ended, and repeat the command."
        )


@contextmanager
def alone(settings: Settings, account_id: UUID) -> Iterator[None]:
    """Fetch and bring past tickets of the account as the only one: two would write into the same files.

    Raises:
        BeingFetchedError: somebody else does.
    """
    folder = folder_of(settings.data_dir, account_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(file_lock(folder / "fetching", LOCK_EX | LOCK_NB))
        except BlockingIOError:
            raise BeingFetchedError from None
        yield


async def fetch_tickets(
    database: Database,
    settings: Settings,
    runtime_url: str,
    account_id: UUID,
    since: date,
    on_fetched: OnFetched,
    *,
    clock: Clock,
) -> Fetched:
    """Fetch what happened to the tickets that changed since a day, in the account's time zone.

    What was fetched is kept in the data directory for thirty days. If this is stopped, the next call goes on where
    it was.

    Raises:
        NotFoundError: there is no such account.
        NotConnectedError: the account has no ticket system.
        ProviderError: the ticket system cannot be read.
    """
    start = _midnight(runtime_url, account_id, since)
    remove_old(settings.data_dir, clock())  # Perhaps no server runs on this machine.
    asking = partial(ask, patience=JOB_PATIENCE, timeout_seconds=TIMEOUT_SECONDS, deadline_seconds=None)
    async with asking(database, settings, account_id) as asked:
        spool = Spool(_directory(settings, asked, since), start)
        people = People(await asked.provider.list_members())
        await fetch(asked.provider, spool, people, on_fetched, clock=clock)
        found = OwnTickets()
        lacks, system = asked.provider.capabilities.history_lacks, asked.connection.name
        kind = asked.connection.provider
        others = without_own(spool.tickets(), own_sessions(runtime_url, account_id), found)
        refused: list[str] = []
        tickets = spool.write_rows(usable(others, _mapping(system, kind), clock(), refused))
        users = await _users(database, asked, people)
        return Fetched(spool, system, kind, since, tickets, users, found, lacks, refused)


def bring(
    runtime_url: str, account_id: UUID, fetched: Fetched, *, now: datetime, progress: OnProgress
) -> ImportSummary:
    """Import what was fetched, all of it or nothing, and remove the files.

    Raises:
        NotFoundError: there is no such account.
        MappingError, BadRowError: a ticket cannot be used.
    """
    summary = ImportSummary(0)
    if fetched.tickets:
        summary = import_log(
            *(runtime_url, account_id, fetched.spool.rows_file, fetched.mapping),
            now=now,
            progress=progress,
            name=fetched.name,
            people=fetched.people,
        )
    fetched.spool.remove()
    return summary


def preview(
    runtime_url: str, account_id: UUID, fetched: Fetched, *, now: datetime, progress: OnProgress
) -> Preview | None:
    """What importing it would bring; None if there is nothing. What was fetched stays for the import.

    Raises:
        MappingError, BadRowError: a ticket cannot be used.
    """
    if not fetched.tickets:
        return None
    file = fetched.spool.rows_file
    return preview_log(runtime_url, account_id, file, fetched.mapping, now=now, progress=progress)


def _mapping(system: str, kind: str) -> Mapping:
    rules = tomllib.loads((resources.files("flowpilot.imports.psa") / "history.toml").read_text())
    return Mapping.model_validate({**rules, "name": system, "system": kind})


def _directory(settings: Settings, asked: ConnectedSystem, since: date) -> Path:
    return folder_of(settings.data_dir, asked.connection.account_id) / f"{asked.connection.id}-{since}"


def _midnight(runtime_url: str, account_id: UUID, day: date) -> datetime:
    with account_transaction(runtime_url, account_id) as connection:
        zone = zone_of(connection, account_id)
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


async def _users(database: Database, asked: ConnectedSystem, people: People) -> dict[str, UUID]:
    """The people of this account whom the ticket system's members are, by the name that they have there."""
    connection = asked.connection
    async with database.read(connection.account_id) as db:
        mapped = select(PsaMember.external_id, PsaMember.user_id).where(
            PsaMember.account_id == connection.account_id,
            PsaMember.connection_id == connection.id,
            PsaMember.user_id.is_not(None),
        )
        found = (await db.execute(mapped)).all()
    return {people.names[number]: user_id for number, user_id in found if user_id and number in people.names}
