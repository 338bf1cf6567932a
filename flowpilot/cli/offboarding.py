"""`flowpilot account export | delete | reopen`: an account leaves."""

import re
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from flowpilot.cli.common import errors
from flowpilot.cli.connection import Opened, open_database, read_database, require_account, run
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.errors import InvalidError
from flowpilot.offboarding.export import Exported, export_account
from flowpilot.offboarding.progress import OnProgress
from flowpilot.offboarding.removal import close_account, remove_account, reopen_account
from flowpilot.settings import get_settings

AccountId = Annotated[uuid.UUID, typer.Argument(help="The account's id.")]
ExportFile = Annotated[
    Path | None,
    typer.Option("--file", dir_okay=False, help="The zip to write; otherwise one named after the account, here."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group of accounts."""
    app.command("export")(export)
    app.command("delete")(delete)
    app.command("reopen")(reopen)


def export(account: AccountId, file: ExportFile = None) -> None:
    """Write everything that an account has into a zip: a file of JSON lines for each table, and people's files.

    Secrets are left out; manifest.json names them.
    """
    target = file or _default_file(_name_of(account, read_database))
    with read_database() as urls, _bars() as on_progress:
        exported = export_account(urls.runtime, account, target, now=now(), on_progress=on_progress)
    sys.stdout.write(_exported(target, exported) + "\n")


def delete(
    account: AccountId,
    file: ExportFile = None,
    no_export: Annotated[bool, typer.Option("--no-export", help="Write no export first.")] = False,
    confirm: Annotated[
        str | None, typer.Option(help="The account's name, for scripts; otherwise the command asks for it.")
    ] = None,
) -> None:
    """Remove an account for good, after an export.

    Its members are refused from the beginning on. If the export fails, they are let in again.
    """
    name = _name_of(account, open_database)
    target = file or _default_file(name)
    _confirm(name, confirm)
    with open_database() as urls, _bars() as on_progress:
        had_begun = close_account(urls.owner, account, now())
        exported = None
        if not no_export and not had_begun:
            exported = _export_or_reopen(urls, account, target, now(), on_progress)
        removed = remove_account(urls.owner, get_settings().data_dir, account, now=now(), on_progress=on_progress)
    if exported is not None:
        sys.stdout.write(_exported(target, exported) + "\n")
    rows = sum(removed.values())
    sys.stdout.write(f"Removed {name} with {rows:,} rows and {removed.get('users', 0):,} people.\n")


def reopen(account: AccountId) -> None:
    """Let the members of an account in again, if a delete was interrupted before it had removed anything."""
    with open_database() as urls:
        reopen_account(urls.owner, account)


def _name_of(account_id: uuid.UUID, opened: Callable[[], Opened]) -> str:
    async def work(database: Database) -> str:
        return (await require_account(database, account_id)).name

    return run(work, opened)


def _confirm(name: str, given: str | None) -> None:
    if given is None:
        errors.print(f"This removes {name} with everything in it. It cannot be undone.", markup=False)
        try:
            given = errors.input("Type the account's name to go on: ")
        except EOFError:
            given = ""
    if given != name:
        raise InvalidError(f"That is not the account's name, which is {name}. Nothing was changed.")


def _export_or_reopen(
    urls: DatabaseUrls, account_id: uuid.UUID, target: Path, moment: datetime, on_progress: OnProgress
) -> Exported:
    try:
        return export_account(urls.runtime, account_id, target, now=moment, on_progress=on_progress)
    except BaseException:
        reopen_account(urls.owner, account_id)
        raise


def _default_file(name: str) -> Path:
    words = re.sub(r"[^\w]+", "-", name).strip("-").lower() or "account"
    return Path(f"{words}-{now():%Y-%m-%d}.zip")


def _exported(target: Path, exported: Exported) -> str:
    rows = sum(exported.rows.values())
    return f"Exported {rows:,} rows of {len(exported.rows)} tables and {exported.files:,} files into {target}."


@contextmanager
def _bars() -> Iterator[OnProgress]:
    """A bar for each phase."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=errors, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def on_progress(phase: str, share: float) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(phase.capitalize(), total=1.0)
            bar.update(tasks[phase], completed=share)

        yield on_progress
