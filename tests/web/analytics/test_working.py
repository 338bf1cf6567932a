"""The pages of the reports say working hours below the clock, for an account that had some."""

import pytest

from flowpilot.identity.actor import Role
from tests.analytics.test_working import live_through, open_office
from tests.company import Company
from tests.web.conftest import SignedIn

DAYS = {"from": "2026-06-01", "to": "2026-06-16"}


@pytest.mark.parametrize(
    ("tab", "said"),
    [("overview", ["2 h", "1 h 30 min"]), ("escalations", ["10 min", "5 min", "30 min"])],
)
def test_the_pages_say_both(company: Company, signed_in: SignedIn, tab: str, said: list[str]) -> None:
    live_through(company)
    browser = signed_in(Role.OWNER)
    assert "In working hours" not in browser.get(f"/analytics/{tab}", params=DAYS).text
    open_office(company)
    text = browser.get(f"/analytics/{tab}", params=DAYS).text.replace("\u00a0", " ")
    for value in said:
        assert f"In working hours: {value} " in text
