"""What solved a problem before, on the page of a session, and with a pasted e-mail its whole text."""

from fastapi.testclient import TestClient

from tests.company import Company
from tests.sessions.flows import SESSIONS, start
from tests.sessions.problem.mails import OUTLOOK
from tests.web.conftest import SignedIn

PROBLEM = "Outlook cannot open the shared calendar of the warehouse"


def test_a_link_leads_to_what_solved_it(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    before = start(client, company, problem_summary=PROBLEM)["id"]
    solved = {"summary": "Shared it again."}
    client.post(f"{SESSIONS}/{before}/resolve", headers=company.headers(), json=solved).raise_for_status()
    browser = signed_in()
    page = browser.post("/sessions", data={"problem_summary": PROBLEM})
    path = page.url.path
    assert f'href="{path}/similar"' in browser.get(path).text

    shown = browser.get(f"{path}/similar").text

    assert "Shared it again." in shown
    assert f'href="/sessions/{before}"' in shown
    assert "Both say <em>Outlook</em>, <em>shared</em>, <em>calendar</em>, <em>warehouse</em></small>" in shown


def test_a_pasted_mail_folds_away(signed_in: SignedIn) -> None:
    browser = signed_in()
    html = browser.post("/sessions", data={"problem_summary": OUTLOOK}).text
    assert "Outlook keeps asking for my password" in html
    assert "<summary>Earlier e-mails</summary>" in html
