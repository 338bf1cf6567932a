"""How a handoff ended is called the same in the lists, on its page, and in what people are told."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, done, hand_over, join
from tests.web.conftest import SignedIn

ENDS: list[tuple[str, dict[str, Any], str]] = [
    ("close", {"outcome": "returned", "note": "Clean the glass."}, "Given back"),
    ("send-back", {"reason": "Which printer?"}, "Sent back"),
]


def _called(browser: TestClient, handoff: dict[str, Any]) -> list[str]:
    """What the closed list and the handoff's page call its end."""
    listed = browser.get("/handoffs?state=closed").text
    shown = browser.get(f"/handoffs/{handoff['id']}").text
    return [
        *re.findall(r'<span class="badge tone-secondary">(\w+ \w+)</span>', listed),
        *re.findall(r"Closed <time[^>]*>[^<]*</time>[^:]*: (\w+ \w+)\.", shown),
    ]


@pytest.mark.parametrize(("action", "said", "words"), ENDS)
def test_what_a_senior_gives_back_is_called_so(
    client: TestClient, company: Company, signed_in: SignedIn, action: str, said: dict[str, Any], words: str
) -> None:
    handoff, kim = hand_over(client, company), join(client, company, "Kim")
    done(act(client, handoff, "claim", kim.headers))
    done(act(client, handoff, action, kim.headers, **said))
    assert _called(signed_in(), handoff) == [words] * 2


def test_what_its_engineer_takes_back_is_called_so(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    handoff = hand_over(client, company)
    engineer = company.headers(Role.ENGINEER)
    done(act(client, handoff, "close", engineer, outcome="returned", note="Found it."))
    assert _called(signed_in(), handoff) == ["Taken back"] * 2
