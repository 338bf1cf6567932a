"""Another ticket system is another connection: its numbers are other tickets and other people."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.psa.connections.systems import tenant_of
from flowpilot.psa.providers import autotask
from tests.company import Company
from tests.psa.desk import Desk
from tests.psa.fixtures import CONNECTIONS, Connect
from tests.sessions.postings.connected import Connected

_SECRETS = {"public_key": "a", "private_key": "b", "client_id": "c"}


def _connectwise(company: str) -> dict[str, Any]:
    about = {"provider": "connectwise", "name": company, "base_url": "https://8.8.8.8"}
    return {**about, "credentials": {"company": company, **_SECRETS}}


def test_a_known_connection_leads_to_no_other_system_unless_a_person_says_that_it_is_the_same(
    open_client: TestClient, company: Company, desk: Desk, connect: Connect
) -> None:
    path, headers = f"{CONNECTIONS}/{connect()['id']}", company.headers()
    desk.shows["members"] = [{"id": "7", "name": "Alex"}]
    open_client.post(f"{path}/check", headers=headers)
    credentials: dict[str, Any] = {"credentials": {"token": desk.token}}
    elsewhere = {"base_url": f"http://127.0.0.1:{desk.port}/other", **credentials}
    sign_in = {"settings": {"sign_in_url": "https://elsewhere.example"}, **credentials}
    for change, field in ((elsewhere, "base_url"), (sign_in, "settings")):
        refused = open_client.patch(path, json=change, headers=headers)
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["field"]) == (422, f"body.{field}")
        assert "connect it again: remove this connection first" in error["message"]
    secure = {"base_url": f"https://127.0.0.1:{desk.port}/", **credentials}
    for change in (secure, elsewhere | {"same_system": True}, credentials):
        assert open_client.patch(path, json=change, headers=headers).status_code == 200


def test_credentials_of_another_tenant_at_the_same_address_are_another_system(
    client: TestClient, company: Company
) -> None:
    headers = company.headers()
    path = f"{CONNECTIONS}/{client.post(CONNECTIONS, json=_connectwise('old'), headers=headers).json()['id']}"

    def enter(tenant: str) -> int:
        body = {"credentials": _connectwise(tenant)["credentials"]}
        return client.patch(path, json=body, headers=headers).status_code

    assert enter("mistyped") == 200
    desk = Connected(client, company)
    desk.resolve(desk.session())
    assert (enter("other"), enter("MISTYPED")) == (422, 200)


@pytest.mark.parametrize(("tenant", "n"), [("other", 0), ("Old", 1)])
def test_what_waits_goes_over_a_new_connection_only_to_the_same_tenant(
    client: TestClient, company: Company, tenant: str, n: int
) -> None:
    desk = Connected(client, company)
    first = desk.ask("POST", CONNECTIONS, _connectwise("old"), role=Role.OWNER, expect=201)["id"]
    session = desk.session()
    desk.resolve(session)
    desk.ask("DELETE", f"{CONNECTIONS}/{first}", role=Role.OWNER, expect=204)
    desk.ask("POST", CONNECTIONS, _connectwise(tenant), role=Role.OWNER, expect=201)
    assert desk.ask("POST", "/api/v1/psa/postings/retry", role=Role.OWNER)["n"] == n
    (posting,) = desk.postings(session)
    again = f"/api/v1/psa/postings/{posting['id']}/retry"
    desk.ask("POST", again, expect=200 if n else 409)


def test_the_domain_of_its_user_is_an_autotask_tenant() -> None:
    user = autotask.Credentials(username="k2x9@ACME.example", secret="s", integration_code="i")
    assert tenant_of("autotask", user) == "acme.example"
