"""What a stream hears of the sessions and handoffs that it watches, over real connections."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from flowpilot.clock import now
from flowpilot.db.announce import Announcement, announce
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.identity.credentials import TokenClaim, sign_token
from flowpilot.settings import Settings
from tests.company import Company
from tests.live.streams import NEVER_SECONDS, StreamEvent, client_of, opened, serving

pytestmark = pytest.mark.anyio

SESSIONS, PRESENCE = "/api/v1/ai-sessions", "/api/v1/presence"


@pytest.fixture(scope="module")
def address(settings: Settings, urls: DatabaseUrls) -> Iterator[str]:
    """A server without heartbeats, so that its streams only react to announcements."""
    with serving(settings, urls, heartbeat=NEVER_SECONDS) as address:
        yield address


def person(company: Company, settings: Settings, role: Role = Role.ENGINEER) -> dict[str, str]:
    """The headers of a signed-in person; their name is their e-mail."""
    claim = TokenClaim(company.users[role], company.id, now())
    return {"Authorization": f"Bearer {sign_token(claim, settings.signing_key(), 60)}"}


async def begin(client: httpx2.AsyncClient, company: Company) -> dict[str, Any]:
    body = {"problem_summary": "The chair in accounting squeaks"}
    made = await client.post(SESSIONS, headers=company.headers(Role.ENGINEER), json=body)
    assert made.status_code == 201, made.text
    session: dict[str, Any] = made.json()
    return session


async def write(client: httpx2.AsyncClient, company: Company, session: dict[str, Any], text: str) -> Any:
    path = f"{SESSIONS}/{session['id']}/steps"
    answer = await client.post(path, headers=company.headers(Role.ENGINEER), json={"free_text": text})
    assert answer.status_code == 201, answer.text
    return answer.json()


def step(session: dict[str, Any]) -> StreamEvent:
    """The message that a session is as far as in this answer."""
    keys = {"session_id": session["id"], "position": session["step_count"], "version": session["version"]}
    return StreamEvent("step", data=keys)


async def test_a_watched_session_says_how_far_it_is_at_first_and_at_each_step(
    address: str, company: Company
) -> None:
    async with client_of(address) as client:
        session, other = await begin(client, company), await begin(client, company)
        session = await write(client, company, session, "It squeaks.")
        async with opened(client, company.headers(), watch=[session["id"]]) as stream:
            assert await stream.next_event() == step(session)
            await write(client, company, other, "It does not.")
            session = await write(client, company, session, "It squeaks louder.")
            assert await stream.next_event() == step(session)
            assert session["step_count"] == 2


async def test_changes_that_are_no_steps_are_said_too(address: str, company: Company) -> None:
    async with client_of(address) as client:
        session = await begin(client, company)
        async with opened(client, company.headers(), watch=[session["id"]]) as stream:
            assert await stream.next_event() == step(session)
            path, headers = f"{SESSIONS}/{session['id']}", company.headers(Role.ENGINEER)
            edited = await client.patch(path, headers=headers, json={"psa_ticket_id": "4711"})
            assert await stream.next_event() == step(edited.json())
            paused = await client.post(f"{path}/pause", headers=headers, json={})
            assert await stream.next_event() == step(paused.json())
            assert session["version"] < edited.json()["version"] < paused.json()["version"]


async def test_another_account_hears_nothing_even_if_it_knows_the_id(
    address: str, company: Company, neighbour: Company, settings: Settings
) -> None:
    async with client_of(address) as client:
        ours, theirs = await begin(client, company), await begin(client, neighbour)
        watch = [ours["id"], theirs["id"], "queue"]
        async with opened(client, neighbour.headers(), watch=watch) as stream:
            assert await stream.next_event() == step(theirs)
            await write(client, company, ours, "It squeaks.")
            said = await client.post(PRESENCE, headers=person(company, settings), json=_at(ours["id"]))
            assert said.status_code == 204
            theirs = await write(client, neighbour, theirs, "It squeaks.")
            assert await stream.next_event() == step(theirs)


async def test_a_lost_announcement_is_made_up_for_at_the_heartbeat(
    settings: Settings, urls: DatabaseUrls, company: Company
) -> None:
    with serving(settings, urls, heartbeat=0.1) as address:
        async with client_of(address) as client:
            session = await begin(client, company)
            async with opened(client, company.headers(), watch=[session["id"]]) as stream:
                assert await stream.next_event() == step(session)
                company.query(
                    "UPDATE ai_sessions SET step_count = 7, last_activity_at = '2030-01-01' WHERE id = %s"
                    " RETURNING id",
                    session["id"],
                )
                assert (await stream.next_event()).data["position"] == 7


def _at(place: str, state: str = "reading", page: str = "one") -> dict[str, str]:
    return {"place": place, "state": state, "page": page}


async def _say(client: httpx2.AsyncClient, headers: dict[str, str], *args: str) -> int:
    return (await client.post(PRESENCE, headers=headers, json=_at(*args))).status_code


def _people(said: StreamEvent) -> list[tuple[str, str]]:
    assert said.event == "presence"
    return [(one["user_id"], one["state"]) for one in said.data["people"]]


async def test_those_who_watch_a_place_and_the_queue_hear_who_comes_writes_and_leaves(
    address: str, company: Company, settings: Settings
) -> None:
    ana, senior = person(company, settings), person(company, settings, Role.TEAM_ADMIN)
    async with client_of(address) as client:
        session, other = await begin(client, company), await begin(client, company)
        place, who = session["id"], str(company.users[Role.ENGINEER])
        async with (
            opened(client, senior, watch=[place]) as watching,
            opened(client, senior, watch=["queue"]) as queue,
        ):
            assert await watching.next_event() == step(session)
            assert await _say(client, ana, other["id"]) == 204
            assert _people(await queue.next_event()) == [(who, "reading")]
            for state, heard in (("reading", [(who, "reading")]), ("writing", [(who, "writing")]), ("left", [])):
                assert await _say(client, ana, place, state) == 204
                for stream in (watching, queue):
                    said = await stream.next_event()
                    assert (said.data["place"], _people(said)) == (place, heard)


async def test_a_stream_that_is_opened_later_hears_who_is_there_on_any_server(
    address: str, settings: Settings, urls: DatabaseUrls, company: Company
) -> None:
    ana = person(company, settings)
    with serving(settings, urls, heartbeat=NEVER_SECONDS) as second:
        async with client_of(address) as client, client_of(second) as other:
            session = await begin(client, company)
            async with opened(other, ana, watch=["queue"]) as there:
                assert await _say(client, ana, session["id"]) == 204
                assert (await there.next_event()).data["people"][0]["state"] == "reading"
                async with opened(other, ana, watch=[session["id"]]) as later:
                    assert await later.next_event() == step(session)
                    assert (await later.next_event()).data["place"] == session["id"]


async def test_a_program_and_what_does_not_exist_are_refused(
    address: str, company: Company, neighbour: Company, settings: Settings
) -> None:
    async with client_of(address) as client:
        ours, theirs = await begin(client, company), await begin(client, neighbour)
        assert await _say(client, company.headers(), ours["id"]) == 403
        ana = person(company, settings)
        assert await _say(client, ana, theirs["id"]) == await _say(client, ana, str(uuid.uuid4())) == 404


async def test_somebody_of_another_account_has_no_name_here_and_is_not_shown(
    address: str, company: Company, neighbour: Company, database: Database, settings: Settings
) -> None:
    async with client_of(address) as client:
        session, ana = await begin(client, company), person(company, settings)
        async with opened(client, ana, watch=[session["id"]]) as stream:
            assert await stream.next_event() == step(session)
            async with database.write(company.id) as db:
                place, stranger = uuid.UUID(session["id"]), neighbour.users[Role.OWNER]
                announce(db, company.id, "presence", place, stranger, "x", "reading", 0)
            assert await _say(client, ana, session["id"]) == 204
            first = _people(await stream.next_event())
            # The two may be heard one by one.
            shown = first or _people(await stream.next_event())
            assert shown == [(str(company.users[Role.ENGINEER]), "reading")]


def test_an_announcement_is_read_as_it_was_written() -> None:
    one = Announcement("sessions", uuid.UUID(int=1), (str(uuid.UUID(int=2)), "3", "4"))
    assert Announcement.read(str(one)) == one
    assert Announcement.read(f"access {uuid.UUID(int=1)}") == Announcement("access", uuid.UUID(int=1))
    for payload in ("", "access", "access 1", f"weather {uuid.UUID(int=1)}", "ä ä"):
        assert Announcement.read(payload) is None
