"""The list editor's form for what a node shows, without scripts, and where it is seen then."""

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.attachments.files import picture
from tests.company import Company
from tests.flows.samples import create, get
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of


def test_a_picture_is_added_seen_and_removed(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    flow_id = create(client, company)["id"]
    browser, page = signed_in(Role.TEAM_ADMIN), f"/flows/{flow_id}/edit?node=switch_on"

    def send(*files: tuple[str, tuple[str, bytes]], **said: str) -> str:
        [form] = [one for one in forms_of(browser.get(page).text) if one.action.endswith("/edit/files")]
        return browser.post(
            form.action, data={**form.holds, **said}, files=[*files], headers={"Referer": page}
        ).text

    html = send(("files", ("switch.png", picture())), ("files", ("a.log", b"event 41\n")))
    [switch, log] = get(client, company, f"/{flow_id}")["draft"]["tree"]["nodes"]["switch_on"]["files"]
    seen = f'<img src="/api/v1/attachments/{switch["id"]}/thumbnail" alt="switch.png"'
    assert seen in html
    for other in (f"/flows/{flow_id}", f"/flows/{flow_id}/preview?path=1"):
        assert seen in browser.get(other).text
    send(remove="1")
    assert get(client, company, f"/{flow_id}")["draft"]["tree"]["nodes"]["switch_on"]["files"] == [switch]
    refused = send(("files", ("tool.exe", b"MZ\x90\x00")))
    assert "tool.exe: This kind of file cannot be attached." in refused
    assert log["name"] == "a.log"
