"""`flowpilot account | user | key`: what scripts build on."""

import json
import uuid

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.cli.conftest import Run
from tests.company import PASSWORD, Company, fresh_email


@pytest.fixture(scope="module")
def account(flowpilot: Run) -> uuid.UUID:
    done = flowpilot("account", "create", "Acme", "--timezone", "Europe/Vienna")
    assert (done.returncode, done.stderr) == (0, b"")
    return uuid.UUID(done.stdout.decode().strip())


def test_a_user_can_sign_in(flowpilot: Run, account: uuid.UUID, client: TestClient) -> None:
    email = fresh_email()
    words = ("user", "create", email, "--account", account, "--role", "owner", "--password-stdin")
    done = flowpilot(*words, stdin=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    answer = client.post("/api/v1/auth/token", data={"username": email, "password": PASSWORD})
    assert answer.json()["account_id"] == str(account)
    again = flowpilot(*words, stdin=f"{PASSWORD}\n")
    assert (again.returncode, again.stdout) == (1, b"")
    assert b"is already a member" in again.stderr


def test_somebody_known_is_added_deliberately(
    flowpilot: Run, account: uuid.UUID, company: Company, client: TestClient
) -> None:
    email = fresh_email()
    company.add_person(email, Role.VIEWER)
    words = ("user", "create", email, "--account", account, "--role", "owner")
    refused = flowpilot(*words)
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"already belongs to an account here" in refused.stderr
    assert b"--known" in refused.stderr
    assert b"Leave out --name and --password-stdin" in flowpilot(*words, "--known", "--name", "Ada").stderr
    assert flowpilot(*words, "--known").returncode == 0
    answer = client.post("/api/v1/auth/token", data={"username": email, "password": PASSWORD})
    assert {found["id"] for found in answer.json()["accounts"]} == {str(account), str(company.id)}


def test_a_key_works_and_is_alone_on_stdout(flowpilot: Run, account: uuid.UUID, client: TestClient) -> None:
    done = flowpilot("key", "create", "--account", account, "--role", "team_admin", "--expires-days", 7)
    assert done.returncode == 0, done.stderr
    key = done.stdout.decode().removesuffix("\n")
    me = client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {key}"}).json()
    assert (me["account_id"], me["role"], me["timezone"]) == (str(account), "team_admin", "Europe/Vienna")


def test_json_gives_an_object(flowpilot: Run, account: uuid.UUID) -> None:
    made = json.loads(flowpilot("key", "create", "--account", account, "--role", "viewer", "--json").stdout)
    assert set(made) == {"id", "key", "account_id", "role", "user_id"}
    assert json.loads(flowpilot("account", "create", "Other", "--json").stdout)["timezone"] == "UTC"


def test_a_key_acts_as_the_member_named(flowpilot: Run, account: uuid.UUID) -> None:
    email = fresh_email()
    user = flowpilot("user", "create", email, "--account", account, "--role", "engineer").stdout.decode().strip()
    words = ("key", "create", "--account", account, "--user", email, "--role", "engineer", "--json")
    assert json.loads(flowpilot(*words).stdout)["user_id"] == user


def test_a_password_can_be_reset(flowpilot: Run, company: Company, client: TestClient) -> None:
    email = fresh_email()
    company.add_person(email, Role.VIEWER)
    done = flowpilot("user", "password", email, "--password-stdin", stdin="a new and long one\n")
    assert done.returncode == 0, done.stderr
    form = {"username": email, "password": "a new and long one"}
    assert client.post("/api/v1/auth/token", data=form).status_code == 200


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("account", "create", "Acme", "--timezone", "Vienna"), 1, "IANA"),
        (("account", "create", " "), 1, "name"),
        (("account", "create"), 2, "Missing argument"),
        (("account", "create", "Acme", "--colour", "red"), 2, "--colour"),
        (("user", "create", "x@people.example", "--account", "nonsense", "--role", "owner"), 2, "--account"),
        (("user", "create", "no-address", "--account", "{account}", "--role", "owner"), 1, "e-mail"),
        (("user", "create", "x@people.example", "--account", "{account}", "--role", "king"), 2, "king"),
        (
            ("user", "create", "x@people.example", "--account", "{account}", "--role", "owner", "--known"),
            1,
            "Nobody",
        ),
        (("user", "password", "nobody@people.example", "--password-stdin"), 1, "characters"),
        (("key", "create", "--account", str(uuid.uuid4()), "--role", "owner"), 1, "no account"),
        (
            ("key", "create", "--account", "{account}", "--role", "owner", "--user", "x@people.example"),
            1,
            "member",
        ),
        (
            ("key", "create", "--account", "{account}", "--role", "owner", "--expires-days", "0"),
            2,
            "--expires-days",
        ),
    ],
)
def test_a_refused_command_says_why_on_stderr(
    flowpilot: Run, account: uuid.UUID, words: tuple[str, ...], status: int, said: str
) -> None:
    done = flowpilot(*(word.format(account=account) for word in words))
    assert (done.returncode, done.stdout) == (status, b""), done.stderr
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert len(done.stderr.decode().strip().splitlines()) == 1


def test_debug_shows_the_traceback(flowpilot: Run) -> None:
    done = flowpilot("--debug", "account", "create", " ")
    assert done.returncode == 1
    assert b"Traceback" in done.stderr
