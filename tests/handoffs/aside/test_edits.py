"""What is corrected or struck while a fix waits is so on the handoff that it has set aside."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.aside.fixes import FIX, do
from tests.handoffs.helpers import act, done, join, read_as, send_escalation
from tests.sessions.flows import SESSIONS, start

WRONG, OLD, NEW = "The server is in Boston", "The light is green", "The light is red"


def _noted(client: TestClient, session: str, who: dict[str, str], text: str) -> str:
    body = {"free_text": text, "is_note": True}
    added = client.post(f"{SESSIONS}/{session}/steps", headers=who, json=body)
    return str(added.json()["steps"][-1]["id"])


@pytest.mark.parametrize("answer", [None, "fail"])
def test_nobody_reads_struck_words_on_a_handoff_that_waits(
    client: TestClient, company: Company, answer: str | None
) -> None:
    engineer, kim = company.headers(Role.ENGINEER), join(client, company, "Kim")
    session = start(client, company)["id"]
    wrong, old = (_noted(client, session, engineer, text) for text in (WRONG, OLD))
    handoff: dict[str, Any] = send_escalation(client, company, session).json()
    done(act(client, handoff, "claim", kim.headers))
    done(do(client, handoff, kim.headers, "verify", **FIX))
    done(client.post(f"{SESSIONS}/{session}/steps/{wrong}/strike", headers=engineer))
    done(client.post(f"{SESSIONS}/{session}/steps/{old}/correct", headers=engineer, json={"text": NEW}))
    if answer is not None:
        done(do(client, handoff, kim.headers, f"verify/{answer}"))
    said = read_as(client, handoff, kim.headers)
    for part in (said["snapshot"], said["assessment"]):
        assert [words in str(part) for words in (WRONG, OLD, NEW)] == [False, False, True]


def test_one_that_was_set_aside_for_good_keeps_what_it_said(client: TestClient, company: Company) -> None:
    engineer, kim = company.headers(Role.ENGINEER), join(client, company, "Kim")
    session = start(client, company)["id"]
    old = _noted(client, session, engineer, OLD)
    handoff: dict[str, Any] = send_escalation(client, company, session).json()
    done(act(client, handoff, "claim", kim.headers))
    done(act(client, handoff, "close", kim.headers, outcome="parked", note="The part comes on Friday."))
    done(client.post(f"{SESSIONS}/{session}/steps/{old}/correct", headers=kim.headers, json={"text": NEW}))
    assert NEW not in str(read_as(client, handoff, kim.headers)["snapshot"])
