"""A flow is published with flows that can be entered, and these stay published."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from tests.company import Company
from tests.flows.nested import FLOWS, RESET, draft, publish, save, sign_in, through
from tests.sessions.flows import start, take


def _send(client: TestClient, company: Company, flow_id: uuid.UUID, verb: str) -> httpx2.Response:
    return client.post(f"{FLOWS}/{flow_id}/{verb}", headers=company.headers())


def _read(client: TestClient, company: Company, flow_id: uuid.UUID) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{FLOWS}/{flow_id}", headers=company.headers()).json()
    return found


def _problems(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 409, answer.text
    return [problem["message"] for problem in answer.json()["problems"]]


@pytest.fixture
def reset(client: TestClient, company: Company) -> uuid.UUID:
    """The inner flow."""
    return publish(client, company, "Password reset", RESET)


def test_a_name_becomes_the_id_when_the_draft_is_saved(
    client: TestClient, company: Company, reset: uuid.UUID
) -> None:
    outer = draft(client, company, "Cannot sign in", sign_in("password RESET"))
    found = _read(client, company, outer)
    assert found["draft"]["tree"]["nodes"]["reset"]["flow"] == str(reset)
    assert found["subflows"] == {str(reset): "Password reset"}


def test_a_name_that_no_flow_has_yet_becomes_the_id_when_it_is_published(
    client: TestClient, company: Company
) -> None:
    outer = draft(client, company, "Cannot sign in", sign_in("Password reset"))
    assert _problems(_send(client, company, outer, "publish")) == [
        'The sub-flow "Reset the password." leads into “Password reset”, which is not published. '
        "Publish that first, or choose another flow."
    ]
    reset = publish(client, company, "Password reset", RESET)
    assert _send(client, company, outer, "publish").status_code == 200
    assert _read(client, company, outer)["published"]["tree"]["nodes"]["reset"]["flow"] == str(reset)


def test_a_draft_cannot_be_led_into(client: TestClient, company: Company) -> None:
    outer = draft(client, company, "Cannot sign in", sign_in(draft(client, company, "Password reset", RESET)))
    assert len(_problems(_send(client, company, outer, "publish"))) == 1
    checked = _send(client, company, outer, "validate").json()
    assert [problem["node"] for problem in checked["problems"]] == ["reset"]


def test_the_path_of_a_circle_is_named(client: TestClient, company: Company, reset: uuid.UUID) -> None:
    middle = publish(client, company, "All of it", through(reset))
    publish(client, company, "Cannot sign in", sign_in(middle))
    save(client, company, reset, "Password reset", through("Cannot sign in"))
    assert _problems(_send(client, company, reset, "publish")) == [
        'The sub-flow "Go through number 1." leads in a circle: '
        "Password reset → Cannot sign in → All of it → Password reset. Choose another flow, or change these."
    ]


def test_a_flow_cannot_lead_into_itself(client: TestClient, company: Company, reset: uuid.UUID) -> None:
    save(client, company, reset, "Password reset", through(reset))
    [problem] = _problems(_send(client, company, reset, "publish"))
    assert "Password reset → Password reset." in problem


def test_two_flows_that_are_published_at_once_do_not_make_a_circle(client: TestClient, company: Company) -> None:
    end = {"root": "done", "nodes": {"done": {"kind": "resolution", "text": "Done."}}}
    for number in range(25):
        names = f"Left {number}", f"Right {number}"
        left, right = (publish(client, company, name, end) for name in names)
        save(client, company, left, names[0], through(right))
        save(client, company, right, names[1], through(left))
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda flow_id: _send(client, company, flow_id, "publish"), (left, right))
        assert sorted(answer.status_code for answer in answers) == [200, 409]


@pytest.mark.parametrize("verb", ["retire", "delete"])
def test_a_flow_that_others_lead_into_stays(
    client: TestClient, company: Company, reset: uuid.UUID, verb: str
) -> None:
    outer = publish(client, company, "Cannot sign in", sign_in(reset))
    path, headers = f"{FLOWS}/{reset}", company.headers()
    refused = client.delete(path, headers=headers) if verb == "delete" else _send(client, company, reset, verb)
    assert refused.status_code == 409
    assert refused.json()["detail"] == (
        "Other flows lead into this one: “Cannot sign in”. Let them lead elsewhere and publish them first."
    )
    assert refused.json()["used_by"] == [{"id": str(outer), "name": "Cannot sign in"}]
    assert _send(client, company, outer, "retire").status_code == 200
    allowed = client.delete(path, headers=headers) if verb == "delete" else _send(client, company, reset, verb)
    assert allowed.status_code < 300


def test_a_session_inside_goes_on_when_the_flow_is_retired(
    client: TestClient, company: Company, reset: uuid.UUID
) -> None:
    outer = publish(client, company, "Cannot sign in", sign_in(reset))
    session_id = start(client, company, flow_id=str(outer))["id"]
    take(client, company, session_id, choice="No")
    for flow_id in (outer, reset):
        assert _send(client, company, flow_id, "retire").status_code == 200
    assert take(client, company, session_id, choice="No")["current"]["outcomes"] == [
        "Signed in",
        "Still locked out",
    ]


def test_a_flow_is_not_restored_above_one_that_is_retired(
    client: TestClient, company: Company, reset: uuid.UUID
) -> None:
    outer = publish(client, company, "Cannot sign in", sign_in(reset))
    for flow_id in (outer, reset):
        _send(client, company, flow_id, "retire").raise_for_status()
    refused = _send(client, company, outer, "restore")
    assert refused.json()["detail"].startswith("The flow cannot be restored. The sub-flow")
    _send(client, company, reset, "restore").raise_for_status()
    assert _send(client, company, outer, "restore").status_code == 200


def test_a_text_names_the_flow(client: TestClient, company: Company, reset: uuid.UUID) -> None:
    outer = publish(client, company, "Cannot sign in", sign_in(reset))
    exported = client.get(f"{FLOWS}/{outer}/export", headers=company.headers()).text
    assert "    subflow: Reset the password.\n    flow: Password reset\n    outcomes:\n" in exported
    again = client.post(f"{FLOWS}/import", headers=company.headers(), json={"yaml": exported})
    assert (again.status_code, again.json()["action"]) == (200, "unchanged")


def test_the_flow_says_which_flows_lead_into_it(client: TestClient, company: Company, reset: uuid.UUID) -> None:
    outer = publish(client, company, "Cannot sign in", sign_in(reset))
    draft(client, company, "Only a draft", sign_in(reset))
    assert _read(client, company, reset)["used_by"] == [{"id": str(outer), "name": "Cannot sign in"}]
    page = client.get(f"/flows/{reset}", headers=company.headers()).text
    assert f'Used by <a href="/flows/{outer}">Cannot sign in</a>' in page
    assert (
        f'<a href="/flows/{reset}" class="wrap">Password reset</a>'
        in client.get(f"/flows/{outer}", headers=company.headers()).text
    )


def test_the_editor_takes_the_name_of_a_flow(client: TestClient, company: Company, reset: uuid.UUID) -> None:
    outer = draft(client, company, "Cannot sign in", sign_in("Nowhere"))
    page = client.get(f"/flows/{outer}/edit?node=reset", headers=company.headers()).text
    assert 'value="Nowhere"' in page
    assert '<option value="Password reset"></option>' in page
    form = {
        "node": "reset",
        "kind": "subflow",
        "text": "Reset it.",
        "flow": "Password reset",
        "label": "Signed in",
        "next": "done",
        "based_on": _read(client, company, outer)["draft"]["id"],
    }
    saved = client.post(f"/flows/{outer}/edit/node", headers=company.headers(), data=form)
    assert saved.status_code == 200
    node = _read(client, company, outer)["draft"]["tree"]["nodes"]["reset"]
    assert (node["kind"], node["flow"]) == ("subflow", str(reset))
    assert node["outcomes"] == [{"label": "Signed in", "next": "done"}]


def test_a_comparison_names_the_flows(client: TestClient, company: Company, reset: uuid.UUID) -> None:
    outer = publish(client, company, "Cannot sign in", sign_in(reset))
    other = publish(client, company, "Reset by the vendor", RESET)
    save(client, company, outer, "Cannot sign in", sign_in(other))
    page = client.get(f"/flows/{outer}/versions/1?to=2", headers=company.headers()).text
    assert '<del class="prose flow-was">Password reset</del>' in page
    assert '<ins class="prose flow-is">Reset by the vendor</ins>' in page


def _asking(tree: dict[str, Any], **field: Any) -> dict[str, Any]:
    """The tree, asking for a field where it begins."""
    root = tree["nodes"][tree["root"]] | {"fields": [{"name": "site", "label": "Site", **field}]}
    return tree | {"nodes": tree["nodes"] | {tree["root"]: root}}


_CHOICE = {"kind": "choice", "choices": ["North", "South"]}
_CLASH = "but a session asks it once. Give both the same kind and choices, or one another name."


def test_an_outer_flow_does_not_ask_for_a_field_in_another_way(client: TestClient, company: Company) -> None:
    inner = publish(client, company, "Password reset", _asking(RESET, **_CHOICE))
    outer = draft(client, company, "Cannot sign in", _asking(sign_in(inner)))
    assert _problems(_send(client, company, outer, "publish")) == [
        'The field "site" is a text in “Cannot sign in”, and a choice of North, South in “Password reset”, '
        + _CLASH
    ]
    save(client, company, outer, "Cannot sign in", _asking(sign_in(inner), **_CHOICE))
    assert _send(client, company, outer, "publish").status_code == 200


def test_an_inner_flow_does_not_either(client: TestClient, company: Company) -> None:
    inner = publish(client, company, "Password reset", RESET)
    publish(client, company, "Cannot sign in", _asking(sign_in(inner)))
    save(client, company, inner, "Password reset", _asking(RESET, kind="date"))
    assert _problems(_send(client, company, inner, "publish")) == [
        f'The field "site" is a text in “Cannot sign in”, and a date in “Password reset”, {_CLASH}'
    ]
