"""Who answers for a flow, and what a confirmation does."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.flows.trust.doubts import Doubt, DoubtKind
from flowpilot.flows.trust.service import doubt
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.flows.samples import FLOWS, body, create, get, post, publish, save
from tests.handoffs.helpers import join
from tests.handoffs.leaving.leavers import Leave, lower, remove
from tests.sessions.flows import SESSIONS

pytestmark = pytest.mark.anyio


async def _doubt(database: Database, company: Company, flow_id: str, *kinds: DoubtKind) -> bool:
    [(verified_at,)] = company.query("SELECT verified_at FROM trees WHERE id = %s", flow_id)
    return await _doubt_as_of(database, company, flow_id, verified_at, *kinds)


async def _doubt_as_of(
    database: Database, company: Company, flow_id: str, verified_at: datetime, *kinds: DoubtKind
) -> bool:
    found = [Doubt(kind=kind, since=now()) for kind in kinds or (DoubtKind.SUCCESS_DOWN,)]
    async with database.write(company.id) as db:
        return await doubt(db, company.id, uuid.UUID(flow_id), found, now(), verified_at=verified_at)


def _give(client: TestClient, company: Company, flow_id: str, owner: uuid.UUID | None) -> httpx2.Response:
    headers = company.headers(Role.TEAM_ADMIN)
    return client.patch(f"{FLOWS}/{flow_id}", json={"owner_id": owner and str(owner)}, headers=headers)


def _trust(flow: dict[str, Any]) -> tuple[bool, list[str]]:
    return flow["doubted_since"] is None, [one["kind"] for one in flow["doubts"]]


def _in_days(days: int) -> str:
    return (now() + timedelta(days=days)).date().isoformat()


def test_the_person_who_publishes_a_flow_first_owns_it(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, description="Better.")
    post(client, company, f"/{flow_id}/publish", Role.OWNER)
    flow = get(client, company, f"/{flow_id}")
    admin, owner = company.users[Role.TEAM_ADMIN], company.users[Role.OWNER]
    assert (flow["owner_id"], flow["owner_name"]) == (str(admin), "team_admin")
    assert (flow["verified_by"], flow["verified_until"]) == (str(owner), _in_days(180))


def test_a_draft_has_no_owner_and_nothing_to_confirm(client: TestClient, company: Company) -> None:
    flow = create(client, company)
    assert (flow["owner_id"], flow["verified_at"], flow["verified_until"]) == (None, None, None)
    assert post(client, company, f"/{flow['id']}/confirm").status_code == 409


async def test_a_confirmation_gives_trust_again(client: TestClient, company: Company, database: Database) -> None:
    flow_id = publish(client, company)
    assert await _doubt(database, company, flow_id)
    assert _trust(get(client, company, f"/{flow_id}")) == (False, ["success_down"])
    confirmed = post(client, company, f"/{flow_id}/confirm", until=_in_days(30))
    assert confirmed.status_code == 200, confirmed.text
    assert _trust(confirmed.json()) == (True, [])
    assert confirmed.json()["verified_until"] == _in_days(30)
    query = "SELECT actor_id, after->>'verified_until' FROM audit_log WHERE action = 'flow.confirmed'"
    assert company.query(query) == [(company.users[Role.TEAM_ADMIN], _in_days(30))]


async def test_reasons_found_before_a_confirmation_do_not_undo_it(
    client: TestClient, company: Company, database: Database
) -> None:
    flow_id = publish(client, company)
    [(examined,)] = company.query("SELECT verified_at FROM trees WHERE id = %s", flow_id)
    post(client, company, f"/{flow_id}/confirm")
    assert not await _doubt_as_of(database, company, flow_id, examined)
    assert _trust(get(client, company, f"/{flow_id}")) == (True, [])


async def test_a_publication_gives_trust_again(client: TestClient, company: Company, database: Database) -> None:
    flow_id = publish(client, company)
    await _doubt(database, company, flow_id)
    save(client, company, flow_id, description="Mended.")
    assert _trust(post(client, company, f"/{flow_id}/publish").json()) == (True, [])


async def test_a_reason_is_kept_with_its_first_figures(
    client: TestClient, company: Company, database: Database
) -> None:
    flow_id = publish(client, company)
    await _doubt(database, company, flow_id)
    first = get(client, company, f"/{flow_id}")
    assert not await _doubt(database, company, flow_id, DoubtKind.SUCCESS_DOWN, DoubtKind.EXPIRED)
    then = get(client, company, f"/{flow_id}")
    assert (then["doubted_since"], then["doubts"][0]) == (first["doubted_since"], first["doubts"][0])
    assert _trust(then) == (False, ["success_down", "expired"])


def test_an_owner_without_other_rights_confirms_their_own_flow_only(client: TestClient, company: Company) -> None:
    own, other = publish(client, company), publish(client, company, name="Scanner")
    kim = join(client, company, "Kim")
    assert _give(client, company, own, kim.id).json()["owner_name"] == "Kim"
    answers = [client.post(f"{FLOWS}/{flow_id}/confirm", headers=kim.headers) for flow_id in (own, other)]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[1].json()["detail"] == "Only the owner of a flow and team admins can confirm it."


@pytest.mark.parametrize("days", [0, -1])
def test_a_confirmation_lasts_at_least_until_tomorrow(client: TestClient, company: Company, days: int) -> None:
    flow_id = publish(client, company)
    answer = post(client, company, f"/{flow_id}/confirm", until=_in_days(days))
    assert (answer.status_code, answer.json()["detail"]) == (422, "Choose a day after today.")


def test_an_account_may_ask_for_no_confirmation(client: TestClient, company: Company) -> None:
    changed = client.patch("/api/v1/account", json={"verified_days": None}, headers=company.headers())
    assert changed.json()["verified_days"] is None
    assert get(client, company, f"/{publish(client, company)}")["verified_until"] is None


def test_those_who_cannot_sign_in_and_work_own_no_flow(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    answer = _give(client, company, flow_id, company.users[Role.VIEWER])
    assert (answer.status_code, answer.json()["field"]) == (422, "owner_id")
    assert get(client, company, f"/{flow_id}")["owner_name"] == "team_admin"


@pytest.mark.parametrize("leave", [remove, lower])
@pytest.mark.parametrize("has_successor", [True, False])
def test_the_flows_of_those_who_leave_go_to_the_successor_or_to_nobody(
    client: TestClient, company: Company, leave: Leave, has_successor: bool
) -> None:
    flow_id = publish(client, company)
    kim, alex = join(client, company, "Kim"), join(client, company, "Alex")
    _give(client, company, flow_id, kim.id)
    path = f"/api/v1/members/{kim.id}/holdings"
    held = client.get(path, headers=company.headers()).json()["items"]
    assert ("flow", "Printer is offline") in [(one["kind"], one["name"]) for one in held]
    assert leave(client, company, kim, alex if has_successor else None).is_success
    assert get(client, company, f"/{flow_id}")["owner_name"] == ("Alex" if has_successor else None)


async def test_the_list_shows_which_flows_ask_for_whom(
    client: TestClient, company: Company, database: Database
) -> None:
    doubted, retired, _ = (publish(client, company, name=name) for name in ("A", "B", "C"))
    for flow_id in (doubted, retired):
        await _doubt(database, company, flow_id)
    post(client, company, f"/{retired}/retire")
    mine, others = company.users[Role.TEAM_ADMIN], company.users[Role.OWNER]
    for owner, names in ((mine, ["A"]), (others, [])):
        found = get(client, company, f"?needs_confirming=true&owner_id={owner}")["items"]
        assert [flow["name"] for flow in found] == names


async def test_a_doubted_flow_counts_less_and_says_why(
    client: TestClient, company: Company, database: Database
) -> None:
    flow_id = publish(client, company)
    asked = {"text": "The printer is offline and the print queue is stuck"}
    [before] = post(client, company, "/match", Role.VIEWER, **asked).json()["candidates"]
    await _doubt(database, company, flow_id)
    [after] = post(client, company, "/match", Role.VIEWER, **asked).json()["candidates"]
    assert after["confidence"] == pytest.approx(0.8 * before["confidence"], abs=1e-4)
    assert before["doubted_since"] is None
    assert after["reason"] == (
        f"{before['reason']}; counts less until its owner confirms it, because it solves less than before"
    )


async def test_a_session_says_that_its_flow_is_doubted(
    client: TestClient, company: Company, database: Database
) -> None:
    flow_id = publish(client, company)
    await _doubt(database, company, flow_id)
    sent = {"problem_summary": "The printer is offline", "flow_id": flow_id}
    started = client.post(SESSIONS, json=sent, headers=company.headers(Role.ENGINEER)).json()
    assert [one["kind"] for one in started["flow_doubts"]] == ["success_down"]


def test_an_unknown_flow_is_not_confirmed(client: TestClient, company: Company, neighbour: Company) -> None:
    flow_id = create(client, neighbour, **body())["id"]
    assert post(client, company, f"/{flow_id}/confirm").status_code == 404
