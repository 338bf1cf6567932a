"""FlowPilot as an operator serves it, with one account, whose engineer signs in."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx2

from flowpilot.db.connect import database
from flowpilot.identity.actor import Role
from tests.cli.conftest import COMMAND
from tests.company import Company, found_company
from tests.databases import copy_migrated, settings_of
from tests.places import open_directory

_SOON_SECONDS = 30


@dataclass(frozen=True)
class Office:
    """Where FlowPilot answers, the account in it, and the e-mail of its engineer."""

    url: str
    company: Company
    engineer: str

    def ask(self, method: str, path: str, body: Any = None, *, role: Role = Role.ENGINEER) -> Any:
        """What the JSON API answers to somebody of that role."""
        headers = self.company.headers(role)
        answer = httpx2.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=60)
        assert answer.is_success, answer.text
        return answer.json()

    def posting(self, session_id: str) -> dict[str, Any]:
        """The one posting of a session."""
        (posting,) = self.ask("GET", f"/ai-sessions/{session_id}/postings")["items"]
        return dict(posting)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Ask again and again until it is so. Each question is a request, so the server has its turn."""
    latest = monotonic() + _SOON_SECONDS
    while not is_so():
        assert monotonic() < latest, f"not within {_SOON_SECONDS} seconds"


@contextmanager
def served_office(run: Path) -> Iterator[Office]:
    """Serve FlowPilot with its worker and a database of its own, until the context ends.

    Args:
        run: a directory that all workers of this test run share.
    """
    with open_directory() as parent:
        settings = settings_of(parent / "data")
        copy_migrated(run, settings.data_dir)
        with database(settings) as urls:
            company = found_company(urls)
            _, engineer = company.add_newcomer(Role.ENGINEER)
            with _serving(settings.data_dir) as url:
                yield Office(url, company, engineer)


@contextmanager
def _serving(data_dir: Path) -> Iterator[str]:
    environment = os.environ | {
        "FLOWPILOT_DATA_DIR": str(data_dir),
        "FLOWPILOT_SECRET_KEY": "s" * 32,
        "FLOWPILOT_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
    }
    with subprocess.Popen(
        [COMMAND, "serve", "--port", "0"],
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stderr is not None
        line = next((line for line in server.stderr if "listens on" in line), "")
        assert line, "FlowPilot did not start"
        yield line.split()[3]
        server.terminate()
        server.communicate(timeout=60)
