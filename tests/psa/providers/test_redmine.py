"""Redmine holds what holds for every ticket system."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.psa.providers.laws import ProviderLaws
from tests.psa.servers.redmine import RedmineServer, redmine


@pytest.fixture(scope="module")
def system(run_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedmineServer]:
    with redmine(run_directory, tmp_path_factory.mktemp("redmine") / "own") as server:
        yield server


class TestRedmine(ProviderLaws):
    """The laws, on a real Redmine."""
