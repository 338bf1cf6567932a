"""One migrated PostgreSQL for each worker, reached as the runtime role.

Tests do not clean up after each other: each makes accounts of its own, and row security keeps them apart.
"""

from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network
from pathlib import Path

import hypothesis
import pytest
from fastapi.testclient import TestClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from flowpilot.app import create_app
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.connect import database as running
from flowpilot.db.session import Database
from flowpilot.identity import credentials
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.cluster.nodes import CLUSTER_URL, settings_on_cluster, spread_database
from tests.company import Company, close_kept, found_company
from tests.databases import copy_migrated, empty_database, settings_of
from tests.http.redis import running_redis
from tests.places import open_directory
from tests.statements import Statements, hearing
from tests.workers import shared_directory

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("flowpilot", deadline=None)
hypothesis.settings.load_profile("flowpilot")

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def run_directory(pytestconfig: pytest.Config) -> Path:
    """A directory that all workers of this run share."""
    return shared_directory(pytestconfig)


@pytest.fixture(scope="session")
def settings(run_directory: Path) -> Iterator[Settings]:
    with open_directory() as parent:
        data_dir = parent / "a data + dir"  # What is quoted wrongly anywhere fails everywhere.
        if CLUSTER_URL is not None:
            with settings_on_cluster(settings_of(data_dir)) as settings:
                yield settings
            return
        copy_migrated(run_directory, data_dir)
        yield settings_of(data_dir)


@pytest.fixture(scope="session")
def heard() -> list[Statements]:
    """What hears the product's statements, from when there is a database on."""
    return []


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> None:
    """Hashes that do not take long on purpose: hundreds of tests sign in."""
    credentials._passwords = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@pytest.fixture(scope="session")
def urls(settings: Settings, heard: list[Statements]) -> Iterator[DatabaseUrls]:
    if CLUSTER_URL is not None:
        # There the plans that `hearing` reads are others.
        with spread_database(settings) as urls:
            yield urls
            close_kept()
        return
    with running(settings) as urls, hearing(urls.owner) as statements:
        heard.append(statements)
        yield urls
        close_kept()


@pytest.fixture(autouse=True)
def every_statement_names_the_account(request: pytest.FixtureRequest, heard: list[Statements]) -> Iterator[None]:
    """No statement of the test leaves the account to row security alone: tests/statements.py says why."""
    yield
    if any(map(request.node.get_closest_marker, ("one_machine", "row_security_alone"))):
        for statements in heard:
            statements.forget()
    faults = [fault for statements in heard for fault in statements.faults()]
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="session")
def client(settings: Settings, urls: DatabaseUrls) -> Iterator[TestClient]:
    with AppClient(create_app(settings, urls.runtime), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def open_settings(settings: Settings) -> Settings:
    """The settings of an operator who allows FlowPilot to call servers on this machine."""
    return settings.model_copy(update={"allowed_private_networks": (ip_network("127.0.0.0/8"),)})


@pytest.fixture(scope="session")
def open_client(open_settings: Settings, urls: DatabaseUrls) -> Iterator[TestClient]:
    with AppClient(create_app(open_settings, urls.runtime), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(urls.runtime)
    yield database
    await database.close()


@pytest.fixture
def company(urls: DatabaseUrls) -> Company:
    """An account of the test's own, with a key for each role."""
    return found_company(urls)


@pytest.fixture
def neighbour(urls: DatabaseUrls) -> Company:
    """Another account beside it, which must never be seen."""
    return found_company(urls)


@pytest.fixture
def external(urls: DatabaseUrls) -> Iterator[str]:
    with empty_database(urls) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with running_redis() as url:
        yield url
