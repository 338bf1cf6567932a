"""Past tickets are fetched by one command at a time: two would write into the same files."""

import uuid
from pathlib import Path

import pytest

from flowpilot.imports.psa.bringing import BeingFetchedError, alone
from flowpilot.settings import Settings

ACCOUNT, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


def test_a_second_fetch_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with alone(settings, ACCOUNT):
        with pytest.raises(BeingFetchedError, match="being fetched already"), alone(settings, ACCOUNT):
            pass
        with alone(settings, OTHER):
            pass
    with alone(settings, ACCOUNT):
        pass


def test_a_fetch_that_fails_lets_the_next_one_begin(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(RuntimeError), alone(settings, ACCOUNT):
        raise RuntimeError
    with alone(settings, ACCOUNT):
        pass
