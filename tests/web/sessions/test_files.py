"""Files on a session's pages, as a browser without scripts sends and sees them."""

import re
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from tests.attachments.files import picture
from tests.company import Company
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of

ERROR = ("files", ("error.png", picture()))
LOG = ("files", ("system.log", b"event 41\n"))


@pytest.fixture
def browser(client: TestClient, company: Company, signed_in: SignedIn) -> TestClient:
    publish_printer_flow(client, company)
    return signed_in()


@pytest.fixture
def path(browser: TestClient) -> str:
    """The page of a session that follows no flow."""
    return browser.post("/sessions", data={"problem_summary": "Something odd happens with my chair"}).url.path


def send(browser: TestClient, page: str, action: str, *files: Any, **said: str) -> httpx2.Response:
    """Fill in a form of the page that takes files, and send it."""
    [form] = [
        one for one in forms_of(browser.get(page).text) if one.action.endswith(action) and "files" in one.names
    ]
    data = {**form.holds, **said}
    return browser.post(form.action, data=data, files=[*files], headers={"Referer": page})


def test_files_come_with_the_form_and_are_shown_in_the_path(browser: TestClient, path: str) -> None:
    html = send(browser, path, "/steps", ERROR, LOG, free_text="She sees this.").text
    [picture_link] = re.findall(r'href="(/api/v1/attachments/[-0-9a-f]+)"[^>]* data-picture', html)
    assert f'<img src="{picture_link}/thumbnail" alt="error.png"' in html
    assert '<span class="wrap">system.log</span>' in html
    assert browser.get(picture_link).headers["content-type"] == "image/png"
    note = browser.get(f"{path}/note").text
    assert "She sees this. (attached: error.png, system.log)" in note
    assert f'<img src="{picture_link}/thumbnail" alt="error.png"' in note


def test_a_form_without_files_is_sent_as_before(browser: TestClient, path: str) -> None:
    [form] = [one for one in forms_of(browser.get(path).text) if one.action.endswith("/steps")]
    fields = {**{name: values[0] for name, values in form.holds.items()}, "free_text": "Nothing to see."}
    # A browser sends a field of files that is left empty as a file without a name.
    parts = [f'name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts.append('name="files"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n')
    body = "".join(f"--b\r\nContent-Disposition: form-data; {part}\r\n" for part in parts) + "--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    html = browser.post(form.action, content=body, headers=headers).text
    assert "Nothing to see." in html
    assert "data-picture" not in html


def test_the_same_form_sent_twice_adds_its_files_once(browser: TestClient, path: str, company: Company) -> None:
    shown = browser.get(path)
    [form] = [one for one in forms_of(shown.text) if one.action.endswith("/steps")]
    for _ in range(2):
        answer = browser.post(form.action, data={**form.holds, "free_text": "Look."}, files=[LOG])
        assert answer.status_code == 200
    assert company.query("SELECT count(*) FROM attachments") == [(1,)]
    assert company.query("SELECT count(*) FROM ai_session_steps") == [(1,)]


def test_what_cannot_be_taken_is_said_at_the_field_and_nothing_is_recorded(
    browser: TestClient, path: str, company: Company
) -> None:
    answer = send(browser, path, "/steps", LOG, ("files", ("tool.exe", b"MZ\x90\x00")), free_text="Look.")
    assert answer.status_code == 422
    assert "Screenshots and files: tool.exe: This kind of file cannot be attached." in answer.text
    assert company.query("SELECT 1 FROM attachments") == company.query("SELECT 1 FROM ai_session_steps") == []


def test_eleven_files_are_too_many(browser: TestClient, path: str) -> None:
    answer = send(browser, path, "/steps", *[LOG] * 11, free_text="Look.")
    assert (answer.status_code, "One step takes 10 files." in answer.text) == (422, True)


def test_a_handoff_shows_its_files_and_those_of_its_steps(browser: TestClient, path: str) -> None:
    send(browser, path, "/steps", ERROR, free_text="She sees this.")
    html = send(browser, f"{path}/escalate", "/escalate", LOG, reason="Out of ideas.").text
    assert 'alt="error.png"' in html
    assert "<dt>Files</dt>" in html
    assert '<span class="wrap">system.log</span>' in html


def test_nobody_without_a_session_makes_the_server_draw(client: TestClient, path: str) -> None:
    answer = client.post(f"{path}/steps", files=[ERROR], data={"free_text": "Look."}, follow_redirects=False)
    assert answer.headers["location"].startswith("/sign-in")


def test_signed_out_a_long_form_leads_to_the_sign_in_page(
    client: TestClient, browser: TestClient, path: str
) -> None:
    files = {"files": ("system.log", b"x" * 1_500_000)}
    answer = client.post(f"{path}/steps", files=files, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    # From somebody who is signed in it is received: it lacks all fields.
    assert browser.post(f"{path}/steps", files=files).status_code == 422
