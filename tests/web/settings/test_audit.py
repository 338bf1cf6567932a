"""The audit log's page."""

import re
import uuid
from datetime import datetime

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.identity.actor import Role
from tests.company import Company, at
from tests.web.conftest import SignedIn

LOG = "/settings/audit-log"
MARCH = at("2026-03-10 12:00")


def _entry(company: Company, moment: datetime = MARCH, **values: object) -> uuid.UUID:
    row = {"action": "account.changed", "target_type": "account", "target_id": company.id, "at": moment}
    return company.add("audit_log", **row | values)


def _row(browser: TestClient, **query: str) -> str:
    """The first entry's row, without its tags."""
    body = browser.get(LOG, params=query).text.partition("<tbody>")[2].partition("</tr>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def test_who_changed_what_can_be_read(signed_in: SignedIn, company: Company) -> None:
    _entry(
        company,
        actor_id=company.users[Role.OWNER],
        before={"lease_minutes": 1, "work_days": None},
        after={"lease_minutes": 30, "work_days": [1, 2]},
    )
    row = _row(signed_in(Role.TEAM_ADMIN), action="account.changed")
    assert "10 Mar 2026, 12:00 owner Account: changed Account" in row
    assert row.endswith("Work days: none → 1, 2 Lease minutes: 1 → 30")


def test_a_value_with_parts_is_said_in_words(signed_in: SignedIn, company: Company) -> None:
    _entry(company, after={"rules": {"low": {"client": "warn", "opinion": "block"}, "high": {}}})
    row = _row(signed_in(Role.OWNER), action="account.changed")
    assert "Low: client warn, opinion block; High: none" in row
    assert "{" not in row


def test_people_are_called_by_their_names(signed_in: SignedIn, company: Company) -> None:
    facts = {"user_id": str(company.users[Role.VIEWER]), "is_active": True}
    _entry(company, action="key.created", target_type="api_key", actor_id=new_id(), after=facts)
    row = _row(signed_in(Role.OWNER), **{"action": "key.created", "from": "2026-03-10", "to": "2026-03-10"})
    assert "A former member" in row
    assert row.endswith("User: viewer Is active: yes")


def test_without_an_actor_it_was_the_operator(signed_in: SignedIn, company: Company) -> None:
    assert "The operator Account: created" in _row(signed_in(Role.OWNER), action="account.created")


def test_the_actions_of_the_account_are_offered(signed_in: SignedIn) -> None:
    page = signed_in(Role.OWNER).get(LOG).text
    assert '<option value="member.added">Member: added</option>' in page
    assert "baseline.excluded" not in page


def test_days_are_the_accounts_and_the_last_is_included(signed_in: SignedIn, company: Company) -> None:
    company.query("UPDATE accounts SET timezone = 'Europe/Vienna' RETURNING id")
    for moment in ("2026-03-09 22:59", "2026-03-09 23:00", "2026-03-10 22:59", "2026-03-10 23:00"):
        _entry(company, at(moment))
    page = signed_in(Role.OWNER).get(LOG, params={"from": "2026-03-10", "to": "2026-03-10"}).text
    shown = re.findall(r'<td class="text-nowrap"><time datetime="([^"]+)"', page)
    assert shown == ["2026-03-10T22:59:00+00:00", "2026-03-09T23:00:00+00:00"]


def test_one_persons_changes(signed_in: SignedIn, company: Company) -> None:
    _entry(company, actor_id=company.users[Role.TEAM_ADMIN])
    _entry(company, actor_id=company.users[Role.OWNER])
    page = signed_in(Role.OWNER).get(LOG, params={"person": str(company.users[Role.TEAM_ADMIN])}).text
    assert len(re.findall("Account: changed</td>", page)) == 1


def test_those_are_offered_who_have_changed_something_and_who_was_chosen(
    signed_in: SignedIn, company: Company
) -> None:
    _entry(company, actor_id=company.users[Role.TEAM_ADMIN])
    page = signed_in(Role.OWNER).get(LOG, params={"person": str(company.users[Role.VIEWER])}).text
    offered = page.partition('id="f-person"')[2].partition("</select>")[0]
    names = re.findall(r"<option[^>]*>([^<]*)<", offered)
    assert {"Everyone", "team_admin", "viewer"} <= set(names)
    assert "engineer" not in names
    assert " selected>viewer<" in offered


def test_the_file_holds_what_is_shown(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.OWNER)
    _entry(company)
    _entry(company, at("2026-03-11 00:00"))
    page = browser.get(
        LOG, params={"action": "account.changed", "person": "", "from": "", "to": "2026-03-10"}
    ).text
    link = re.search(r'href="(/api/v1/audit-log\.csv[^"]*)"', page)
    assert link is not None
    lines = browser.get(link[1].replace("&amp;", "&")).text.splitlines()
    assert len(lines) == 2
    assert "2026-03-10T12:00:00Z" in lines[1]


def test_nothing_found_says_what_to_do(signed_in: SignedIn) -> None:
    page = signed_in(Role.OWNER).get(LOG, params={"to": "2001-01-01"}).text
    assert "No entries match" in page


@pytest.mark.parametrize("query", [{"person": "nobody"}, {"from": "yesterday"}, {"to": "9999-12-31"}])
def test_an_invalid_filter_is_refused(signed_in: SignedIn, query: dict[str, str]) -> None:
    answer = signed_in(Role.OWNER).get(LOG, params=query)
    assert answer.status_code == 422
    assert "Check the form" in answer.text


def test_the_next_page_keeps_the_filter(signed_in: SignedIn, company: Company) -> None:
    oldest = _entry(company, target_id=new_id())
    [(oldest_target,)] = company.query("SELECT target_id FROM audit_log WHERE id = %s", oldest)
    for _ in range(50):
        _entry(company)
    browser = signed_in(Role.OWNER)
    page = browser.get(LOG, params={"action": "account.changed"}).text
    assert str(oldest_target) not in page
    older = re.search(rf"{LOG}\?action=account\.changed&amp;cursor=[0-9a-f-]+", page)
    assert older is not None
    further = browser.get(older[0].replace("&amp;", "&")).text
    assert str(oldest_target) in further
    assert len(re.findall("Account: changed</td>", further)) == 1


def test_entries_of_another_account_are_not_shown(
    signed_in: SignedIn, company: Company, neighbour: Company
) -> None:
    _entry(neighbour)
    assert "Account: changed" not in signed_in(Role.OWNER).get(LOG).text
