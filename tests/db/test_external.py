"""An external database: owners that are not superusers, and roles managed elsewhere."""

from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import make_url

from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls, database, libpq_url
from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.migrations.opening import database_as_it_is, migrated_database
from flowpilot.migrations.upgrade import UpgradeError, newest_revision
from flowpilot.settings import Settings
from tests.databases import url_as


def _settings(settings: Settings, **urls: str) -> Settings:
    return settings.model_copy(update={name: SecretStr(url) for name, url in urls.items()})


def _works(urls: DatabaseUrls) -> None:
    """Accounts can be made and are kept apart, the operator can list them, and their existence is known."""
    with psycopg.connect(urls.runtime) as runtime:
        assert runtime.execute("SELECT has_accounts FROM installation").fetchone() == (False,)
    ids = [new_id(), new_id()]
    for account_id in ids:
        with account_transaction(urls.runtime, account_id) as connection:
            connection.execute("INSERT INTO accounts (id, name) VALUES (%s, 'Acme')", [account_id])
            assert connection.execute("SELECT id FROM accounts").fetchall() == [(account_id,)]
    with psycopg.connect(urls.runtime) as runtime:
        assert runtime.execute("SELECT has_accounts FROM installation").fetchone() == (True,)
        assert runtime.execute("SELECT FROM accounts").fetchall() == []
    with psycopg.connect(urls.owner) as owner:
        assert owner.execute("SELECT id FROM accounts ORDER BY id").fetchall() == [(found,) for found in ids]


def test_an_owner_who_is_not_a_superuser(settings: Settings, external: str) -> None:
    with migrated_database(_settings(settings, database_url=external)) as urls:
        assert make_url(urls.runtime).username == f"{make_url(external).database}_runtime"
        _works(urls)


def test_upgrading_twice_changes_nothing(settings: Settings, external: str) -> None:
    for _ in range(2):
        with (
            migrated_database(_settings(settings, database_url=external)) as urls,
            psycopg.connect(urls.runtime) as runtime,
        ):
            found = runtime.execute("SELECT version_num FROM alembic_version").fetchall()
            assert found == [(newest_revision(),)]


def test_the_owner_is_held_by_row_security_too(settings: Settings, external: str) -> None:
    with migrated_database(_settings(settings, database_url=external)) as urls:
        account_id = new_id()
        with account_transaction(urls.runtime, account_id) as connection:
            connection.execute("INSERT INTO accounts (id, name) VALUES (%s, 'Acme')", [account_id])
            connection.execute("INSERT INTO ai_sessions (account_id, id) VALUES (%s, %s)", [account_id, new_id()])
        with psycopg.connect(urls.owner) as owner:
            assert owner.execute("SELECT count(*) FROM ai_sessions").fetchone() == (0,)


def test_a_runtime_role_managed_elsewhere(settings: Settings, urls: DatabaseUrls, external: str) -> None:
    name = f"managed_{new_id().hex}"
    with psycopg.connect(urls.owner, autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        owner = str(make_url(external).username)
        superuser.execute(sql.SQL("ALTER ROLE {} NOCREATEROLE").format(sql.Identifier(owner)))
    runtime = url_as(external, name, str(make_url(external).database))
    with migrated_database(_settings(settings, database_url=external, runtime_database_url=runtime)) as found:
        assert found.runtime == runtime
        _works(found)


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "nonsense", "postgresql://host", "postgresql://@127.0.0.1:1/nothing"]
)
def test_a_url_that_leads_nowhere_says_so(settings: Settings, url: str) -> None:
    with pytest.raises(DatabaseUnavailableError), database(_settings(settings, database_url=url)):
        pass


def test_an_owner_who_may_not_create_the_role_learns_what_to_do(
    settings: Settings, urls: DatabaseUrls, external: str
) -> None:
    with psycopg.connect(urls.owner, autocommit=True) as superuser:
        owner = sql.Identifier(str(make_url(external).username))
        superuser.execute(sql.SQL("ALTER ROLE {} NOCREATEROLE").format(owner))
    with (
        pytest.raises(UpgradeError, match="FLOWPILOT_RUNTIME_DATABASE_URL"),
        migrated_database(_settings(settings, database_url=external)),
    ):
        pass


def test_a_newer_releases_database_is_left_alone(settings: Settings, external: str) -> None:
    with psycopg.connect(external) as owner:
        owner.execute("CREATE TABLE alembic_version AS SELECT '9999' AS version_num")
    with (
        pytest.raises(UpgradeError, match="newer FlowPilot"),
        migrated_database(_settings(settings, database_url=external)),
    ):
        pass


def test_another_encoding_is_refused(settings: Settings, urls: DatabaseUrls) -> None:
    name = f"ascii_{new_id().hex}"
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        create = "CREATE DATABASE {} ENCODING SQL_ASCII LOCALE 'C' TEMPLATE template0"
        owner.execute(sql.SQL(create).format(sql.Identifier(name)))
        url = libpq_url(make_url(urls.owner).set(database=name))
        with (
            pytest.raises(DatabaseUnavailableError, match="SQL_ASCII"),
            migrated_database(_settings(settings, database_url=url)),
        ):
            pass
        owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_an_old_postgresql_is_refused(settings: Settings, external: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowpilot.db.connect.OLDEST_VERSION", 99)
    with (
        pytest.raises(DatabaseUnavailableError, match="needs 99 or newer"),
        database(_settings(settings, database_url=external)),
    ):
        pass


def test_the_owner_cannot_serve_as_the_runtime_role(settings: Settings, external: str) -> None:
    asked = _settings(settings, database_url=external, runtime_database_url=external)
    with pytest.raises(DatabaseUnavailableError, match="another role"), migrated_database(asked):
        pass


def test_a_runtime_role_that_is_not_there_is_named(settings: Settings, external: str) -> None:
    runtime = url_as(external, "nobody_here", str(make_url(external).database))
    asked = _settings(settings, database_url=external, runtime_database_url=runtime)
    with pytest.raises(UpgradeError, match="nobody_here"), migrated_database(asked):
        pass


def test_reading_migrates_nothing(settings: Settings, external: str) -> None:
    asked = _settings(settings, database_url=external)
    with pytest.raises(UpgradeError, match="has no tables"), database_as_it_is(asked):
        pass
    with psycopg.connect(external) as owner:
        assert owner.execute("SELECT FROM pg_tables WHERE tableowner = current_user").rowcount == 0


def test_reading_reports_an_older_revision(settings: Settings, external: str) -> None:
    asked = _settings(settings, database_url=external)
    with migrated_database(asked) as urls, psycopg.connect(urls.owner) as owner:
        owner.execute("UPDATE alembic_version SET version_num = '0001'")
    with (
        pytest.raises(UpgradeError, match="is at revision 0001, not "),
        database_as_it_is(asked),
    ):
        pass


def test_reading_leaves_the_runtime_roles_password_alone(
    settings: Settings, urls: DatabaseUrls, external: str
) -> None:
    asked = _settings(settings, database_url=external)
    with migrated_database(asked) as migrated:
        role = make_url(migrated.runtime).username
    with psycopg.connect(urls.owner) as superuser:
        query = "SELECT rolpassword FROM pg_authid WHERE rolname = %s"
        before = superuser.execute(query, [role]).fetchone()
        with database_as_it_is(_settings(asked, secret_key="another key " * 4)) as seen:
            assert seen.runtime != migrated.runtime
        assert superuser.execute(query, [role]).fetchone() == before


def test_reading_makes_no_secret_key(settings: Settings, external: str, tmp_path: Path) -> None:
    asked = _settings(settings, database_url=external)
    with migrated_database(asked):
        pass
    elsewhere = asked.model_copy(update={"secret_key": None, "data_dir": tmp_path / "elsewhere"})
    with pytest.raises(DatabaseUnavailableError, match="no secret key in"), database_as_it_is(elsewhere):
        pass
    assert list(tmp_path.iterdir()) == []
