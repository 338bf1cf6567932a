"""`flowpilot flow`: the flow library from the operator's side."""

import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from flowpilot.flows.shipped import shipped_flows
from flowpilot.identity.actor import Role
from tests.attachments.files import uploaded
from tests.cli.conftest import Run
from tests.company import Company
from tests.flows.files.test_drafts import tree_with
from tests.flows.samples import YAML, create, get, publish, save

BROKEN = YAML.replace("Yes: done", "Yes: nowhere")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "printer.yaml"
    path.write_text(YAML, "utf-8")
    return path


def test_a_new_account_has_the_library_unless_that_is_not_wanted(flowpilot: Run) -> None:
    counts = []
    for options in ((), ("--no-library",)):
        done = flowpilot("account", "create", "Acme", *options)
        assert (done.returncode, done.stderr) == (0, b"")
        account = uuid.UUID(done.stdout.decode().strip())
        counts.append(flowpilot("flow", "list", "--account", account).stdout.decode().count("published"))
    assert counts == [len(shipped_flows()), 0]


def test_flows_are_listed(flowpilot: Run, client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(client, company, flow_id)
    done = flowpilot("flow", "list", "--account", company.id)
    assert (done.returncode, done.stderr) == (0, b"")
    [line] = [line for line in done.stdout.decode().splitlines() if flow_id in line]
    assert line.split() == [flow_id, "published", "1", "2", "Printing", "Printer", "is", "offline"]


def test_a_file_is_imported_as_a_draft(flowpilot: Run, client: TestClient, company: Company, file: Path) -> None:
    done = flowpilot("flow", "import", file, "--account", company.id)
    [flow] = get(client, company)["items"]
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == f"{flow['id']} Printer is offline: new, version 1, draft\n"


def test_files_are_imported_and_published_and_again_without_effect(
    flowpilot: Run, client: TestClient, company: Company, file: Path
) -> None:
    other = file.with_name("scanner.yaml")
    other.write_text(YAML.replace("Printer is", "Scanner is"), "utf-8")
    for outcome in ("new", "unchanged"):
        done = flowpilot("flow", "import", file, other, "--account", company.id, "--publish")
        said = [line.split(" ", 1)[1] for line in done.stdout.decode().splitlines()]
        assert said == [
            f"Printer is offline: {outcome}, version 1, published",
            f"Scanner is offline: {outcome}, version 1, published",
        ]
    assert [flow["name"] for flow in get(client, company)["items"]] == ["Printer is offline", "Scanner is offline"]


def test_files_are_published_after_those_that_they_lead_into(flowpilot: Run, company: Company, file: Path) -> None:
    outer = file.with_name("first.yaml")
    outer.write_text(
        "name: Nothing prints\nroot: a\nnodes:\n"
        "  a:\n    subflow: Look at the printer.\n    flow: printer is OFFLINE\n    outcomes: {Done: b}\n"
        "  b: {resolution: It prints.}\n",
        "utf-8",
    )
    for outcome in ("new", "unchanged"):
        done = flowpilot("flow", "import", outer, file, "--account", company.id, "--publish")
        said = [line.split(" ", 1)[1] for line in done.stdout.decode().splitlines()]
        assert said == [
            f"Printer is offline: {outcome}, version 1, published",
            f"Nothing prints: {outcome}, version 1, published",
        ]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (b"name: [", "is not valid YAML"),
        (b"\xff", "is not UTF-8 text"),
        (BROKEN.encode(), "other.yaml: power → nowhere: The draft cannot be published."),
    ],
    ids=["no YAML", "no text", "cannot be published"],
)
def test_all_files_are_imported_or_none(
    flowpilot: Run, client: TestClient, company: Company, file: Path, broken: bytes, said: str
) -> None:
    other = file.with_name("other.yaml")
    other.write_bytes(broken.replace(b"Printer is", b"Scanner is"))
    done = flowpilot("flow", "import", file, other, "--account", company.id, "--publish")
    assert (done.returncode, done.stdout) == (1, b"")
    assert str(other) in done.stderr.decode()
    assert said in done.stderr.decode()
    assert get(client, company)["items"] == []


def test_an_exported_flow_can_be_imported(
    flowpilot: Run, client: TestClient, company: Company, neighbour: Company, tmp_path: Path
) -> None:
    flow_id = publish(client, company)
    done = flowpilot("flow", "export", flow_id, "--account", company.id)
    assert (done.returncode, done.stderr) == (0, b"")
    file = tmp_path / "exported.yaml"
    file.write_bytes(done.stdout)
    assert flowpilot("flow", "import", file, "--account", neighbour.id, "--publish").returncode == 0
    [theirs] = get(client, neighbour)["items"]
    ours = get(client, company, f"/{flow_id}")
    assert get(client, neighbour, f"/{theirs['id']}")["published"]["tree"] == ours["published"]["tree"]


def test_a_flow_goes_with_its_files_into_another_account(
    flowpilot: Run, client: TestClient, company: Company, neighbour: Company, tmp_path: Path
) -> None:
    log = uploaded(client, company, b"event 41\n", "a.log", Role.TEAM_ADMIN)
    flow_id = create(client, company, tree=tree_with({"id": log["id"]}))["id"]
    archive = tmp_path / "flow.zip"
    assert flowpilot("flow", "export", flow_id, "--account", company.id, "--with-files", archive).returncode == 0
    assert flowpilot("flow", "check", archive).stdout == b"No problems in 1 flow.\n"
    done = flowpilot("flow", "import", archive, "--account", neighbour.id, "--publish")
    assert done.returncode == 0, done.stderr
    [theirs] = get(client, neighbour)["items"]
    [file] = get(client, neighbour, f"/{theirs['id']}")["published"]["tree"]["nodes"]["power"]["files"]
    assert (file["name"], file["bytes"], file["id"] != log["id"]) == ("a.log", 9, True)


def test_a_version_is_exported_by_its_number(flowpilot: Run, client: TestClient, company: Company) -> None:
    flow_id = publish(client, company)
    save(
        client, company, flow_id, tree={"root": "done", "nodes": {"done": {"kind": "resolution", "text": "Two."}}}
    )
    words = ("flow", "export", flow_id, "--account", company.id, "--version")
    assert b"Two." not in flowpilot(*words, 1).stdout
    assert b"Two." in flowpilot(*words, 2).stdout
    missing = flowpilot(*words, 3)
    assert (missing.returncode, missing.stdout) == (1, b"")
    assert b"no version 3" in missing.stderr


def test_a_neighbours_flow_is_not_there(
    flowpilot: Run, client: TestClient, company: Company, neighbour: Company
) -> None:
    done = flowpilot("flow", "export", publish(client, neighbour), "--account", company.id)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"no such flow" in done.stderr


def test_the_library_is_installed_once(flowpilot: Run, company: Company) -> None:
    words = ("flow", "install-library", "--account", company.id)
    assert flowpilot(*words).stdout.decode() == f"Installed {len(shipped_flows())} flows.\n"
    assert flowpilot(*words).stdout.decode() == "Installed 0 flows.\n"


@pytest.mark.parametrize(
    "words", [("list",), ("import", "{file}"), ("export", str(uuid.uuid4())), ("install-library",)]
)
def test_an_account_that_is_not_there_is_said_so(flowpilot: Run, file: Path, words: tuple[str, ...]) -> None:
    arguments = [word.format(file=file) for word in words]
    done = flowpilot("flow", *arguments, "--account", uuid.uuid4())
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"There is no account" in done.stderr


def test_sound_files_are_checked_without_a_database(flowpilot: Run, file: Path) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    done = flowpilot("flow", "check", file, file, FLOWPILOT_DATABASE_URL=nowhere)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"No problems in 2 flows.\n", b"")


def test_each_problem_is_a_line_with_its_file_and_node(flowpilot: Run, file: Path) -> None:
    broken, invalid = file.with_name("broken.yaml"), file.with_name("invalid.yaml")
    broken.write_text(BROKEN.replace("root: power", "root: start"), "utf-8")
    invalid.write_text("name: Nothing\n", "utf-8")
    done = flowpilot("flow", "check", broken, file, invalid)
    assert (done.returncode, done.stderr) == (1, b"")
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith(f"{broken}: root → start: The flow begins at a node that does not exist.")
    assert lines[1].startswith(f'{broken}: power → nowhere: The choice "Yes" of "Is the printer on?" leads to')
    assert lines[-1].startswith(f'{invalid}: The flow has no "root"')
    assert not any(line.startswith(f"{file}:") for line in lines)
