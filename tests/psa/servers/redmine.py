"""Redmine, as Debian installs it: its database is made once in a run, and copied for each that is started.

Every password is `of-the-tests-1`, and every user's key is `key_of` their login.
"""

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flowpilot.db.locks import file_lock
from flowpilot.psa.client import Access
from flowpilot.psa.providers.redmine import Credentials, Redmine, Settings
from tests.outgoing.servers import free_port
from tests.psa.providers.system import Stored

PROGRAM = Path("/usr/share/redmine")
_SCRIPTS = Path(__file__).parent / "ruby"
_RUBY = ("/usr/bin/env", "ruby")
_FOLDERS = ("config", "log", "tmp/cache", "files", "plugins", "public/plugin_assets")
# No mail leaves this machine.
_CONFIGURATION = "default:\n  email_delivery:\n    delivery_method: :test\n"


def key_of(login: str) -> str:
    """The API key of a user that the seed made."""
    return f"keyof{login}".ljust(40, "0")


@dataclass(frozen=True)
class RedmineServer:
    """A Redmine that runs. It is asked around FlowPilot: reads go to its database, changes to its interface."""

    port: int
    directory: Path
    client: str = "Acme"

    @property
    def alex(self) -> str:
        """An engineer, by number."""
        return self.user("alex")

    @property
    def kim(self) -> str:
        """Another engineer."""
        return self.user("kim")

    def user(self, login: str) -> str:
        """The number of a user."""
        return str(self.rows("SELECT id FROM users WHERE login = ?", login)[0][0])

    def provider(self, access: Access) -> Redmine:
        """FlowPilot's provider with the rights that the how-to page asks for."""
        return self.provider_of("flowpilot", access)

    def provider_of(self, login: str, access: Access, **settings: Any) -> Redmine:
        """FlowPilot's provider with a user's key."""
        return Redmine(access, Credentials(api_key=key_of(login)), Settings(**settings))

    def stranger(self, access: Access) -> Redmine:
        """FlowPilot's provider with a key that is nobody's."""
        return self.provider_of("nobody", access)

    def new_ticket(
        self,
        summary: str = "The printer is offline",
        *,
        member: str | None = None,
        project: str = "acme",
        **more: Any,
    ) -> str:
        """A new issue, reported by the administrator."""
        issue = {"project_id": project, "subject": summary, **more}
        if member is not None:
            issue["assigned_to_id"] = member
        return str(self.ask("admin", "POST", "/issues.json", {"issue": issue})["issue"]["id"])

    def new_project(self, name: str) -> str:
        """A project that only FlowPilot's user has joined."""
        project = {"name": name, "identifier": name, "is_public": False, "tracker_ids": [1]}
        self.ask("admin", "POST", "/projects.json", {"project": project})
        role = self.rows("SELECT id FROM roles WHERE name = 'FlowPilot'")[0][0]
        member = {"user_id": self.user("flowpilot"), "role_ids": [role]}
        self.ask("admin", "POST", f"/projects/{name}/memberships.json", {"membership": member})
        return name

    def customer(self, name: str) -> list[Any]:
        """The custom field of tickets that names the client, with a value."""
        return [{"id": self.rows("SELECT id FROM custom_fields WHERE name = 'Customer'")[0][0], "value": name}]

    def stored(self, ticket_id: str) -> list[Stored]:
        """Its journals with a text, and its entries of time."""
        notes = self.rows(
            "SELECT id, notes, private_notes, user_id FROM journals "
            "WHERE journalized_id = ? AND notes <> '' ORDER BY id",
            ticket_id,
        )
        times = self.rows(
            "SELECT id, comments, hours, user_id FROM time_entries WHERE issue_id = ? ORDER BY id", ticket_id
        )
        return [
            *[Stored(str(key), text, bool(private), 0, str(user)) for key, text, private, user in notes],
            *[Stored(str(key), text or "", True, hours * 60, str(user)) for key, text, hours, user in times],
        ]

    def files(self, ticket_id: str) -> list[tuple[str, int]]:
        """The names and sizes of the ticket's files."""
        files = "SELECT filename, filesize FROM attachments WHERE container_type = 'Issue' AND container_id = ?"
        return self.rows(files, ticket_id)

    def status_of(self, ticket_id: str) -> str:
        """The number of its status."""
        return str(self.rows("SELECT status_id FROM issues WHERE id = ?", ticket_id)[0][0])

    def closed_status(self, ticket_id: str) -> str:
        """Closed."""
        return str(self.rows("SELECT id FROM issue_statuses WHERE name = 'Closed'")[0][0])

    def book(self, ticket_id: str, minutes: int) -> None:
        """Kim books time."""
        entry = {"issue_id": ticket_id, "hours": minutes / 60, "comments": "by hand"}
        self.ask("kim", "POST", "/time_entries.json", {"time_entry": entry})

    def hand_over(self, ticket_id: str, member: str) -> None:
        """The administrator assigns it to somebody else."""
        self.ask("admin", "PUT", f"/issues/{ticket_id}.json", {"issue": {"assigned_to_id": member}})

    def delete(self, ticket_id: str) -> None:
        """The administrator deletes it."""
        self.ask("admin", "DELETE", f"/issues/{ticket_id}.json?todo=destroy")

    def merge(self, ticket_id: str, into: str) -> None:
        """Nobody can."""
        pytest.skip("Redmine cannot merge issues.")

    def rows(self, statement: str, *values: str) -> list[Any]:
        """What its database has."""
        with closing(sqlite3.connect(f"file:{self.directory}/redmine.sqlite3?mode=ro", uri=True)) as database:
            return database.execute(statement, values).fetchall()

    @contextmanager
    def setting(self, name: str, value: str) -> Iterator[None]:
        """One of Redmine's own settings, for as long as the context lasts."""
        (before,) = self.rows("SELECT value FROM settings WHERE name = ?", name)[0]
        # Redmine looks before each request whether one has changed since it read them, by this time.
        change = "UPDATE settings SET value = ?, updated_on = datetime('now', '+1 minute') WHERE name = ?"
        self.change(change, value, name)
        yield
        self.change(change, before, name)

    def change(self, statement: str, *values: str) -> None:
        """Change its database, for what its interface does not change."""
        with closing(sqlite3.connect(self.directory / "redmine.sqlite3")) as database, database:
            database.execute(statement, values)

    def ask(self, login: str, method: str, path: str, data: Any = None) -> Any:
        """Ask its interface for something as one of its users."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if data is None else json.dumps(data).encode(),
            headers={"X-Redmine-API-Key": key_of(login), "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")


@contextmanager
def redmine(run: Path, directory: Path) -> Iterator[RedmineServer]:
    """A Redmine of its own, for as long as the context lasts.

    Args:
        run: a directory that all workers of this test run share; the database is made there by the first of them.
        directory: a directory to make, for its files.
    """
    if not PROGRAM.exists():
        pytest.fail("Redmine is not installed. Run make test, which installs it, or says how.")
    seeded = run / "redmine"
    with file_lock(run / "redmine.lock", fcntl.LOCK_EX):
        if not seeded.exists():
            draft = _instance(run / "redmine-draft")
            subprocess.run(
                [*_RUBY, _SCRIPTS / "redmine_seed.rb"], cwd=PROGRAM, env=_environment(draft), check=True
            )
            draft.rename(seeded)
    instance = _instance(directory)
    shutil.copy(seeded / "redmine.sqlite3", instance)
    port = free_port()
    with _serving(instance, port):
        yield RedmineServer(port, instance)


@contextmanager
def _serving(instance: Path, port: int) -> Iterator[None]:
    command = [*_RUBY, str(_SCRIPTS / "redmine_serve.rb"), str(port)]
    with (instance / "log" / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=PROGRAM, env=_environment(instance), stdout=subprocess.PIPE, stderr=log, text=True
        )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", (instance / "log" / "server.log").read_text()
            yield
        finally:
            process.terminate()


def _instance(directory: Path) -> Path:
    """A folder with what Redmine wants to find beside its database."""
    for name in _FOLDERS:
        (directory / name).mkdir(parents=True)
    (directory / "config" / "configuration.yml").write_text(_CONFIGURATION)
    (directory / "config" / "secret_key.txt").write_text("f" * 64)
    # The path is that of the folder as Redmine finds it, which has another name when it is copied.
    (directory / "config" / "database.yml").write_text(
        "production:\n  adapter: sqlite3\n  timeout: 10000\n"
        '  database: <%= Redmine.root.join("redmine.sqlite3") %>\n'
    )
    return directory


def _environment(instance: Path) -> dict[str, str]:
    return {
        **os.environ,
        "RAILS_ENV": "production",
        "REDMINE_INSTANCE": os.path.relpath(instance, PROGRAM / "instances"),
        "TZ": "UTC",
    }
