"""`python -m benchmarks.pages`: how fast pages are, and how much script they load, with the demo's data."""

import gzip
import re
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

AIM_MS, AIM_STATEMENTS = 25.0, 10
AIM_SCRIPT_BYTES = 100_000
RESULTS = Path(__file__).with_name("PAGES.md")

SENIOR, OWNER = "senior@northwind.example", "owner@northwind.example"
_WARM_UP = 5

# What is looked at before an import. Each ticket has two rows.
_LOG = "Ticket,Time,Status,Assignee\n" + "".join(
    f"T-{number},2026-01-{1 + number % 28:02} {hour}:00,{status},Ada Brook\n"
    for number in range(200)
    for hour, status in (("09", "Open"), ("11", "Closed"))
)
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
        """The page's line in the table. With ! an aim is missed."""
        return (
            self.name,
            f"{self.p50:.1f}{' !' * (self.p50 >= AIM_MS)}",
            f"{self.p95:.1f}",
            f"< {AIM_MS:.0f}",
            f"{self.p50 / healthz:.1f}",
            f"{self.statements}{' !' * (self.statements > AIM_STATEMENTS)}",
            f"{self.html / 1000:.1f}",
            f"{self.script / 1000:.1f}",
        )


def main(
    rounds: Annotated[int, typer.Option("--requests", min=2, help="Requests per page.")] = 60,
    only: Annotated[list[str] | None, typer.Option("--page", help="Only pages of these names.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write the figures to benchmarks/PAGES.md.")] = False,
) -> None:
    """Measure the pages that a help desk has open all day, and those of imports, as a signed-in person."""
    if write and only:
        raise typer.BadParameter("All pages are written, or none.", param_hint="--write")
    with temporary_settings() as settings, migrated_database(settings) as urls:
        with console.status("Demo data"):
            seed_demo(urls.runtime, now=now())
        with running_server(settings.data_dir) as address, console.status("Measuring"):
            healthz, visits = _measure(address, settings, urls, rounds, only or [])
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


@dataclass(frozen=True, slots=True)
class Place:
    """A page, and the browser of somebody who may open it."""

    browser: httpx2.Client
    path: str


def _measure(
    address: str, settings: Settings, urls: DatabaseUrls, rounds: int, only: Sequence[str]
) -> tuple[float, list[Visit]]:
    with signed_in(address, SENIOR) as senior, signed_in(address, OWNER) as owner:
        places = all_places(senior, owner)
        if unknown := set(only) - places.keys():
            raise typer.BadParameter(f"There are no such pages: {unknown}. There are {', '.join(places)}.")
        places = {name: place for name, place in places.items() if not only or name in only}
        healthz = Place(senior, "/healthz")
        taken: dict[Place, list[float]] = {place: [] for place in [healthz, *places.values()]}
        for number in range(_WARM_UP + rounds):
            for place, milliseconds in taken.items():
                started = time.perf_counter()
                open_page(place)
                if number >= _WARM_UP:
                    milliseconds.append(1000 * (time.perf_counter() - started))
        statements = _count_statements(settings, urls.runtime, places)
        visits = [
            Visit(
                name,
                float(np.median(taken[place])),
                float(np.percentile(taken[place], 95)),
                statements[name],
                len(gzip.compress(open_page(place).content, 5)),
                sum(_script_sizes(place.browser, place.path)),
            )
            for name, place in places.items()
        ]
    return float(np.median(taken[healthz])), visits


@contextmanager
def signed_in(address: str, who: str) -> Iterator[httpx2.Client]:
    """A browser of theirs. It waits as long as a person would, on a machine that has other work, too."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    with httpx2.Client(base_url=address, headers=headers, timeout=60) as browser:
        form = {"username": who, "password": DEMO_PASSWORD}
        browser.post("/sign-in", data=form, follow_redirects=True).raise_for_status()
        yield browser


def open_page(place: Place) -> httpx2.Response:
    """The page. One that leads elsewhere is not measured as if it were shown."""
    answer = place.browser.get(place.path).raise_for_status()
    assert not answer.is_redirect, f"{place.path} leads elsewhere"
    return answer


def all_places(senior: httpx2.Client, owner: httpx2.Client) -> dict[str, Place]:
    """The pages; of a kind with many, the first one in its list."""
    session, handoff = _first(senior, "/", "sessions"), _first(senior, "/handoffs", "handoffs")
    # One that can still be handed over, put off, and follow another flow.
    ways = ("/escalate", "/verify", "/flow", "/note", "/remove")
    going_on = next(
        path
        for path in _all(owner, "/sessions?status=active", "sessions")
        if all(f'href="{path}{way}"' in owner.get(path).text for way in ways)
    )
    upload = owner.post("/settings/imports", files={"file": ("tickets.csv", _LOG.encode())})
    pages = {
        "home": "/",
        "queue": "/handoffs",
        "session": session,
        "handoff": handoff,
        "sessions": "/sessions",
        "flows": "/flows",
        "new session": "/sessions/new",
        "queue, closed": "/handoffs?state=closed",
        "handoff, closed": _first(senior, "/handoffs?state=closed", "handoffs"),
        "notifications": "/notifications",
    }
    of_owner = {
        "session, going on": going_on,
        "its note": f"{going_on}/note",
        "its flows": f"{going_on}/flow",
        "seen before": f"{going_on}/similar",
        "escalate": f"{going_on}/escalate",
        "look again": f"{going_on}/verify",
        "remove words": f"{going_on}/remove",
        "imports": "/settings/imports",
        "import, looked at": urllib.parse.urlsplit(upload.headers["Location"]).path,
    }
    return {name: Place(senior, path) for name, path in pages.items()} | {
        name: Place(owner, path) for name, path in of_owner.items()
    }


def _all(browser: httpx2.Client, path: str, kind: str) -> list[str]:
    """The pages of that kind to which a page leads."""
    html = browser.get(path).raise_for_status().text
    return list(dict.fromkeys(re.findall(rf'href="(/{kind}/[0-9a-f-]{{36}})"', html)))


def _first(browser: httpx2.Client, path: str, kind: str) -> str:
    found = _all(browser, path, kind)
    assert found, f"{path} leads to no page of {kind}"
    return found[0]


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


def _count_statements(settings: Settings, url: str, places: dict[str, Place]) -> dict[str, int]:
    app = create_app(settings, url)
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(app.state.database.engine.sync_engine, "before_cursor_execute", listen)
    counted = {}
    with TestClient(app) as client:
        for name, place in places.items():
            client.cookies.clear()
            client.cookies.update(dict(place.browser.cookies))
            sent.clear()
            client.get(place.path).raise_for_status()
            counted[name] = len(sent)
    return counted


def _markdown(lines: list[tuple[str, ...]], healthz: float, machine: dict[str, str], rounds: int) -> str:
    head = ["| " + " | ".join(_HEADERS) + " |", "|---|" + "---:|" * (len(_HEADERS) - 1)]
    body = ["| " + " | ".join(line) + " |" for line in lines]
    facts = [f"- {name}: {value}" for name, value in machine.items() if name != "database"]
    text = f"""\
# Pages

Made on {now():%Y-%m-%d} by `python -m benchmarks.pages --write`: `flowpilot serve` in its own process with
the demo's data, two signed-in browsers, {rounds} requests per page in rounds over all of them, over HTTP with
keep-alive. `GET /healthz` took {healthz:.1f} ms in the same run. SQL counts all statements of a request except
BEGIN and COMMIT, and should be {AIM_STATEMENTS} at most; kB are 1,000 bytes, compressed. A page without charts
should load less than {AIM_SCRIPT_BYTES // 1000} kB of script. With ! an aim is missed.

"""
    return text + "\n".join([*head, *body, "", *facts]) + "\n"


if __name__ == "__main__":
    typer.run(main)
