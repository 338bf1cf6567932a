"""API keys in the settings."""

import re

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.web.conftest import SignedIn

KEYS = "/settings/keys"


def _make(browser: TestClient, **form: str) -> str:
    answer = browser.post(KEYS, data={"name": "Import", "role": "viewer"} | form)
    assert answer.status_code == 200, answer.text
    found = re.search(r'<code id="secret" class="wrap">(fp_[^<]+)<', answer.text)
    assert found is not None
    return found[1]


def test_a_key_is_shown_once_and_works(client: TestClient, signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    secret = _make(browser, expires_days="30")
    me = client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {secret}"}).json()
    assert (me["account_id"], me["role"]) == (str(company.id), "viewer")
    later = browser.get(KEYS).text
    assert f"<code>{secret[:11]}…</code>" in later
    assert secret not in later


def test_no_history_of_a_browser_keeps_the_key(signed_in: SignedIn) -> None:
    answer = signed_in(Role.OWNER).post(KEYS, data={"name": "Import", "role": "viewer"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["HX-Push-Url"] == "false"
    assert 'hx-history="false"' in answer.text


def test_without_days_a_key_has_no_end(signed_in: SignedIn, company: Company) -> None:
    _make(signed_in(Role.OWNER), name="Forever", expires_days="")
    assert company.query("SELECT expires_at FROM api_keys WHERE name = 'Forever'") == [(None,)]


def test_a_revoked_key_is_refused(client: TestClient, signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    secret = _make(browser, name="Old")
    ((key_id,),) = company.query("SELECT id FROM api_keys WHERE name = 'Old'")
    assert "The key is revoked." in browser.post(f"{KEYS}/{key_id}/revoke").text
    assert client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


@pytest.mark.parametrize(
    ("form", "status"), [({"role": "owner"}, 403), ({"expires_days": "0"}, 422), ({"role": "nobody"}, 422)]
)
def test_a_key_that_cannot_be_made_is_refused(signed_in: SignedIn, form: dict[str, str], status: int) -> None:
    answer = signed_in(Role.TEAM_ADMIN).post(KEYS, data={"name": "Import", "role": "viewer"} | form)
    assert answer.status_code == status


def test_a_key_of_another_account_is_not_found(signed_in: SignedIn, neighbour: Company) -> None:
    ((key_id,),) = neighbour.query("SELECT id FROM api_keys WHERE role = 'viewer'")
    assert signed_in(Role.OWNER).post(f"{KEYS}/{key_id}/revoke").status_code == 404


def test_the_list_is_paged(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in(Role.OWNER)
    for number in range(47):
        _make(browser, name=f"Key {number}.")
    page = browser.get(KEYS).text
    assert "Key 45." in page
    assert "Key 46." not in page
    cursor = re.search(rf"{KEYS}\?cursor=[0-9a-f-]+", page)
    assert cursor is not None
    assert "Key 46." in browser.get(cursor[0]).text
