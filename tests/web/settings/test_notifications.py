"""How members are notified, channels, and the log of deliveries."""

import re
import uuid
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from flowpilot.notifications.delivery.lanes import DELIVER_JOB
from tests.company import Company
from tests.handoffs.helpers import forget_jobs, jobs_of
from tests.web.conftest import SignedIn

WAYS = "/settings/notifications"
CHANNELS = f"{WAYS}/channels"

# An address and no name, so that no name server is asked.
ADDRESS = "https://8.8.8.8/hook"


def _add(browser: TestClient, company: Company, **form: str) -> uuid.UUID:
    """A channel that the browser adds; its id."""
    form = {"kind": "slack", "name": "Alerts", "url": ADDRESS, "mine": "true"} | form
    answer = browser.post(CHANNELS, data=form)
    assert answer.status_code == 200, answer.text
    [(channel_id,)] = company.query("SELECT id FROM notification_channels ORDER BY id DESC LIMIT 1")
    assert isinstance(channel_id, uuid.UUID)
    return channel_id


def _sent(company: Company, channel: uuid.UUID, **values: object) -> uuid.UUID:
    """A delivery in the channel's log."""
    return company.add("notification_deliveries", kind="slack", channel_id=channel, created_at=now(), **values)


def test_unticked_kinds_are_off(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.ENGINEER)
    assert "Saved." in browser.post(WAYS, data={"in_app": "true", "teams": "true"}).text
    rows = company.query("SELECT kind FROM notification_preferences WHERE is_enabled ORDER BY kind")
    assert rows == [("in_app",), ("teams",)]
    ticked = re.findall(r'name="(\w+)" value="true" checked', browser.get(WAYS).text)
    assert ticked == ["in_app", "teams"]


def test_an_engineer_sees_only_channels_of_their_own(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.ENGINEER)
    shared = _add(signed_in(Role.TEAM_ADMIN), company, name="For all", mine="false")
    page = browser.get(WAYS).text
    assert "No channels of your own" in page
    assert "For all" not in page
    assert "The account's channels" not in page
    assert browser.get(f"{CHANNELS}/{shared}").status_code == 404
    form = {"kind": "slack", "name": "For all", "url": ADDRESS}
    assert browser.post(CHANNELS, data=form).status_code == 403


def test_a_channel_is_added_and_only_its_host_is_shown(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.ENGINEER)
    channel = _add(browser, company, name="My alerts")
    page = browser.get(f"{CHANNELS}/{channel}").text
    assert "Nothing sent yet" in page
    assert "8.8.8.8" in page
    assert ADDRESS not in page
    assert "My alerts" in browser.get(WAYS).text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"url": "ftp://8.8.8.8/hook"}, "This is not a web address."),
        ({"url": "https://127.0.0.1/hook"}, "The address is private"),
        ({"name": ""}, "Name: Fill in this field"),
        ({"kind": "in_app"}, "Kind: "),
    ],
)
def test_a_channel_that_cannot_be_is_refused(signed_in: SignedIn, form: dict[str, str], said: str) -> None:
    whole = {"kind": "slack", "name": "Alerts", "url": ADDRESS, "mine": "true"} | form
    answer = signed_in(Role.ENGINEER).post(CHANNELS, data=whole)
    assert answer.status_code == 422
    assert said in answer.text


def test_a_webhooks_secret_is_shown_once_and_can_be_renewed(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.ENGINEER)
    made = browser.post(CHANNELS, data={"kind": "webhook", "name": "Bot", "url": ADDRESS, "mine": "true"})
    [first] = re.findall(r'<code id="secret" class="wrap">(whsec_[^<]+)<', made.text)
    assert 'hx-history="false"' in made.text
    [(channel,)] = company.query("SELECT id FROM notification_channels")
    assert "whsec_" not in browser.get(f"{CHANNELS}/{channel}").text
    [second] = re.findall(
        r'<code id="secret" class="wrap">(whsec_[^<]+)<', browser.post(f"{CHANNELS}/{channel}/secret").text
    )
    assert first != second


def test_a_channel_is_switched_off_and_on(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.ENGINEER)
    channel = _add(browser, company)
    page = browser.post(f"{CHANNELS}/{channel}/active", data={"is_active": "false"}).text
    assert "The channel is off: it sends nothing." in page
    assert "Send a test</button>" not in page
    assert browser.post(f"{CHANNELS}/{channel}/test").status_code == 409
    assert "The channel is on." in browser.post(f"{CHANNELS}/{channel}/active", data={"is_active": "true"}).text


def test_a_test_is_in_the_log(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.ENGINEER)
    page = browser.post(f"{CHANNELS}/{_add(browser, company)}/test").text
    assert "The test is on its way." in page
    assert "Test</td>" in page
    assert "Pending</span>" in page


def test_a_removed_channel_is_gone(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.ENGINEER)
    channel = _add(browser, company)
    answer = browser.post(f"{CHANNELS}/{channel}/delete")
    assert "The channel is removed." in answer.text
    assert "No channels of your own" in answer.text
    assert browser.get(f"{CHANNELS}/{channel}").status_code == 404


def test_the_log_says_what_went_wrong_and_tries_again(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.OWNER)
    channel = _add(browser, company, mine="false")
    tried = {"attempts": 8, "response_status": 404, "error": "No such hook", "last_attempt_at": now()}
    failed = _sent(company, channel, status="failed", **tried)
    page = browser.get(f"{CHANNELS}/{channel}").text
    assert "Failed</span>" in page
    assert "HTTP 404 · No such hook" in page
    again = browser.post(f"{WAYS}/deliveries/{failed}/retry", data={"channel_id": str(channel)})
    assert again.url.path == f"{CHANNELS}/{channel}"
    assert "The message is being sent again." in again.text
    assert browser.post(f"{WAYS}/deliveries/{failed}/retry", data={"channel_id": str(channel)}).status_code == 409


def test_another_members_channel_can_be_seen_but_not_changed_by_a_team_admin(
    signed_in: SignedIn, company: Company
) -> None:
    channel = _add(signed_in(Role.ENGINEER), company, name="Their own")
    browser = signed_in(Role.TEAM_ADMIN)
    assert "Their own" in browser.get(WAYS).text
    page = browser.get(f"{CHANNELS}/{channel}").text
    assert "Only its owner can change this channel." in page
    assert "8.8.8.8" not in page
    assert browser.post(f"{CHANNELS}/{channel}/delete").status_code == 403


def test_channels_of_another_account_are_not_found(
    signed_in: SignedIn, company: Company, neighbour: Company
) -> None:
    channel = _add(signed_in(Role.OWNER, neighbour), neighbour, name="Next door", mine="false")
    browser = signed_in(Role.OWNER)
    assert "Next door" not in browser.get(WAYS).text
    assert browser.get(f"{CHANNELS}/{channel}").status_code == 404
    assert browser.post(f"{CHANNELS}/{channel}/test").status_code == 404


def test_the_log_is_paged(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.OWNER)
    channel = _add(browser, company, mine="false")
    for number in range(51):
        at = now() - timedelta(minutes=51 - number)
        _sent(company, channel, status="failed", error=f"Error {number}.", last_attempt_at=at)
    page = browser.get(f"{CHANNELS}/{channel}").text
    assert "Error 1." in page
    assert "Error 0." not in page
    older = re.search(rf"{CHANNELS}/{channel}\?cursor=[0-9a-f-]+", page)
    assert older is not None
    assert "Error 0." in browser.get(older[0]).text


def _rests(company: Company, route: uuid.UUID) -> None:
    company.add(
        "notification_routes",
        id=route,
        failures=5,
        reason="The receiver answered 503.",
        resting_since=now() - timedelta(minutes=3),
        next_try_at=now() + timedelta(minutes=1),
    )


def test_a_channel_that_rests_says_so_and_is_tried_now(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.OWNER)
    channel = _add(browser, company)
    _rests(company, channel)
    waiting = _sent(company, channel, status="pending")
    assert "Resting" in browser.get(WAYS).text
    page = browser.get(f"{CHANNELS}/{channel}").text
    assert "The receiver answered 503." in page
    assert "1 message is waiting" in page
    assert "Trying again." in browser.post(f"{CHANNELS}/{channel}/try-now").text
    assert len(jobs_of(company, DELIVER_JOB)) == 1
    forget_jobs(company.urls, company)
    [(due,)] = company.query("SELECT due_at <= now() FROM notification_deliveries WHERE id = %s", waiting)
    assert due


def test_managers_of_channels_see_that_email_rests(signed_in: SignedIn, company: Company) -> None:
    _rests(company, company.id)
    company.add("notification_deliveries", kind="email", user_id=company.users[Role.OWNER])
    admin, engineer = signed_in(Role.TEAM_ADMIN), signed_in(Role.ENGINEER)
    assert "No e-mail has been sent" in admin.get(WAYS).text
    assert "No e-mail has been sent" not in engineer.get(WAYS).text
    assert "Trying again." in admin.post(f"{WAYS}/email/try-now").text
    assert engineer.post(f"{WAYS}/email/try-now").status_code == 403
    assert len(jobs_of(company, DELIVER_JOB)) == 1
    forget_jobs(company.urls, company)
