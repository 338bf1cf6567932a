"""First-run set-up: the first account, made by a person who can read the server's output."""

import asyncio
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import make_url

from flowpilot.app import create_app
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls, libpq_url
from flowpilot.db.session import Database, Db
from flowpilot.flows import importing
from flowpilot.flows.shipped import shipped_flows
from flowpilot.flows.subflows.names import led_into
from flowpilot.identity.first_run import FirstAccount, set_up, setup_code
from flowpilot.migrations.opening import migrated_database
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.company import PASSWORD, found_company, fresh_email
from tests.web.conftest import SAME_SITE, new_browser


@pytest.fixture(scope="module")
def installation(settings: Settings, urls: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """A migrated database of this module's own."""
    name = f"setup_{new_id().hex}"
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name}".encode())
        own = settings.model_copy(
            update={"database_url": SecretStr(libpq_url(make_url(urls.owner).set(database=name)))}
        )
        with migrated_database(own) as migrated:
            yield migrated
        owner.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def empty(installation: DatabaseUrls) -> DatabaseUrls:
    """The same database, without accounts and users."""
    with psycopg.connect(installation.owner) as owner:
        owner.execute("TRUNCATE accounts, users CASCADE")
    return installation


@pytest.fixture(scope="module")
def server(settings: Settings, installation: DatabaseUrls) -> Iterator[TestClient]:
    """A server of that database."""
    with AppClient(create_app(settings, installation.runtime, is_first_run=True)) as client:
        yield client


_ADDRESSES = (f"198.51.100.{number}" for number in range(1, 255))


@pytest.fixture
def fresh(server: TestClient, empty: DatabaseUrls, settings: Settings) -> TestClient:
    """A browser at the server, as it begins when nobody has set it up, from an address of its own."""
    server.app.state.setup_code = setup_code(settings.signing_key())  # type: ignore[attr-defined]
    browser = AppClient(server.app, headers=SAME_SITE, client=(next(_ADDRESSES), 1))
    browser.portal = server.portal
    return browser


@pytest.fixture
def small_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few of the shipped flows, for set-ups that are not about flows."""
    few = {slug: flow for slug, flow in list(shipped_flows().items())[:3] if not led_into(flow.tree)}
    monkeypatch.setattr(importing, "shipped_flows", lambda: few)


def _form(client: TestClient, **given: str) -> dict[str, str]:
    form = {
        "code": client.app.state.setup_code,  # type: ignore[attr-defined]
        "account_name": "Maple IT",
        "timezone": "Europe/Vienna",
        "name": "Ada",
        "email": fresh_email(),
        "password": PASSWORD,
    }
    return form | given


def test_the_owner_is_signed_in_to_an_account_with_the_shipped_flows(fresh: TestClient) -> None:
    assert "Set up FlowPilot" in fresh.get("/sign-in").text
    home = fresh.post("/setup", data=_form(fresh))
    assert (home.status_code, home.url.path) == (200, "/")
    assert "Welcome to FlowPilot, Ada." in home.text
    me = fresh.get("/api/v1/auth/me").json()
    assert (me["account_name"], me["role"], me["timezone"]) == ("Maple IT", "owner", "Europe/Vienna")
    assert len(fresh.get("/api/v1/flows?limit=200&state=published").json()["items"]) == len(shipped_flows())


def test_the_account_its_owner_and_its_flows_are_one_transaction(fresh: TestClient, empty: DatabaseUrls) -> None:
    assert fresh.post("/setup", data=_form(fresh)).status_code == 200
    me = fresh.get("/api/v1/auth/me").json()
    wrote = {"accounts": "id", "memberships": "account_id", "trees": "account_id", "audit_log": "account_id"}
    with account_transaction(empty.runtime, uuid.UUID(me["account_id"])) as connection:
        transactions = [
            connection.execute(
                f"SELECT DISTINCT xmin::text FROM {table} WHERE {key} = %s".encode(), [me["account_id"]]
            ).fetchall()
            for table, key in wrote.items()
        ]
    assert len(transactions[0]) == 1
    assert transactions == [transactions[0]] * len(wrote)


def test_a_wrong_code_makes_nothing_and_keeps_the_form(fresh: TestClient) -> None:
    answer = fresh.post("/setup", data=_form(fresh, code="00000-00000-00000-00000"))
    assert answer.status_code == 403
    assert "The set-up code is wrong." in answer.text
    assert 'value="Maple IT"' in answer.text
    assert PASSWORD not in answer.text


@pytest.mark.usefixtures("small_library")
@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"password": "too short"}, "A password needs at least 12 characters."),
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"account_name": " "}, "An account needs a name."),
        ({"email": "nobody"}, "nobody"),
        ({"password": "x" * 1025}, "A password has at most 1024 characters."),
    ],
)
def test_unusable_input_is_named_and_may_be_corrected(fresh: TestClient, given: dict[str, str], why: str) -> None:
    answer = fresh.post("/setup", data=_form(fresh, **given))
    assert answer.status_code == 422
    assert why in answer.text
    assert fresh.post("/setup", data=_form(fresh)).status_code == 200


@pytest.mark.usefixtures("small_library")
def test_set_up_is_over_for_all_processes(fresh: TestClient, settings: Settings, empty: DatabaseUrls) -> None:
    form = _form(fresh)
    assert fresh.post("/setup", data=form).status_code == 200
    with AppClient(create_app(settings, empty.runtime, is_first_run=True), headers=SAME_SITE) as another:
        for browser in (new_browser(fresh), another):
            assert "Set up FlowPilot" not in browser.get("/sign-in").text
            assert browser.get("/setup").status_code == 409
            answer = browser.post("/setup", data=form | {"email": fresh_email()})
            assert answer.status_code == 409
            assert "FlowPilot is set up already." in answer.text


def test_a_restored_backup_ends_the_set_up(fresh: TestClient, empty: DatabaseUrls) -> None:
    form = _form(fresh)
    assert fresh.get("/setup").status_code == 200
    found_company(empty)
    assert fresh.get("/setup").status_code == 409
    assert fresh.post("/setup", data=form).status_code == 409
    assert "Set up FlowPilot" not in fresh.get("/sign-in").text


@pytest.mark.anyio
async def test_two_set_up_at_once_and_one_succeeds(empty: DatabaseUrls, settings: Settings) -> None:
    databases = [Database(empty.runtime, pool_size=1) for _ in range(2)]

    async def furnish(_: Db, __: uuid.UUID) -> None: ...

    key = settings.signing_key()
    tries = [
        set_up(
            database,
            key,
            setup_code(key),
            FirstAccount("Maple IT", "UTC", "Ada", fresh_email(), PASSWORD),
            now(),
            furnish,
        )
        for database in databases
    ]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    for database in databases:
        await database.close()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SetUpAlreadyError", "TokenClaim"]


@pytest.mark.usefixtures("small_library")
def test_guesses_at_the_code_are_counted_by_address(settings: Settings, empty: DatabaseUrls) -> None:
    app = create_app(settings, empty.runtime, is_first_run=True)
    with AppClient(app, headers=SAME_SITE, client=("192.0.2.1", 1)) as guesser:
        guess = _form(guesser, code="00000-00000-00000-00000")
        assert [guesser.post("/setup", data=guess).status_code for _ in range(11)] == [403] * 10 + [429]
        owner = AppClient(app, headers=SAME_SITE, client=("192.0.2.2", 1))
        owner.portal = guesser.portal
        assert owner.post("/setup", data=_form(owner)).status_code == 200


def test_another_site_cannot_send_the_form(fresh: TestClient) -> None:
    answer = fresh.post("/setup", data=_form(fresh), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_a_server_with_accounts_offers_none(client: TestClient) -> None:
    assert client.get("/setup").status_code == 409
    assert "Set up FlowPilot" not in client.get("/sign-in").text
