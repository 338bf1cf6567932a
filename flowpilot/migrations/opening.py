"""Open the installation's database with its tables as this version of FlowPilot needs them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import make_url

from flowpilot.db.connect import DatabaseUrls, database, driver_url
from flowpilot.migrations.upgrade import check_revision, upgrade
from flowpilot.settings import Settings


@contextmanager
def migrated_database(settings: Settings, *, create: bool = True) -> Iterator[DatabaseUrls]:
    """The database, brought to the newest revision first.

    Args:
        create: whether to create an embedded database and a secret key if there are none.
    """
    with database(settings, create=create) as urls:
        _upgrade(urls, settings)
        yield urls


@contextmanager
def database_as_it_is(settings: Settings) -> Iterator[DatabaseUrls]:
    """The database, for commands that only read: nothing is created and nothing is migrated.

    Raises:
        UpgradeError: it is not at the revision that this version of FlowPilot works with.
    """
    with database(settings, create=False) as urls:
        check_revision(driver_url(urls.owner))
        yield urls


def _upgrade(urls: DatabaseUrls, settings: Settings) -> None:
    """Migrate, and create the runtime role unless it is managed elsewhere."""
    runtime = make_url(urls.runtime)
    managed_elsewhere = settings.runtime_database_url is not None
    assert runtime.username is not None
    password = None if managed_elsewhere or runtime.password is None else str(runtime.password)
    upgrade(driver_url(urls.owner), runtime.username, password)
