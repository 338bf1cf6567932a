"""The stopwatch's page."""

import re
import uuid
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from tests.company import Company, at
from tests.web.conftest import SignedIn

WATCH = "/stopwatch"


def _rows(company: Company) -> list[tuple[object, ...]]:
    columns = "method, seconds::float, note, problem_domain, excluded_reason"
    return company.query(f"SELECT {columns} FROM handoff_baselines ORDER BY id")


def _started(browser: TestClient, company: Company, ago: int = 200) -> uuid.UUID:
    """The id of the browser's stopwatch, which has run for this many seconds."""
    browser.post(f"{WATCH}/start")
    begun = now() - timedelta(seconds=ago)
    [(running,)] = company.query("UPDATE handoff_baselines SET created_at = %s RETURNING id", begun)
    assert isinstance(running, uuid.UUID)
    return running


def _measured(company: Company, role: Role = Role.ENGINEER, **values: object) -> uuid.UUID:
    row = {"method": "stopwatch", "seconds": 90, "measured_by": company.users[role], "created_at": now()}
    return company.add("handoff_baselines", **row | values)


def test_a_viewer_has_no_stopwatch(signed_in: SignedIn) -> None:
    browser = signed_in(Role.VIEWER)
    answer = browser.get(WATCH)
    assert answer.status_code == 403
    assert "Not allowed" in answer.text
    assert browser.post(f"{WATCH}/start").status_code == 403


def test_nothing_measured_yet_says_what_to_do(signed_in: SignedIn) -> None:
    assert "Nothing measured yet" in signed_in().get(WATCH).text


def test_start_shows_the_time_since(signed_in: SignedIn, company: Company) -> None:
    page = signed_in().post(f"{WATCH}/start", data={"problem_domain": "VPN", "note": "At my desk"}).text
    [(started, domain, note)] = company.query("SELECT created_at, problem_domain, note FROM handoff_baselines")
    assert (domain, note) == ("VPN", "At my desk")
    since = re.search(r'data-since="([^"]+)"', page)
    assert since is not None
    assert since[1] == started.isoformat()
    assert "At my desk" in page
    assert f'action="{WATCH}/start"' not in page


def test_stop_measures(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in()
    answer = browser.post(f"{WATCH}/{_started(browser, company)}/stop")
    assert re.search("Measured: 3\xa0min\xa02[0-9]\xa0s\\.", answer.text)
    [(method, seconds, *_)] = _rows(company)
    assert method == "stopwatch"
    assert isinstance(seconds, float)
    assert 200 <= seconds < 230


def test_cancel_leaves_nothing(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in()
    answer = browser.post(f"{WATCH}/{_started(browser, company)}/cancel")
    assert "Cancelled. Nothing was measured." in answer.text
    assert _rows(company) == []


def test_a_second_start_learns_of_the_first(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in()
    _started(browser, company)
    answer = browser.post(f"{WATCH}/start")
    assert answer.status_code == 409
    assert "Your stopwatch has been running since" in answer.text


def test_somebody_elses_stopwatch_is_neither_shown_nor_stopped(signed_in: SignedIn, company: Company) -> None:
    running = _started(signed_in(), company)
    browser = signed_in()
    page = browser.get(WATCH).text
    assert f'action="{WATCH}/start"' in page
    assert str(running) not in page
    assert browser.post(f"{WATCH}/{running}/stop").status_code == 403


def test_entered_talks_are_marked(signed_in: SignedIn, company: Company) -> None:
    form = {"minutes": "5", "seconds": "30", "problem_domain": "Email", "note": " In the corridor "}
    answer = signed_in().post(f"{WATCH}/enter", data=form)
    assert "It is shown, but not counted as measured." in answer.text
    assert "Entered</span>" in answer.text
    assert _rows(company) == [("entered", 330.0, "In the corridor", "Email", None)]


def test_when_it_began_is_by_the_accounts_clock(signed_in: SignedIn, company: Company) -> None:
    company.query("UPDATE accounts SET timezone = 'Europe/Vienna' RETURNING id")
    signed_in().post(f"{WATCH}/enter", data={"minutes": "5", "occurred_at": "2026-07-01T10:15"})
    assert company.query("SELECT created_at FROM handoff_baselines") == [(at("2026-07-01 08:15"),)]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"minutes": "", "seconds": ""}, "Enter between 1 second and 4 hours."),
        ({"minutes": "240", "seconds": "1"}, "Enter between 1 second and 4 hours."),
        ({"minutes": "5", "seconds": "60"}, "Enter 59 or less"),
        ({"minutes": "5", "occurred_at": "9999-12-31T23:59"}, "lies in the future"),
        ({"minutes": "5", "occurred_at": "1999-12-31T23:59"}, "or more"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(signed_in: SignedIn, form: dict[str, str], said: str) -> None:
    answer = signed_in().post(f"{WATCH}/enter", data=form)
    assert answer.status_code == 422
    assert said in answer.text


def test_an_excluded_one_stays_with_its_reason_and_can_count_again(signed_in: SignedIn, company: Company) -> None:
    browser, one = signed_in(Role.TEAM_ADMIN), _measured(company)
    page = browser.post(f"{WATCH}/{one}/exclude", data={"reason": "Interrupted by a fire drill"}).text
    assert "Interrupted by a fire drill" in page
    assert f"{WATCH}/{one}/include" in page
    assert "It counts again." in browser.post(f"{WATCH}/{one}/include").text
    assert [row[-1] for row in _rows(company)] == [None]


def test_an_exclusion_needs_a_reason(signed_in: SignedIn, company: Company) -> None:
    answer = signed_in(Role.OWNER).post(f"{WATCH}/{_measured(company)}/exclude", data={"reason": " "})
    assert answer.status_code == 422


def test_an_engineer_excludes_only_their_own(signed_in: SignedIn, company: Company) -> None:
    browser, one = signed_in(Role.ENGINEER), _measured(company)
    assert f"{WATCH}/{one}/exclude" not in browser.get(WATCH).text
    assert browser.post(f"{WATCH}/{one}/exclude", data={"reason": "Mine"}).status_code == 403


def test_baselines_of_another_account_are_not_shown(
    signed_in: SignedIn, company: Company, neighbour: Company
) -> None:
    one, browser = _measured(neighbour), signed_in(Role.OWNER)
    assert str(one) not in browser.get(WATCH).text
    assert browser.post(f"{WATCH}/{one}/exclude", data={"reason": "Mine"}).status_code == 404


def test_the_list_is_paged(signed_in: SignedIn, company: Company) -> None:
    for number in range(51):
        _measured(company, note=f"Talk {number}.")
    browser = signed_in()
    page = browser.get(WATCH).text
    assert "Talk 1." in page
    assert "Talk 0." not in page
    older = re.search(rf"{WATCH}\?cursor=[0-9a-f-]+", page)
    assert older is not None
    assert "Talk 0." in browser.get(older[0]).text


@pytest.mark.parametrize(("role", "is_linked"), [(Role.ENGINEER, False), (Role.TEAM_ADMIN, True)])
def test_savings_are_linked_if_one_may_see_them(signed_in: SignedIn, role: Role, is_linked: bool) -> None:
    assert ('href="/analytics/savings"' in signed_in(role).get(WATCH).text) is is_linked
