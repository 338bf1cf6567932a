"""What a claim costs in statements, with the caller's identity and BEGIN, but without COMMIT."""

from fastapi.testclient import TestClient

from tests.company import Company
from tests.handoffs.helpers import act, done, hand_over, join
from tests.web.test_costs import heard


def test_a_claim(client: TestClient, company: Company) -> None:
    kim = join(client, company, "Kim")
    for _ in range(2):  # The first use of a key in a minute is recorded.
        handoff = hand_over(client, company)
        with heard(client) as sent:
            done(act(client, handoff, "claim", kim.headers))
    assert len(sent) <= 8
    # All who claim in the account wait from here on, so it is the last statement before the commit.
    assert "INSERT INTO handoff_counters" in sent[-1]
