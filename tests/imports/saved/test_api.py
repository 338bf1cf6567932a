"""An account keeps mappings under names, in the format of the command line."""

from pathlib import Path

from fastapi.testclient import TestClient

from flowpilot.imports.mapping.loading import load_mapping
from tests.company import Company
from tests.imports.helpers import MAPPING, SMALL

PATH = "/api/v1/imports/mappings"


def test_a_mapping_is_saved_and_the_command_line_takes_it(
    client: TestClient, company: Company, tmp_path: Path
) -> None:
    saved = client.put(f"{PATH}/Our desk", json={"mapping": MAPPING}, headers=company.headers())
    assert saved.status_code == 200, saved.text
    client.put(f"{PATH}/Our desk", json={"mapping": MAPPING}, headers=company.headers())
    listed = client.get(PATH, headers=company.headers()).json()
    assert [one["name"] for one in listed["saved"]] == ["Our desk"]
    assert "jira" in listed["shipped"]
    file = tmp_path / "ours.toml"
    file.write_text(client.get(f"{PATH}/Our desk.toml", headers=company.headers()).text)
    assert load_mapping(str(file)) == SMALL.model_copy(update={"name": "Our desk"})


def test_a_name_may_have_a_slash(client: TestClient, company: Company) -> None:
    for path in ("Jira / EU", "Jira%20%2F%20EU"):
        saved = client.put(f"{PATH}/{path}", json={"mapping": MAPPING}, headers=company.headers())
        assert saved.json()["name"] == "Jira / EU"
        assert client.get(f"{PATH}/{path}", headers=company.headers()).json()["name"] == "Jira / EU"
        assert 'name = "Jira / EU"' in client.get(f"{PATH}/{path}.toml", headers=company.headers()).text
        assert client.delete(f"{PATH}/{path}", headers=company.headers()).status_code == 204
    assert client.get(PATH, headers=company.headers()).json()["saved"] == []


def test_it_is_the_accounts_own(client: TestClient, company: Company, neighbour: Company) -> None:
    client.put(f"{PATH}/Ours", json={"mapping": MAPPING}, headers=company.headers())
    assert client.get(f"{PATH}/Ours", headers=neighbour.headers()).status_code == 404
    assert client.delete(f"{PATH}/Ours", headers=neighbour.headers()).status_code == 404
    assert client.delete(f"{PATH}/Ours", headers=company.headers()).status_code == 204
    assert client.get(PATH, headers=company.headers()).json()["saved"] == []


def test_what_is_no_mapping_is_refused_with_its_keys(client: TestClient, company: Company) -> None:
    wrong = {**MAPPING, "case": {"name": "ticket"}}
    answer = client.put(f"{PATH}/Ours", json={"mapping": wrong}, headers=company.headers())
    assert answer.status_code == 422
    assert (
        answer.json()["detail"]
        == "Correct the mapping: case.id: is missing; case.name: is not a key of a mapping."
    )
    odd = client.put(f"{PATH}/Ours", json={"mapping": {"name": "a\0b"}}, headers=company.headers())
    assert odd.status_code == 422
