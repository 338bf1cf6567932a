"""Which commands create an installation, and that all others do not."""

import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowpilot.cli import all_commands, app
from flowpilot.cli.demo import _print_logins
from flowpilot.db.embedded import NoDatabaseError
from flowpilot.demo.seed import DemoLogin
from flowpilot.identity.actor import Role
from flowpilot.settings import get_settings
from tests.company import PASSWORD
from tests.flows.samples import YAML
from tests.places import open_directory

ACCOUNT = ("--account", "01980000-0000-7000-8000-00000000a001")
EMAIL = "jo@desk.example"
ID = "01980000-0000-7000-8000-00000000a002"

# A new command has to be put into one of these.
BEGIN = {"serve", "demo", "account create", "db upgrade"}
NEED_NO_DATABASE = {"flow check", "import suggest", "notify test-email"}
READ: dict[str, tuple[str, ...]] = {
    "report": ("dashboard", *ACCOUNT),
    "flow list": ACCOUNT,
    "import list": ACCOUNT,
    "account export": (ID,),
    "flow export": (ID, *ACCOUNT),
    "db url": (),
}
CHANGE: dict[str, tuple[str, ...]] = {
    "worker": (),
    "import file": ("{file}", "--mapping", "servicenow", *ACCOUNT),
    "import psa": ("--since", "2026-01-01", *ACCOUNT),
    "import undo": (ID, *ACCOUNT),
    "account delete": (ID,),
    "account reopen": (ID,),
    "user create": (EMAIL, *ACCOUNT, "--role", "owner"),
    "key create": (*ACCOUNT, "--role", "owner"),
    "flow import": ("{file}", *ACCOUNT),
    "flow index": ACCOUNT,
    "flow install-library": ACCOUNT,
    "db reconcile": (),
    "db distribute": (),
    "psa check": ACCOUNT,
    "psa reconcile": ACCOUNT,
}
APART = {"doctor", "user password"}  # The one tells what it finds, the other wants standard input.


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data directory of an installation that does not exist."""
    with open_directory() as parent:
        monkeypatch.setenv("FLOWPILOT_DATA_DIR", str(parent / "data"))
        monkeypatch.delenv("FLOWPILOT_DATABASE_URL", raising=False)
        get_settings.cache_clear()
        yield parent / "data"
    get_settings.cache_clear()


def _commands(group: Any, name: str = "") -> set[str]:
    if not hasattr(group, "commands"):
        return {name}
    return {found for word, one in group.commands.items() for found in _commands(one, f"{name} {word}".strip())}


def test_every_command_is_known_to_read_or_to_change() -> None:
    known = BEGIN | NEED_NO_DATABASE | READ.keys() | CHANGE.keys() | APART
    assert _commands(all_commands()) == known


@pytest.mark.parametrize("command", [*READ, *CHANGE])
def test_it_makes_nothing_without_a_database(nowhere: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text(YAML)
    words = [word.format(file=tmp_path / "file") for word in (READ | CHANGE)[command]]
    with pytest.raises(NoDatabaseError, match=r"Set FLOWPILOT_DATA_DIR .*, or start the server"):
        app([*command.split(), *words], standalone_mode=False)
    assert not nowhere.exists()


def test_nor_does_a_new_password(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD))
    with pytest.raises(NoDatabaseError):
        app(["user", "password", EMAIL, "--password-stdin"], standalone_mode=False)
    assert not nowhere.exists()


def test_nor_does_doctor_which_says_what_is_missing(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        app(["doctor"], standalone_mode=False)
    assert f"There is no FlowPilot database in {nowhere}." in capsys.readouterr().err
    assert not nowhere.exists()


def test_the_demos_hints_say_where_it_is(
    monkeypatch: pytest.MonkeyPatch, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = nowhere / "[demo] here"
    monkeypatch.setenv("FLOWPILOT_DATA_DIR", str(place))
    get_settings.cache_clear()
    account = DemoLogin("Northwind IT", uuid.UUID(ID), Role.OWNER, EMAIL)
    _print_logins([account], "http://127.0.0.1:8000")
    command = f"FLOWPILOT_DATA_DIR='{place}' .venv/bin/flowpilot report dashboard --account {ID}"
    assert command in capsys.readouterr().out
