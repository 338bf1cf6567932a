"""Versions: never rewritten, compared, and exported as YAML."""

import copy
from typing import Any

from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.flows.text import parse
from flowpilot.flows.tree import Tree
from flowpilot.flows.versions.differences import ChangedNode, differences
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.flows.samples import BROKEN, FLOWS, TREE, YAML, create, flow_text, get, post, publish, save


def _edited() -> dict[str, Any]:
    """The tree with one node added, one removed and one changed."""
    tree = copy.deepcopy(TREE)
    del tree["nodes"]["hand_over"]
    tree["nodes"]["power"]["choices"][0]["next"] = "queue"
    tree["nodes"]["queue"] = {"kind": "resolution", "text": "Clear the queue."}
    return tree


def _versions(company: Company) -> list[tuple[Any, ...]]:
    return company.query("SELECT id, number, structure, published_at FROM tree_versions ORDER BY number")


def test_nothing_changes_a_published_version(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    [first] = _versions(company)
    save(client, company, flow_id, tree=BROKEN)
    assert _versions(company)[0] == first
    client.delete(f"{FLOWS}/{flow_id}/draft", headers=company.headers())
    assert _versions(company) == [first]
    save(client, company, flow_id, tree=_edited())
    post(client, company, f"/{flow_id}/publish")
    for action in ("retire", "restore"):
        post(client, company, f"/{flow_id}/{action}")
    post(client, company, "/import", yaml=YAML, publish=True)
    client.delete(f"{FLOWS}/{flow_id}", headers=company.headers())
    assert _versions(company)[0] == first
    assert [number for _, number, _, _ in _versions(company)] == [1, 2, 3]


def test_versions_are_listed_newest_first_page_by_page(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    for _ in range(2):
        save(client, company, flow_id)
        post(client, company, f"/{flow_id}/publish")
    save(client, company, flow_id)
    first = get(client, company, f"/{flow_id}/versions?limit=3")
    rest = get(client, company, f"/{flow_id}/versions?limit=3&cursor={first['next_cursor']}")
    assert [version["number"] for version in first["items"]] == [4, 3, 2]
    assert [version["published_at"] is None for version in first["items"]] == [True, False, False]
    assert ([version["number"] for version in rest["items"]], rest["next_cursor"]) == ([1], None)


def test_a_list_of_versions_names_who_wrote_them_while_they_are_members(
    client: TestClient, company: Company
) -> None:
    flow_id, author = publish(client, company), company.users[Role.TEAM_ADMIN]
    [version] = get(client, company, f"/{flow_id}/versions")["items"]
    assert (version["created_by"], version["created_by_name"]) == (str(author), "team_admin")
    company.query("DELETE FROM memberships WHERE user_id = %s RETURNING 1", author)
    [version] = get(client, company, f"/{flow_id}/versions")["items"]
    assert (version["created_by"], version["created_by_name"]) == (str(author), None)


def test_an_old_version_can_be_read(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, tree=BROKEN)
    assert get(client, company, f"/{flow_id}/versions/1")["tree"]["root"] == "power"
    assert set(get(client, company, f"/{flow_id}/versions/2")["tree"]["nodes"]) == {"power", "done"}


def test_a_version_that_is_not_there_is_a_404(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    for path in ("/versions/2", "/versions/2/diff?to=1", "/versions/1/diff?to=2", "/export?version=2"):
        answer = client.get(f"{FLOWS}/{flow_id}{path}", headers=company.headers())
        assert (answer.status_code, answer.json()["detail"]) == (404, "This flow has no version 2.")


def test_a_number_that_can_be_no_version_is_a_422(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    for path in ("/versions/0", f"/versions/{2**31}", "/versions/1/diff", "/export?version=0"):
        assert client.get(f"{FLOWS}/{flow_id}{path}", headers=company.headers()).status_code == 422


def test_two_versions_are_compared_node_by_node(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, tree=_edited())
    found = get(client, company, f"/{flow_id}/versions/1/diff?to=2")
    assert (found["root_before"], found["root_after"]) == ("power", "power")
    assert list(found["added"]) == ["queue"]
    assert list(found["removed"]) == ["hand_over"]
    [changed] = found["changed"]
    assert (changed["node"], changed["before"]["choices"][0]["next"]) == ("power", "hand_over")
    assert changed["after"]["choices"][0]["next"] == "queue"
    back = get(client, company, f"/{flow_id}/versions/2/diff?to=1")
    assert (list(back["added"]), list(back["removed"])) == (["hand_over"], ["queue"])


def test_a_tree_does_not_differ_from_itself() -> None:
    tree = Tree.model_validate(TREE)
    found = differences(tree, tree)
    assert (found.added, found.removed, found.changed) == ({}, {}, [])


def test_another_root_is_a_difference() -> None:
    before, after = Tree.model_validate(TREE), Tree.model_validate({**TREE, "root": "switch_on"})
    found = differences(before, after)
    assert (found.root_before, found.root_after, found.changed) == ("power", "switch_on", [])


def test_nodes_are_in_the_order_in_which_a_session_meets_them() -> None:
    tree = Tree.model_validate(TREE)
    renamed = {name: node.model_copy(update={"text": f"{node.text}!"}) for name, node in tree.nodes.items()}
    after = Tree(root="power", nodes=dict(sorted(renamed.items())))
    assert differences(tree, after).changed == [
        ChangedNode(node, tree.nodes[node], after.nodes[node])
        for node in ("power", "hand_over", "switch_on", "done")
    ]


def test_an_export_can_be_read_back(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company, name="Printer: offline? (Büro)")
    answer = client.get(f"{FLOWS}/{flow_id}/export", headers=company.headers())
    assert answer.headers["Content-Type"] == "text/yaml; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="printer-offline-b-ro-v1.yaml"'
    assert parse(answer.text) == flow_text(name="Printer: offline? (Büro)")


def test_the_published_version_is_exported_unless_another_is_named(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id, tree=BROKEN)
    texts = [
        client.get(f"{FLOWS}/{flow_id}/export{version}", headers=company.headers()).text
        for version in ("", "?version=1", "?version=2")
    ]
    assert texts[0] == texts[1]
    assert parse(texts[2]).tree == Tree.model_validate(BROKEN)


def test_a_flow_that_was_never_published_exports_its_draft(client: TestClient, company: Company) -> None:
    flow_id = create(client, company)["id"]
    answer = client.get(f"{FLOWS}/{flow_id}/export", headers=company.headers())
    assert parse(answer.text) == flow_text()


def test_a_name_of_strange_letters_still_makes_a_file(client: TestClient, company: Company) -> None:
    flow_id = publish(client, company, name="プリンター")
    answer = client.get(f"{FLOWS}/{flow_id}/export", headers=company.headers())
    assert answer.headers["Content-Disposition"] == 'attachment; filename="flow-v1.yaml"'


def test_versions_of_others_and_nobodys_are_the_same_404(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    theirs = publish(client, neighbour)
    for path in ("/versions", "/versions/1", "/versions/1/diff?to=1", "/export"):
        answers = [client.get(f"{FLOWS}/{flow}{path}", headers=company.headers()) for flow in (theirs, new_id())]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json()["detail"] == answers[1].json()["detail"]
