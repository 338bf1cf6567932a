"""The page of the working hours: a form, its history, and a sample."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.web.conftest import SignedIn
from tests.web.forms import send

PAGE = "/settings/hours"
FORM: dict[str, str] = {
    "valid_from": "2026-01-01",
    **{f"day{day}": "08:00-12:00, 13:00–17:00" for day in range(1, 6)},
}


def test_hours_are_set_shown_and_taken_back(signed_in: SignedIn) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    assert "around the clock all the time" in browser.get(PAGE).text
    page = send(browser, PAGE, PAGE, **FORM, holidays="2026-06-22 Midsummer\n2026-12-25").text
    assert "The working hours are saved." in page
    assert "<div>Monday 08:00-12:00, 13:00-17:00</div>" in page
    assert "2026-06-22 Midsummer" in page
    sample = browser.get(PAGE, params={"start": "2026-06-19T16:30", "end": "2026-06-23T08:20"}).text
    assert "50 min</strong> in working hours" in sample.replace("\N{NO-BREAK SPACE}", " ")
    gone = browser.post(f"{PAGE}/2026-01-01/remove").text
    assert "around the clock all the time" in gone


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"day1": "8 to 5"}, "Write hours as 08:00-17:00"),
        ({"day7": "08:00-24:30"}, "Write hours as 08:00-17:00"),
        ({"holidays": "Christmas"}, "Write each holiday on a line of its own"),
        (dict.fromkeys([f"day{day}" for day in range(1, 6)], ""), "at least one day"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(signed_in: SignedIn, wrong: dict[str, str], says: str) -> None:
    answer = send(signed_in(Role.OWNER), PAGE, PAGE, **FORM | wrong)
    assert answer.status_code == 422
    assert says in answer.text


def test_only_team_admins_change_them(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    browser = signed_in(Role.ENGINEER)
    assert "A team admin can change them." in browser.get(PAGE).text
    assert browser.post(PAGE, data=FORM).status_code == 403
