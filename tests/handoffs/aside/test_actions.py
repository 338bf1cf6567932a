"""What the claimant does while a fix waits is an action of theirs, live and by `db reconcile`."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.aside.fixes import FIX, do
from tests.handoffs.helpers import Person, check_laws, claimed_by_kim, done, read_as
from tests.handoffs.leaving.leavers import lower


@pytest.fixture
def fixed_by_the_admin(client: TestClient, company: Company) -> tuple[dict[str, Any], Person]:
    """A handoff of Kim, who has done nothing about it, that a team admin's fix has set aside, and Kim."""
    handoff, kim = claimed_by_kim(client, company)
    done(do(client, handoff, company.headers(Role.TEAM_ADMIN), "verify", **FIX))
    return handoff, kim


@pytest.mark.parametrize("answer", ["fail", "confirm"])
def test_a_note_of_the_claimant_is_their_first_action(
    client: TestClient, company: Company, fixed_by_the_admin: tuple[dict[str, Any], Person], answer: str
) -> None:
    handoff, kim = fixed_by_the_admin
    assert read_as(client, handoff, kim.headers)["claimant_action_at"] is None
    assert do(client, handoff, kim.headers, "steps", free_text="I called them.").status_code == 201
    waiting = read_as(client, handoff, kim.headers)
    assert waiting["claimant_action_at"] is not None
    assert (waiting["events"][-1]["kind"], waiting["events"][-1]["content"]["by_claimant"]) == (
        "claimant_action",
        True,
    )
    check_laws(company)
    done(do(client, handoff, company.headers(Role.TEAM_ADMIN), f"verify/{answer}"))
    after = read_as(client, handoff, kim.headers)
    assert after["claimant_action_at"] == waiting["claimant_action_at"]
    assert [event["kind"] for event in after["events"]].count("claimant_action") == 1
    check_laws(company)


def test_it_has_ended_with_the_fix_once_its_holder_has_left(
    client: TestClient, company: Company, fixed_by_the_admin: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = fixed_by_the_admin
    admin = company.headers(Role.TEAM_ADMIN)
    assert do(client, handoff, kim.headers, "steps", free_text="I called them.").status_code == 201
    assert lower(client, company, kim).status_code == 204
    check_laws(company)
    assert do(client, handoff, admin, "take").status_code == 200
    done(do(client, handoff, admin, "verify/fail"))
    after = read_as(client, handoff, admin)
    assert (after["outcome"], after["claimant_action_at"]) == ("parked", None)
    check_laws(company)
