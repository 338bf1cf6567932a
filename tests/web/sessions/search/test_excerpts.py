"""The list of sessions marks the words that were looked for, and says where else they are."""

from fastapi.testclient import TestClient

from tests.company import Company
from tests.sessions.flows import start, take
from tests.web.conftest import SignedIn


def test_words_are_marked_in_the_title_and_in_what_else_has_them(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    own_id = start(client, company, problem_summary="The chair & the <b>table</b>")["id"]
    take(client, company, own_id, free_text="Tightened the screws of the chair")
    browser = signed_in()
    assert "The <mark>chair</mark> &amp; the &lt;b&gt;table&lt;/b&gt;</a>" in browser.get("/sessions?q=chai").text
    html = browser.get("/sessions?q=screw table").text
    assert "<b>table" not in html
    assert "&lt;b&gt;<mark>table</mark>&lt;/b&gt;</a>" in html
    assert "Note: Tightened the <mark>screws</mark> of the chair" in html
    assert "<mark>" not in browser.get("/sessions").text
