"""`flowpilot demo`: two help desks with half a year of work, served."""

import asyncio
import shlex

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from flowpilot.cli.common import errors
from flowpilot.cli.connection import new_database
from flowpilot.cli.serving.options import HostOption, PortOption
from flowpilot.cli.serving.server import run_server
from flowpilot.clock import now
from flowpilot.demo.seed import DEMO_PASSWORD, DemoLogin, seed_demo
from flowpilot.demo.ticket_system import connect_demo
from flowpilot.settings import get_settings


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(demo)


def demo(host: HostOption = "127.0.0.1", port: PortOption = 8000) -> None:
    """Serve FlowPilot with two demo accounts. A second run keeps their data."""
    with new_database() as urls:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        with Progress(*columns, console=errors, transient=True) as bar:
            task = bar.add_task("Demo data", total=1.0)
            logins = seed_demo(
                urls.runtime,
                now=now(),
                progress=lambda what, done: bar.update(task, description=what, completed=done),
            )
        asyncio.run(connect_demo(urls.runtime, get_settings(), now()))
        _print_logins(logins, f"http://{host}:{port or 'PORT'}")
        if not port:
            Console().print("The server says below which PORT it listens on.\n", style="bold")
        run_server(urls, host, port)


def _print_logins(logins: list[DemoLogin], url: str) -> None:
    console = Console()
    table = Table(title=f"Sign in at {url} with the password {DEMO_PASSWORD}", box=SIMPLE)
    for heading in ("Account", "Role", "E-mail"):
        table.add_column(heading)
    for login in logins:
        table.add_row(login.account_name or "none", login.role or "", login.email)
    console.print(table)
    account = next(login.account_id for login in logins if login.account_id)
    console.print("Or in another terminal:", style="bold")
    commands = (
        f"  {_place()}.venv/bin/flowpilot report dashboard --account {account}",
        f"  curl -s {url}/api/v1/auth/token -d username={logins[0].email} -d password={DEMO_PASSWORD}\n",
    )
    console.print("\n".join(commands), soft_wrap=True, highlight=False, markup=False)


def _place() -> str:
    """The variable that a command in another terminal needs to find this database."""
    settings = get_settings()
    if settings.database_url is not None:
        return ""
    return f"FLOWPILOT_DATA_DIR={shlex.quote(str(settings.data_dir.absolute()))} "
