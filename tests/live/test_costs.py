"""The hub's queries: few, and none for accounts in which nobody listens."""

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from flowpilot.clock import now
from flowpilot.db.announce import Announcement
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity import keys
from flowpilot.identity.actor import Actor, Role
from flowpilot.live.hub import STREAMS_PER_CALLER, Hub
from flowpilot.live.listener import Listener
from flowpilot.live.messages import Message
from flowpilot.settings import Settings
from flowpilot.supervisor import Supervisor
from tests.company import Company
from tests.live.streams import NEVER_SECONDS, add_events, add_handoff

pytestmark = pytest.mark.anyio


class _Statements:
    """The statements that a database was sent."""

    def __init__(self, database: Database) -> None:
        self.sent: list[str] = []
        event.listen(database.engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.sent.append(statement)

    def about(self, table: str) -> int:
        return sum(f"FROM {table}" in statement for statement in self.sent)


@pytest.fixture
async def own(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The hub's own database, which only the hub queries."""
    database = Database(urls.runtime)
    yield database
    await database.close()


@pytest.fixture
def hub(urls: DatabaseUrls, settings: Settings, own: Database) -> Hub:
    return Hub(urls.runtime, own, settings.signing_key(), heartbeat_seconds=NEVER_SECONDS)


def _actor(company: Company, role: Role = Role.VIEWER) -> Actor:
    return Actor(company.id, company.users[role], role, "UTC")


@asynccontextmanager
async def _running(hub: Hub) -> AsyncIterator[None]:
    supervisor = Supervisor()
    supervisor.add("live", hub.listen)
    async with hub.running(), supervisor.running():
        yield


@contextmanager
def _listening(hub: Hub, company: Company, count: int) -> Iterator[list[Listener]]:
    with ExitStack() as stack:
        yield [stack.enter_context(hub.join(_actor(company), company.keys[Role.VIEWER])) for _ in range(count)]


async def _next(follower: AsyncIterator[Message | None]) -> int:
    message = await anext(follower)
    assert message is not None
    return message.number


async def test_a_burst_is_read_once_for_all_listeners(
    hub: Hub, own: Database, database: Database, company: Company
) -> None:
    handoff_id = add_handoff(company)
    async with _running(hub):
        with _listening(hub, company, STREAMS_PER_CALLER) as listeners:
            followers = [listener.follow(0) for listener in listeners]
            await add_events(database, company, handoff_id)
            assert [await _next(follower) for follower in followers] == [1] * STREAMS_PER_CALLER
            statements = _Statements(own)
            for _ in range(100):
                hub._hear(Announcement("handoffs", company.id))
            await add_events(database, company, handoff_id)
            assert [await _next(follower) for follower in followers] == [2] * STREAMS_PER_CALLER
    # Once for the burst, once for the event itself, and once more if listening began only now.
    assert 1 <= statements.about("handoff_events") <= 3


async def test_a_credential_is_looked_up_once_for_all_its_listeners(
    hub: Hub, own: Database, database: Database, company: Company
) -> None:
    [(key_id,)] = company.query("SELECT id FROM api_keys WHERE role = 'viewer'")
    async with _running(hub):
        with _listening(hub, company, STREAMS_PER_CALLER) as listeners:
            statements = _Statements(own)
            async with database.write(company.id) as db:
                await keys.revoke_key(db, _actor(company, Role.OWNER), key_id, now())
            for listener in listeners:
                assert [message async for message in listener.follow(0)] == []
                assert listener.refusal is not None
    # Once for the change, and once more if listening began only now.
    assert 1 <= statements.about("api_keys") <= 2


async def test_all_credentials_are_looked_up_together(hub: Hub, own: Database, company: Company) -> None:
    async with _running(hub):
        with ExitStack() as stack:
            for role in Role:
                stack.enter_context(hub.join(_actor(company, role), company.keys[role]))
            audience = hub._audiences[company.id]
            statements = _Statements(own)
            assert await audience._refusals(list(company.keys.values())) == dict.fromkeys(company.keys.values())
            # Once, and once more if listening began only now.
            assert 1 <= statements.about("api_keys") <= 2 < len(Role)
            assert await audience._refusals(["nothing"]) == {"nothing": "Sign in again, or send a valid API key."}


async def test_many_credentials_are_looked_up_in_parts(
    hub: Hub, own: Database, database: Database, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowpilot.live.audience._VERIFIED_AT_ONCE", 2)
    secrets = list(company.keys.values())
    refused = "The API key is revoked or has expired. Create a new one."
    [(key_id,)] = company.query("SELECT id FROM api_keys WHERE role = 'viewer'")
    async with database.write(company.id) as db:
        await keys.revoke_key(db, _actor(company, Role.OWNER), key_id, now())
    async with _running(hub):
        with ExitStack() as stack:
            stack.enter_context(hub.join(_actor(company, Role.OWNER), company.keys[Role.OWNER]))
            audience = hub._audiences[company.id]
            statements = _Statements(own)
            found = await audience._refusals(secrets)
    assert found == dict.fromkeys(secrets) | {company.keys[Role.VIEWER]: refused}
    # And perhaps once more for the one that listens.
    assert -(-len(secrets) // 2) <= statements.about("api_keys") <= -(-len(secrets) // 2) + 1


async def test_names_that_are_forgotten_while_some_are_read_are_no_fault(
    hub: Hub, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of access forgets them in a task of its own."""
    async with _running(hub):
        with ExitStack() as stack:
            stack.enter_context(hub.join(_actor(company), company.keys[Role.VIEWER]))
            audience = hub._audiences[company.id]
            one, other = company.users[Role.ENGINEER], company.users[Role.OWNER]
            audience._names = {one: "Kim"}
            shown: list[Any] = []

            async def read(*_: object) -> dict[uuid.UUID, str]:
                audience._names = {}
                return {other: "Lou"}

            place = uuid.uuid4()
            monkeypatch.setattr("flowpilot.live.audience.names_of", read)
            monkeypatch.setattr(hub.board, "of", lambda *_: {place: dict.fromkeys((one, other), "reading")})
            with monkeypatch.context() as patch:
                patch.setattr(audience, "watched", SimpleNamespace(show=shown.append))
                await audience._show_presence()
    assert [person.name for person in shown[0][place]] == ["Kim", "Lou"]


async def test_an_account_without_listeners_is_not_read(
    hub: Hub, own: Database, database: Database, company: Company, neighbour: Company
) -> None:
    statements = _Statements(own)
    async with _running(hub):
        with _listening(hub, company, 1) as [listener]:
            await add_events(database, neighbour, add_handoff(neighbour))
            await add_events(database, company, add_handoff(company))
            assert await _next(listener.follow(0)) == 1
    assert f"SET LOCAL app.account_id = '{company.id}'" in "; ".join(statements.sent)
    assert str(neighbour.id) not in "; ".join(statements.sent)


async def test_nothing_is_kept_when_the_last_listener_has_left(
    hub: Hub, database: Database, company: Company
) -> None:
    async with _running(hub):
        with _listening(hub, company, 2) as listeners:
            await add_events(database, company, add_handoff(company))
            assert [await _next(listener.follow(0)) for listener in listeners] == [1, 1]
            assert list(hub._audiences) == [company.id]
        assert hub._audiences == {}
        assert hub._streams == {}
    assert hub._tasks == set()
