"""The form that makes a draft of an article, and the article beside the draft."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.web.conftest import SignedIn
from tests.web.forms import send

MARKDOWN = "# Phone <b>is</b> locked\n\n1. Restart it.\n\n<script>alert(1)</script>"


@pytest.fixture
def browser(signed_in: SignedIn) -> TestClient:
    return signed_in(Role.TEAM_ADMIN)


def test_the_import_page_has_a_form_for_articles(browser: TestClient) -> None:
    page = browser.get("/flows/import").text
    assert 'action="/flows/import/article"' in page
    assert 'action="/flows/import"' in page


def test_a_file_leads_to_the_editor_with_the_article_beside_the_draft(browser: TestClient) -> None:
    page = browser.post("/flows/import/article", files={"file": ("phone.md", MARKDOWN.encode())})
    assert page.url.path.endswith("/edit")
    assert "Draft created from the article." in page.text
    assert "Phone is locked\n\n1. Restart it.</div>" in page.text


def test_the_canvas_shows_the_article_too_and_leads_to_the_ai(browser: TestClient) -> None:
    editor = browser.post("/flows/import/article", data={"text": "# Slow\n\n1. Wait."})
    page = browser.get(editor.url.path.replace("/edit", "/canvas")).text
    assert "1. Wait.</div>" in page
    assert f'href="{editor.url.path.replace("/edit", "/ai")}"' in page


def test_pasted_text_is_read_without_a_file(browser: TestClient) -> None:
    page = browser.post(
        "/flows/import/article",
        data={"text": "<h1>Slow</h1><ol><li>Wait.</ol>", "format": "html"},
        files={"file": ("", b"")},
    )
    assert "1. Wait.</div>" in page.text


def test_markup_that_the_article_shows_is_text(browser: TestClient) -> None:
    page = browser.post("/flows/import/article", data={"text": "# Slow\n\n1. Type `<img src=x>`."})
    assert "1. Type `&lt;img src=x&gt;`.</div>" in page.text


def test_the_article_is_gone_after_publishing(browser: TestClient) -> None:
    page = browser.post("/flows/import/article", data={"text": "# Slow\n\n1. Wait."})
    send(browser, page, "/publish")
    assert "flow-source" not in browser.get(page.url.path).text


def test_an_article_without_steps_says_how_to_write_them(browser: TestClient) -> None:
    page = browser.post("/flows/import/article", data={"text": "# Slow\n\nIt is slow."})
    assert page.status_code == 422
    assert "Write what to do as a numbered or bulleted list" in page.text


def test_engineers_make_no_drafts(signed_in: SignedIn) -> None:
    page = signed_in(Role.ENGINEER).post("/flows/import/article", data={"text": "# Slow\n\n1. Wait."})
    assert page.status_code == 403


@pytest.mark.parametrize(
    ("path", "form", "field", "said"),
    [
        ("import/article", {"text": " "}, "file", "Choose a file, or paste the article."),
        ("import/article", {"text": "# Slow"}, "text", ""),
        ("import", {"yaml": " "}, "file", "Choose a file, or paste the YAML of a flow."),
    ],
)
def test_what_is_wrong_with_an_import_is_said_at_its_field(
    browser: TestClient, path: str, form: dict[str, str], field: str, said: str
) -> None:
    answer = browser.post(f"/flows/{path}", data=form, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert f'"{field}": "{said}' in answer.text
