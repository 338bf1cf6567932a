"""Who held a handoff when the caller saw it: an action on another person's claim is refused."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, done, hand_over, join

DEEDS: list[tuple[str, dict[str, Any]]] = [
    ("release", {"reason": "Nothing happens."}),
    ("reassign", {"target_user_id": None}),
    ("close", {"outcome": "parked"}),
]


@pytest.mark.parametrize(("action", "body"), DEEDS)
def test_another_holder_than_the_caller_saw_is_named(
    client: TestClient, company: Company, action: str, body: dict[str, Any]
) -> None:
    ann, bob = join(client, company, "Ann"), join(client, company, "Bob")
    handoff = hand_over(client, company)
    done(act(client, handoff, "claim", bob.headers))
    admin = company.headers(Role.TEAM_ADMIN)
    for seen in (str(ann.id), ""):
        refused = act(client, handoff, action, admin, **body, holder=seen)
        assert refused.status_code == 409
        problem = refused.json()
        assert problem["type"] == "urn:flowpilot:problem:handoff-changed"
        assert problem["detail"] == "Bob holds this handoff now. What you sent was not recorded."
        assert problem["holder"] == {"id": str(bob.id), "name": "Bob"}
    assert done(act(client, handoff, action, admin, **body, holder=str(bob.id)))["id"] == handoff["id"]


@pytest.mark.parametrize(("action", "body"), DEEDS[1:])
def test_an_empty_holder_means_nobody(
    client: TestClient, company: Company, action: str, body: dict[str, Any]
) -> None:
    ann = join(client, company, "Ann")
    handoff = hand_over(client, company)
    admin = company.headers(Role.TEAM_ADMIN)
    refused = act(client, handoff, action, admin, **body, holder=str(ann.id))
    assert (refused.status_code, refused.json()["holder"]) == (409, None)
    assert done(act(client, handoff, action, admin, **body, holder=""))["id"] == handoff["id"]


def test_an_invalid_id_is_malformed(client: TestClient, company: Company) -> None:
    handoff = hand_over(client, company)
    answer = act(client, handoff, "release", company.headers(), reason="No time.", holder="Ann")
    assert answer.status_code == 422
