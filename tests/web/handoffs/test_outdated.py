"""Forms of a handoff's outdated page: an action on one holder is not done to another."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.web.conftest import SignedIn
from tests.web.forms import send

Act = Callable[[TestClient, str], object]


@pytest.fixture
def path(signed_in: SignedIn) -> str:
    """The page of a waiting handoff."""
    engineer = signed_in()
    session = engineer.post("/sessions", data={"problem_summary": "The printer prints nothing"}).url.path
    session = session.removesuffix("/flow")
    return send(engineer, f"{session}/escalate", "/escalate", reason="Out of ideas.").url.path


def _events(company: Company) -> list[str]:
    return [kind for (kind,) in company.query("SELECT kind FROM handoff_events ORDER BY number")]


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("/take-over", {}),
        ("/release", {"reason": "Nothing happens."}),
        ("/reassign", {"target_user_id": ""}),
        ("/close", {"outcome": "parked", "note": "Nothing happens."}),
    ],
)
def test_an_action_on_one_holder_is_not_done_to_the_next(
    company: Company, signed_in: SignedIn, path: str, action: str, said: dict[str, str]
) -> None:
    first, second, admin = signed_in(), signed_in(), signed_in(Role.TEAM_ADMIN)
    first.post(f"{path}/claim")
    older = admin.get(path)
    send(first, path, "/release", reason="Called away.")
    second.post(f"{path}/claim")
    answer = send(admin, older, action, **said)
    assert answer.status_code == 409
    assert "holds this handoff now. What you sent was not recorded." in answer.text
    assert said.get("reason", said.get("note", "")) in answer.text
    assert _events(company) == ["created", "claimed", "released", "claimed"]


@pytest.mark.parametrize(
    ("action", "said"), [("/reassign", {"target_user_id": ""}), ("/give-back", {"reason": "I go on."})]
)
def test_a_waiting_one_is_not_taken_from_its_new_holder(
    company: Company, signed_in: SignedIn, path: str, action: str, said: dict[str, str]
) -> None:
    senior, admin = signed_in(), signed_in(Role.TEAM_ADMIN)
    older = admin.get(path)
    senior.post(f"{path}/claim")
    assert send(admin, older, action, **said).status_code == 409
    assert _events(company) == ["created", "claimed"]


def test_a_handoff_back_in_the_queue_is_not_taken_over(company: Company, signed_in: SignedIn, path: str) -> None:
    senior, admin = signed_in(), signed_in(Role.TEAM_ADMIN)
    senior.post(f"{path}/claim")
    older = admin.get(path)
    send(senior, path, "/release", reason="Called away.")
    answer = send(admin, older, "/take-over")
    assert answer.status_code == 409
    assert "Nobody holds this handoff now." in answer.text
    assert "Claim and continue" in answer.text
    assert _events(company) == ["created", "claimed", "released"]


def test_a_late_claim_shows_the_queue_as_it_is(signed_in: SignedIn, path: str) -> None:
    first, second = signed_in(), signed_in()
    older = second.get("/handoffs")
    first.post(f"{path}/claim")
    answer = send(second, older, f"{path}/claim")
    assert answer.status_code == 409
    assert "was faster and has held this handoff since" in answer.text
    assert f'action="{path}/claim"' not in answer.text
    assert "<h1>Escalations</h1>" in answer.text


def test_a_note_to_a_handoff_that_is_closed_is_shown_to_be_kept(signed_in: SignedIn, path: str) -> None:
    senior, admin = signed_in(), signed_in(Role.TEAM_ADMIN)
    senior.post(f"{path}/claim")
    older = admin.get(path)
    send(senior, path, "/close", outcome="resolved", note="A new driver.")
    answer = send(admin, older, "/close", outcome="parked", note="Wait for the part.")
    assert answer.status_code == 409
    assert "The handoff is closed." in answer.text
    assert "Wait for the part.</span>" in answer.text
