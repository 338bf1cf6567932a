"""Where an installation is if FLOWPILOT_DATA_DIR is not set, and its secret key."""

from pathlib import Path

import pytest

from flowpilot import settings
from flowpilot.settings import Settings

USER = 1000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's data directory; root's place is beside it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FLOWPILOT_DATA_DIR", raising=False)
    monkeypatch.setattr(settings, "ROOT_HOME", tmp_path / "root")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return tmp_path / "home" / "flowpilot"


def test_an_ordinary_users_is_in_their_data_directory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: USER)
    assert Settings().data_dir == home


def test_roots_is_where_no_directory_is_closed(home: Path, tmp_path: Path) -> None:
    assert Settings().data_dir == tmp_path / "root" / "data"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", ["postgres", "secret_key"])
def test_roots_installation_at_the_old_place_is_used_and_named(
    home: Path, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    (home / what).mkdir(parents=True)
    assert Settings().data_dir == home
    assert str(home) in caplog.text


def test_an_installation_at_the_new_place_goes_before(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for place in (home, tmp_path / "root" / "data"):
        (place / "postgres").mkdir(parents=True)
    assert Settings().data_dir == tmp_path / "root" / "data"
    assert caplog.text == ""


def test_a_key_that_is_only_looked_for_is_not_made(tmp_path: Path) -> None:
    own = Settings(data_dir=tmp_path / "new")
    assert own.known_signing_key() is None
    assert not own.data_dir.exists()
    made = own.signing_key()
    assert own.known_signing_key() == made
