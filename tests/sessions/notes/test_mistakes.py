"""That a fix did not help, said by mistake and taken back, is not in the note: the wait was never interrupted."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.aside.fixes import FIX, do, set_aside_by_kim
from tests.handoffs.helpers import done
from tests.sessions.flows import SESSIONS, start


def _note(client: TestClient, company: Company, handoff: dict[str, Any]) -> str:
    """The note, without its moments and the time spent."""
    path = f"{SESSIONS}/{handoff['session_id']}/documentation.txt"
    text = client.get(path, headers=company.headers(Role.VIEWER)).text
    return re.sub(r", \d{4}-\d\d-\d\d \d\d:\d\d", "", text.partition("TIME SPENT")[0])


def _fail_by_mistake(client: TestClient, handoff: dict[str, Any], who: dict[str, str], *since: str) -> None:
    failed = done(do(client, handoff, who, "verify/fail", note="It fell over."))
    step = next(one for one in reversed(failed["steps"]) if "fix" in one["content"])
    for note in since:
        tried = {"outcome": "Still nothing", "note": note}
        assert do(client, handoff, who, "steps", **tried).status_code == 201
    done(client.post(f"{SESSIONS}/{handoff['session_id']}/steps/{step['id']}/take-back", headers=who))


@pytest.mark.parametrize("mistakes", [1, 2])
def test_a_senior_who_took_it_back_reads_of_one_wait(client: TestClient, company: Company, mistakes: int) -> None:
    handoff, kim = set_aside_by_kim(client, company)
    before = _note(client, company, handoff)
    assert "- Set aside with a fix by Kim" in before
    for _ in range(mistakes):
        _fail_by_mistake(client, handoff, kim.headers)
    assert _note(client, company, handoff) == before
    done(do(client, handoff, kim.headers, "verify/confirm"))
    note = _note(client, company, handoff)
    assert note.count("Set aside") == 1
    assert not [words for words in ("Wait ended", "not help", "not known yet") if words in note]


def test_without_a_handoff_there_are_no_earlier_states(client: TestClient, company: Company) -> None:
    handoff, engineer = {"session_id": start(client, company)["id"]}, company.headers(Role.ENGINEER)
    done(do(client, handoff, engineer, "verify", **FIX))
    _fail_by_mistake(client, handoff, engineer)
    done(do(client, handoff, engineer, "verify/confirm"))
    note = _note(client, company, handoff)
    assert "EARLIER STATES" not in note
    assert "not known yet" not in note


def test_where_something_was_done_since_the_wait_has_ended_and_nobody_says_why(
    client: TestClient, company: Company
) -> None:
    handoff, kim = set_aside_by_kim(client, company)
    _fail_by_mistake(client, handoff, kim.headers, "A reboot.")
    note = _note(client, company, handoff)
    assert "- Wait ended by Kim\n" in note
    assert "did not help" not in note


def test_one_that_stands_is_told_with_its_words(client: TestClient, company: Company) -> None:
    handoff, kim = set_aside_by_kim(client, company)
    _fail_by_mistake(client, handoff, kim.headers)
    done(do(client, handoff, kim.headers, "verify/fail"))
    note = _note(client, company, handoff)
    assert note.count("- Wait ended by Kim: The fix did not help.\n") == 1
    assert note.count("Set aside") == 1
