"""What a person sees while the database is down: a page that tries again by itself, and sends nothing twice."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.app import create_app
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.db.replica.looking import NotAStandbyError
from flowpilot.identity.cookies import COOKIE
from flowpilot.identity.credentials import TokenClaim, sign_token
from flowpilot.settings import Settings
from flowpilot.web import error_pages
from tests.asgi import AppClient
from tests.web.conftest import SAME_SITE
from tests.web.forms import forms_of

HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def browser(settings: Settings) -> Iterator[TestClient]:
    """Signed in at a server without a database."""
    app = create_app(settings, "postgresql://nobody@127.0.0.1:1/nothing")
    token = sign_token(TokenClaim(new_id(), new_id(), now()), settings.signing_key(), 60)
    with AppClient(app, headers=SAME_SITE, cookies={COOKIE: token}, raise_server_exceptions=False) as browser:
        yield browser


def test_a_page_says_so_and_tries_again_by_itself(browser: TestClient) -> None:
    answer = browser.get("/sessions?status=active")
    assert (answer.status_code, answer.headers["Retry-After"], answer.headers["Refresh"]) == (503, "5", "5")
    assert "<h1>FlowPilot cannot reach its database</h1>" in answer.text
    assert "This page reloads until it works again." in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_form_is_not_sent_again(browser: TestClient) -> None:
    answer = browser.post("/sessions", data={"problem_summary": "The printer prints nothing"})
    assert answer.status_code == 503
    assert "Refresh" not in answer.headers
    assert "Nothing was changed; try again soon." in answer.text


def test_what_was_written_is_there_to_be_sent_again_with_one_press(browser: TestClient) -> None:
    path, words = f"/sessions/{new_id()}/steps?came_from=/x", "It <blinks>.\nAnd hums."
    said = {"free_text": words, "idempotency_key": "7", "node": ""}
    answer = browser.post(path, data=said)
    assert answer.status_code == 503
    assert '<span class="prose">It &lt;blinks&gt;.\nAnd hums.</span>' in answer.text
    [form] = forms_of(answer.text)
    assert (form.action, form.can_be_sent) == (path, True)
    assert form.holds == {name: [value] for name, value in said.items()}


@pytest.mark.parametrize("sent", [{"data": {"password": "hunter2"}}, {"files": {"files": ("a.txt", b"hunter2")}}])
def test_what_cannot_be_in_a_page_is_not_sent_again(browser: TestClient, sent: dict[str, Any]) -> None:
    answer = browser.post(f"/sessions/{new_id()}/steps", **sent)
    assert (answer.status_code, forms_of(answer.text)) == (503, [])
    assert "hunter2" not in answer.text


def test_a_form_with_scripts_stays_as_it_is_with_a_note(browser: TestClient) -> None:
    answer = browser.post(
        "/sessions", data={"problem_summary": "The printer prints nothing"}, headers=HTMX | {"HX-Boosted": "true"}
    )
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (503, "#notes")
    assert {"Refresh", "HX-Redirect"}.isdisjoint(answer.headers)
    assert "Request" not in answer.text


def test_a_link_with_scripts_leads_to_the_page_that_tries_again(browser: TestClient) -> None:
    answer = browser.get("/sessions?status=active", headers=HTMX | {"HX-Boosted": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (503, "/sessions?status=active")


def test_a_part_that_cannot_be_renewed_stays_as_it_is(browser: TestClient) -> None:
    answer = browser.get("/handoffs", headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Reswap"]) == (503, "none")


def test_every_kind_has_words_for_a_person() -> None:
    kinds = {DatabaseUnavailableError, *DatabaseUnavailableError.__subclasses__()}
    # The trouble of a replica reaches nobody: the primary answers instead.
    assert set(error_pages._HEADINGS_OF_OUTAGES) == kinds - {NotAStandbyError}
