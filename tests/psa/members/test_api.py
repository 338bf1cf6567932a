"""Members: mapped by e-mail, then by hand, and what survives the next check."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.psa.connections.queries import require_active
from flowpilot.psa.members.queries import member_for
from tests.company import Company
from tests.psa.desk import Desk
from tests.psa.fixtures import CONNECTIONS, Connect

MEMBERS = "/api/v1/psa/members"


class People:
    """The desk's members, as the company sees them."""

    def __init__(self, client: TestClient, company: Company, path: str) -> None:
        self.client, self.company, self.path = client, company, path

    def check(self) -> None:
        assert self.client.post(f"{self.path}/check", headers=self.company.headers()).json()["ok"]

    def map(self, external_id: str, user_id: Any) -> int:
        body = {"user_id": None if user_id is None else str(user_id)}
        answer = self.client.put(f"{MEMBERS}/{external_id}", json=body, headers=self.company.headers())
        return answer.status_code

    def list(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.client.get(MEMBERS, headers=self.company.headers()).json()["items"]
        return items

    def mapped(self) -> dict[str, tuple[str | None, str | None]]:
        return {one["external_id"]: (one["user_id"], one["mapped_by"]) for one in self.list()}


@pytest.fixture
def people(open_client: TestClient, company: Company, connect: Connect) -> People:
    return People(open_client, company, f"{CONNECTIONS}/{connect()['id']}")


def test_a_member_is_matched_by_e_mail(people: People, company: Company, desk: Desk) -> None:
    alex, email = company.add_newcomer(Role.ENGINEER)
    desk.shows["members"] = [{"id": "7", "name": "Alex", "email": email.upper()}, {"id": "8", "name": "Kim"}]
    people.check()
    assert people.mapped() == {"7": (str(alex), "email"), "8": (None, None)}
    assert people.list()[1]["reason"] == "Has no e-mail in the ticket system. Choose who it is, if anybody."


def test_flowpilots_own_user_is_said_to_be_that(people: People, desk: Desk) -> None:
    desk.shows["members"] = [{"id": "9", "name": "FlowPilot", "is_own": True}]
    people.check()
    (own,) = people.list()
    assert (own["is_own"], own["user_id"]) == (True, None)
    assert own["reason"] == "FlowPilot's own user, whose credentials this connection has: it is nobody here."


def test_a_mapping_by_hand_survives_the_next_check(people: People, company: Company, desk: Desk) -> None:
    alex, email = company.add_newcomer(Role.ENGINEER)
    kim, _ = company.add_newcomer(Role.ENGINEER)
    desk.shows["members"] = [{"id": "7", "name": "Alex", "email": email}, {"id": "8", "name": "Sam"}]
    people.check()
    assert (people.map("7", kim), people.map("8", None)) == (204, 204)
    people.check()
    assert people.mapped() == {"7": (str(kim), "hand"), "8": (None, "hand")}
    assert people.map("8", alex) == 204
    people.check()
    assert people.mapped() == {"7": (str(kim), "hand"), "8": (str(alex), "hand")}


def test_somebody_who_leaves_stays_matched_because_their_time_may_still_wait(
    people: People, company: Company, desk: Desk
) -> None:
    alex, email = company.add_newcomer(Role.ENGINEER)
    desk.shows["members"] = [{"id": "7", "name": "Alex", "email": email}]
    people.check()
    company.query("DELETE FROM memberships WHERE user_id = %s RETURNING 1", alex)
    people.check()
    assert company.query("SELECT user_id FROM psa_members") == [(alex,)]


def test_a_person_has_one_member_there(people: People, company: Company, desk: Desk) -> None:
    alex, email = company.add_newcomer(Role.ENGINEER)
    desk.shows["members"] = [{"id": "7", "name": "Alex", "email": email}, {"id": "8", "name": "Alex again"}]
    people.check()
    people.map("8", alex)
    people.check()
    assert people.mapped() == {"7": (None, None), "8": (str(alex), "hand")}


def test_a_match_follows_the_e_mail(people: People, company: Company, desk: Desk) -> None:
    alex, email = company.add_newcomer(Role.ENGINEER)
    desk.shows["members"] = [{"id": "7", "name": "Alex", "email": email}]
    people.check()
    desk.shows["members"] = [{"id": "8", "name": "Alex", "email": email}]
    people.check()
    assert people.mapped() == {"7": (None, None), "8": (str(alex), "email")}
    assert [one["is_active"] for one in people.list() if one["external_id"] == "7"] == [False]


def test_only_members_of_the_account_are_mapped(people: People, neighbour: Company, desk: Desk) -> None:
    desk.shows["members"] = [{"id": "7", "name": "Alex"}]
    people.check()
    assert people.map("7", neighbour.users[Role.OWNER]) == 404
    assert people.map("99", None) == 404
    assert people.map("7", new_id()) == 404


def test_without_a_connection_there_are_no_members(client: TestClient, company: Company) -> None:
    answer = client.get(MEMBERS, headers=company.headers())
    assert answer.status_code == 404
    assert "not connected" in answer.json()["detail"]


def test_the_list_comes_in_pages(people: People, open_client: TestClient, company: Company, desk: Desk) -> None:
    desk.shows["members"] = [{"id": str(number), "name": f"Person {number}"} for number in range(3)]
    people.check()
    first = open_client.get(f"{MEMBERS}?limit=2", headers=company.headers()).json()
    last = open_client.get(f"{MEMBERS}?limit=2&cursor={first['next_cursor']}", headers=company.headers()).json()
    assert [[one["external_id"] for one in page["items"]] for page in (first, last)] == [["0", "1"], ["2"]]
    assert last["next_cursor"] is None
    assert open_client.get(f"{MEMBERS}?cursor={new_id()}", headers=company.headers()).status_code == 422


@pytest.mark.anyio
async def test_postings_find_the_member_of_a_person(
    people: People, company: Company, desk: Desk, database: Database
) -> None:
    alex, email = company.add_newcomer(Role.ENGINEER)
    desk.shows["members"] = [{"id": "7", "name": "Alex", "email": email}]
    people.check()
    async with database.read(company.id) as db:
        connection = await require_active(db, company.id)
        found = await member_for(db, connection, alex)
        assert found is not None
        assert found.external_id == "7"
        assert await member_for(db, connection, new_id()) is None


def test_an_id_that_cannot_be_stored_is_refused(people: People) -> None:
    assert people.map("%00", None) == 422
