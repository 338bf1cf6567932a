"""What came of a handoff since it was sent stands beside its snapshot, and is not proposed again."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.aside.fixes import FIX, do
from tests.handoffs.helpers import act, claimed_by_kim, done, join, read_as, send_escalation
from tests.sessions.flows import SESSIONS, publish_printer_flow, start

NOTE = "One outage at 12:40."
CLEAR = "Clear the print queue."


def _words(said: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Each as its text, its outcome, and who is said to have added it since."""
    text = (one.get("instruction") or one.get("text") or one.get("note") for one in said)
    return [(words, one.get("outcome"), one.get("by_name")) for words, one in zip(text, said, strict=True)]


def _step(client: TestClient, handoff: dict[str, Any], who: dict[str, str], **body: Any) -> None:
    assert do(client, handoff, who, "steps", **body).status_code == 201


def test_the_next_senior_reads_what_the_one_before_tried(client: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(client, company, tried="Turned it off and on.")
    [engineers] = _words(handoff["tried_now"])
    done(do(client, handoff, kim.headers, "verify", **FIX))
    waiting = read_as(client, handoff, kim.headers)
    applied = "Applied, waiting for a day without outages"
    assert _words(waiting["tried_now"]) == [engineers, (FIX["fix"], applied, "Kim")]
    _step(client, handoff, company.headers(Role.ENGINEER), free_text=NOTE)
    done(do(client, handoff, kim.headers, "verify/fail", note="It fell over."))
    done(act(client, handoff, "release", kim.headers, reason="I am off."))
    found = read_as(client, handoff, join(client, company, "Lou").headers)
    assert _words(found["tried_now"]) == [engineers, (FIX["fix"], "Did not help", "Kim")]
    assert found["tried_now"][-1]["note"] == "It fell over."
    assert [one["text"] for one in found["known_now"] if one.get("since")] == [NOTE]
    assert "Tried: Replaced the switch: Did not help" in found["assessment"]["summary"]
    assert (found["snapshot"]["tried"], found["snapshot"]["notes"]) == ([{"note": "Turned it off and on."}], [])


def test_what_was_found_is_in_its_order(client: TestClient, company: Company) -> None:
    publish_printer_flow(client, company)
    engineer, kim = company.headers(Role.ENGINEER), join(client, company, "Kim")
    session = start(client, company)
    about: dict[str, Any] = {"session_id": session["id"]}
    _step(client, about, engineer, free_text="They say since nine.", is_note=True)
    _step(client, about, engineer, choice="Yes")
    handoff = send_escalation(client, company, session["id"]).json()
    done(act(client, handoff, "claim", kim.headers))
    _step(client, handoff, kim.headers, free_text=NOTE, is_note=True)
    found = read_as(client, handoff, kim.headers)["known_now"]
    assert [one.get("text") or one.get("choice") for one in found] == ["They say since nine.", "Yes", NOTE]
    assert [one["at"] for one in found] == sorted(one["at"] for one in found)


def test_what_a_senior_took_back_was_not_tried(client: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(client, company)
    session = done(do(client, handoff, kim.headers, "verify", **FIX))
    path = f"{SESSIONS}/{handoff['session_id']}/steps/{session['steps'][-1]['id']}/take-back"
    done(client.post(path, headers=kim.headers))
    assert read_as(client, handoff, kim.headers)["tried_now"] == []


def test_it_ends_with_the_handoff(client: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(client, company)
    _step(client, handoff, kim.headers, free_text=NOTE)
    done(act(client, handoff, "close", kim.headers, outcome="returned"))
    _step(client, handoff, company.headers(Role.ENGINEER), free_text="It is another printer.")
    assert _words(read_as(client, handoff, kim.headers)["known_now"]) == [(NOTE, None, "Kim")]


def _actions(handoff: dict[str, Any]) -> list[str]:
    return [one["action"] for one in handoff["next_steps"]]


def test_a_check_that_was_made_in_other_words_is_not_proposed(client: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(client, company)
    asked = next(one for one in _actions(handoff) if one.startswith("Ask who is affected"))
    _step(client, handoff, kim.headers, free_text="Only one device is affected.")
    assert asked not in _actions(read_as(client, handoff, kim.headers))


@pytest.mark.parametrize("with_a_fix", [False, True])
def test_a_step_of_the_flow_that_was_done_is_not_proposed(
    client: TestClient, company: Company, *, with_a_fix: bool
) -> None:
    publish_printer_flow(client, company)
    engineer, kim = company.headers(Role.ENGINEER), join(client, company, "Kim")
    session = start(client, company)
    _step(client, {"session_id": session["id"]}, engineer, choice="Yes")
    handoff = send_escalation(client, company, session["id"]).json()
    done(act(client, handoff, "claim", kim.headers))
    assert CLEAR in _actions(handoff)
    if with_a_fix:
        done(do(client, handoff, kim.headers, "verify", **FIX))
        done(do(client, handoff, kim.headers, "verify/fail"))
    else:
        _step(client, handoff, kim.headers, outcome="Still nothing")
    assert CLEAR not in _actions(read_as(client, handoff, kim.headers))
