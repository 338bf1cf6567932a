"""The type of a flow: what is published has one, and a draft its own until it is published, too."""

from fastapi.testclient import TestClient

from tests.company import Company
from tests.flows.samples import FLOWS, create, get, post, publish, save


def _types(client: TestClient, company: Company, flow_id: str) -> tuple[str, str | None, str | None]:
    """The types of the flow, of what is published, and of the draft."""
    flow = get(client, company, f"/{flow_id}")
    published, draft = flow["published"], flow["draft"]
    return flow["type"], published and published["type"], draft and draft["type"]


def test_a_draft_keeps_its_type_until_it_is_published(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, type="procedural")
    assert _types(client, company, flow_id) == ("troubleshooting", "troubleshooting", "procedural")
    post(client, company, f"/{flow_id}/publish")
    assert _types(client, company, flow_id) == ("procedural", "procedural", None)


def test_a_draft_that_is_saved_again_has_the_type_it_is_saved_with(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    for type_ in ("procedural", "troubleshooting"):
        saved = save(client, company, flow_id, type=type_).json()
        assert (saved["number"], saved["type"]) == (2, type_)


def test_a_flow_that_was_never_published_has_the_type_of_its_draft(client: TestClient, company: Company) -> None:
    flow_id = create(client, company, type="procedural")["id"]
    assert _types(client, company, flow_id) == ("procedural", None, "procedural")
    save(client, company, flow_id, type="troubleshooting")
    assert _types(client, company, flow_id) == ("troubleshooting", None, "troubleshooting")


def test_discarding_a_draft_discards_its_type(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, type="procedural")
    client.delete(f"{FLOWS}/{flow_id}/draft", headers=company.headers())
    save(client, company, flow_id)
    assert _types(client, company, flow_id) == ("troubleshooting", "troubleshooting", "troubleshooting")


def test_a_comparison_and_an_export_say_the_type_of_each_version(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, type="procedural")
    found = get(client, company, f"/{flow_id}/versions/1/diff?to=2")
    assert (found["type_before"], found["type_after"]) == ("troubleshooting", "procedural")
    texts = [
        client.get(f"{FLOWS}/{flow_id}/export?version={number}", headers=company.headers()).text
        for number in (1, 2)
    ]
    assert ["type: procedural" in text for text in texts] == [False, True]
