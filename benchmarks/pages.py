"""`python -m benchmarks.pages`: how fast pages are, and how much script they load, with the demo's data."""

import gzip
import re
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx2
import numpy as np
import typer
from fastapi.testclient import TestClient
from rich.console import Console
from rich.table import Table
from sqlalchemy import event

from benchmarks.machine import describe_machine
from benchmarks.server import running_server, temporary_settings
from flowpilot.app import create_app
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.demo.seed import DEMO_PASSWORD, seed_demo
from flowpilot.migrations.opening import migrated_database
from flowpilot.settings import Settings

AIM_MS = 50.0
AIM_SCRIPT_BYTES = 100_000
RESULTS = Path(__file__).with_name("PAGES.md")

_WHO = "senior@northwind.example"
_WARM_UP = 5
_HEADERS = ("page", "p50 ms", "p95 ms", "aim p50 ms", "x healthz", "SQL", "HTML kB", "script kB")

console = Console(width=110)


@dataclass(frozen=True, slots=True)
class Visit:
    """One page: its milliseconds over HTTP, its statements, and its compressed sizes in bytes."""

    name: str
    p50: float
    p95: float
    statements: int
    html: int
    script: int

    def cells(self, healthz: float) -> tuple[str, ...]:
        """The page's line in the table."""
        return (
            self.name,
            f"{self.p50:.1f}",
            f"{self.p95:.1f}",
            f"< {AIM_MS:.0f}",
            f"{self.p50 / healthz:.1f}",
            str(self.statements),
            f"{self.html / 1000:.1f}",
            f"{self.script / 1000:.1f}",
        )


def main(
    rounds: Annotated[int, typer.Option("--requests", min=2, help="Requests per page.")] = 60,
    write: Annotated[bool, typer.Option("--write", help="Write the figures to benchmarks/PAGES.md.")] = False,
) -> None:
    """Measure the pages that a help desk has open all day, as a signed-in person."""
    with temporary_settings() as settings, migrated_database(settings) as urls:
        with console.status("Demo data"):
            seed_demo(urls.runtime, now=now())
        with running_server(settings.data_dir) as address, console.status("Measuring"):
            healthz, visits = _measure(address, settings, urls, rounds)
        machine = describe_machine(urls.owner)
    lines = [visit.cells(healthz) for visit in visits]
    table = Table(title=f"Pages on the demo's data; GET /healthz takes {healthz:.1f} ms", title_justify="left")
    for number, header in enumerate(_HEADERS):
        table.add_column(header, justify="right" if number else "left")
    for line in lines:
        table.add_row(*line)
    console.print(table)
    if write:
        RESULTS.write_text(_markdown(lines, healthz, machine, rounds))


def _measure(address: str, settings: Settings, urls: DatabaseUrls, rounds: int) -> tuple[float, list[Visit]]:
    with httpx2.Client(base_url=address, headers={"Sec-Fetch-Site": "same-origin"}) as browser:
        form = {"username": _WHO, "password": DEMO_PASSWORD}
        browser.post("/sign-in", data=form, follow_redirects=True).raise_for_status()
        paths = _paths(browser)
        taken: dict[str, list[float]] = {path: [] for path in ["/healthz", *paths.values()]}
        for number in range(_WARM_UP + rounds):
            for path, milliseconds in taken.items():
                started = time.perf_counter()
                browser.get(path).raise_for_status()
                if number >= _WARM_UP:
                    milliseconds.append(1000 * (time.perf_counter() - started))
        statements = _count_statements(settings, urls.runtime, browser.cookies, paths)
        visits = [
            Visit(
                name,
                float(np.median(taken[path])),
                float(np.percentile(taken[path], 95)),
                statements[name],
                len(gzip.compress(browser.get(path).content, 5)),
                sum(_script_sizes(browser, path)),
            )
            for name, path in paths.items()
        ]
    return float(np.median(taken["/healthz"])), visits


def _paths(browser: httpx2.Client) -> dict[str, str]:
    """The pages; of a kind with many, the first one in its list."""
    session = re.search(r'href="(/sessions/[0-9a-f-]{36})"', browser.get("/").text)
    handoff = re.search(r'href="(/handoffs/[0-9a-f-]{36})"', browser.get("/handoffs").text)
    assert session is not None
    assert handoff is not None
    return {
        "home": "/",
        "queue": "/handoffs",
        "session": session[1],
        "handoff": handoff[1],
        "sessions": "/sessions",
        "flows": "/flows",
    }


def _script_sizes(browser: httpx2.Client, path: str) -> Iterator[int]:
    """The compressed size of the page's scripts and of the modules that they import."""
    waiting = re.findall(r'<script[^>]* src="([^"]+)"', browser.get(path).text)
    seen = set()
    while waiting:
        source = waiting.pop()
        if source.split("?")[0] in seen:
            continue
        seen.add(source.split("?")[0])
        script = browser.get(source).raise_for_status()
        yield len(gzip.compress(script.content, 5))
        waiting += [
            urllib.parse.urljoin(source, found)
            for found in re.findall(r"""import(?:\(|\s+)["'](\./[^"']+)["']""", script.text)
        ]


def _count_statements(settings: Settings, url: str, cookies: Any, paths: dict[str, str]) -> dict[str, int]:
    app = create_app(settings, url)
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(app.state.database.engine.sync_engine, "before_cursor_execute", listen)
    counted = {}
    with TestClient(app) as client:
        client.cookies.update(dict(cookies))
        for name, path in paths.items():
            sent.clear()
            client.get(path).raise_for_status()
            counted[name] = len(sent)
    return counted


def _markdown(lines: list[tuple[str, ...]], healthz: float, machine: dict[str, str], rounds: int) -> str:
    head = ["| " + " | ".join(_HEADERS) + " |", "|---|" + "---:|" * (len(_HEADERS) - 1)]
    body = ["| " + " | ".join(line) + " |" for line in lines]
    facts = [f"- {name}: {value}" for name, value in machine.items() if name != "database"]
    text = f"""\
# Pages

Made on {now():%Y-%m-%d} by `python -m benchmarks.pages --write`: `flowpilot serve` in its own process with
the demo's data, one signed-in browser, {rounds} requests per page in rounds over all of them, over HTTP with
keep-alive. `GET /healthz` took {healthz:.1f} ms in the same run. SQL counts all statements of a request except
BEGIN and COMMIT; kB are 1,000 bytes, compressed. A page without charts should load less than
{AIM_SCRIPT_BYTES // 1000} kB of script.

"""
    return text + "\n".join([*head, *body, "", *facts]) + "\n"


if __name__ == "__main__":
    typer.run(main)
