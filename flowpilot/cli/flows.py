"""`flowpilot flow`: an account's flows, for the operator."""

import shutil
import sys
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import track
from rich.table import Table

from flowpilot.cli.common import EXIT_FAILED, AccountOption, errors
from flowpilot.cli.connection import read_database, require_account, run
from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.errors import ConflictError, FlowPilotError, InvalidError
from flowpilot.flows import queries
from flowpilot.flows.author import Operator
from flowpilot.flows.checking.checker import TreeProblem, problems
from flowpilot.flows.files.bundle import Bundle, is_bundle
from flowpilot.flows.files.importing import export_bundle, import_bundle, read_within_limits
from flowpilot.flows.importing import ImportAction, Imported, install_shipped
from flowpilot.flows.matching.index import index_missing
from flowpilot.flows.matching.meaning import model
from flowpilot.flows.service import FlowProblemsError
from flowpilot.flows.subflows.names import innermost_first, with_names
from flowpilot.flows.text import parse, render
from flowpilot.settings import get_settings

app = typer.Typer(help="Manage an account's flows, which guide engineers.", no_args_is_help=True)

FilesArgument = Annotated[
    list[Path], typer.Argument(exists=True, dir_okay=False, help="Flows as YAML, or with their files as .zip.")
]

_PAGE = 200
_TOLD = {
    ImportAction.CREATED: "new",
    ImportAction.SAVED_DRAFT: "saved as a draft of the existing flow",
    ImportAction.UNCHANGED: "unchanged",
}


class NoMeaningError(ConflictError):
    """The extra that matches by meaning is not installed."""


class NotImportedError(ConflictError):
    """One of the files cannot be imported."""


def register(parent: typer.Typer) -> None:
    """Add the group to the command line."""
    parent.add_typer(app, name="flow")


@app.command("list")
def list_flows(account: AccountOption) -> None:
    """List an account's flows."""

    async def work(database: Database) -> list[Any]:
        await require_account(database, account)
        rows: list[Any] = []
        async with database.read(account) as db:
            while page := await queries.flows(db, account, _PAGE, rows[-1].id if rows else None):
                rows += page
        return rows

    table = Table("Id", "State", "Version", "Draft", "Category", "Name", box=SIMPLE)
    for flow in run(work, read_database):
        versions = (str(number or "") for number in (flow.published_version, flow.draft_version))
        table.add_row(str(flow.id), flow.state, *versions, flow.category or "", flow.name)
    Console().print(table)


@app.command("import")
def import_files(
    files: FilesArgument,
    account: AccountOption,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish them. Without it they become drafts.")
    ] = False,
) -> None:
    """Import flows, all of them or none. An existing flow of the same name gets the text as its draft."""
    bundles = {file: _read_to_import(file) for file in files}

    async def work(database: Database) -> list[Imported]:
        await require_account(database, account)
        done = []
        async with database.write(account) as db:
            for file in track(_innermost_first(bundles), "Flows", console=errors, transient=True):
                try:
                    operator, bundle = Operator(account), bundles[file]
                    done.append(await import_bundle(db, get_settings(), operator, bundle, now(), publish=publish))
                except FlowPilotError as error:
                    where = _where(error.found[0]) if isinstance(error, FlowProblemsError) else ""
                    raise NotImportedError(f"{file}: {where}{error.detail} Nothing was imported.") from error
        return done

    for imported in run(work):
        sys.stdout.write(
            f"{imported.flow_id} {imported.name}: {_TOLD[imported.action]}, version {imported.version}, "
            f"{imported.state}\n"
        )


@app.command("export")
def export(
    flow_id: uuid.UUID,
    account: AccountOption,
    version: Annotated[
        int | None,
        typer.Option(
            min=1, help="Version number. By default the published version, or the draft if there is none."
        ),
    ] = None,
    with_files: Annotated[
        Path | None, typer.Option(help="Write it with its files to this archive (.zip) instead.")
    ] = None,
) -> None:
    """Print a flow as YAML."""

    async def work(database: Database) -> str:
        await require_account(database, account)
        if with_files is not None:
            file, _, _ = await export_bundle(database, account, flow_id, version)
            with file, with_files.open("wb") as written:
                shutil.copyfileobj(file, written)
            return ""
        async with database.read(account) as db:
            text, _ = await queries.flow_text(db, account, flow_id, version)
            return render(await with_names(db, account, text))

    sys.stdout.write(run(work, read_database))


@app.command("index")
def index_flows(account: AccountOption) -> None:
    """Prepare the published flows for matching by meaning, after the extra was installed or its model changed."""

    async def work(database: Database) -> int:
        await require_account(database, account)
        async with database.write(account) as db:
            return await index_missing(db, account)

    if model() is None:
        raise NoMeaningError("Install the extra first: pip install 'flowpilot[meaning]'.")
    number = run(work)
    errors.print(f"{number} {'flow' if number == 1 else 'flows'} prepared.")


@app.command("install-library")
def install_library(account: AccountOption) -> None:
    """Publish the flows that ship with FlowPilot and that the account does not have yet."""

    async def work(database: Database) -> int:
        await require_account(database, account)
        async with database.write(account) as db:
            return await install_shipped(db, account, None, now())

    sys.stdout.write(f"Installed {run(work)} flows.\n")


@app.command("check")
def check(files: FilesArgument) -> None:
    """List what prevents flows from being published, one problem a line. The exit status is 1 if there is any."""
    found = [f"{file}: {problem}" for file in files for problem in _problems(file)]
    if found:
        sys.stdout.write("\n".join(found) + "\n")
        raise typer.Exit(EXIT_FAILED)
    sys.stdout.write(f"No problems in {len(files)} {'flow' if len(files) == 1 else 'flows'}.\n")


def _problems(file: Path) -> list[str]:
    try:
        found = problems(_read(file).complete_tree)
    except InvalidError as error:
        return [error.detail]
    return [f"{_where(problem)}{problem.message}" for problem in found]


def _where(problem: TreeProblem) -> str:
    """The ids, by which a node is found in the file: `screen → dead_scren: `."""
    if problem.missing is not None:
        return f"{problem.node or 'root'} → {problem.missing}: "
    return "" if problem.node is None else f"{problem.node}: "


def _innermost_first(bundles: dict[Path, Bundle]) -> list[Path]:
    """The files in their order, but each after those with flows that it leads into."""
    texts = [bundle.text for bundle in bundles.values()]
    order = {flow.name.lower(): number for number, flow in enumerate(innermost_first(texts))}
    return sorted(bundles, key=lambda file: order[bundles[file].text.name.lower()])


def _read_to_import(file: Path) -> Bundle:
    try:
        return _read(file)
    except InvalidError as error:
        raise NotImportedError(f"{file}: {error.detail} Nothing was imported.") from error


def _read(file: Path) -> Bundle:
    """A flow, with its files if it is an archive.

    Raises:
        InvalidError: it is neither, and why.
    """
    with file.open("rb") as opened:
        if is_bundle(opened):
            return read_within_limits(get_settings(), opened)
        try:
            return Bundle(parse(opened.read().decode()), {})
        except UnicodeDecodeError as error:
            raise InvalidError("It is not UTF-8 text.") from error
