"""`flowpilot account export | delete | reopen`."""

import json
import zipfile
from pathlib import Path

from flowpilot.offboarding.removal import close_account
from tests.cli.conftest import Run
from tests.company import Company, at


def _rows(file: Path) -> dict[str, int]:
    with zipfile.ZipFile(file) as archive:
        return {one["name"]: one["rows"] for one in json.loads(archive.read("manifest.json"))["tables"]}


def test_an_account_is_deleted_only_by_its_name_and_after_an_export(
    flowpilot: Run, company: Company, tmp_path: Path
) -> None:
    file = tmp_path / "acme.zip"
    words = ("account", "delete", company.id, "--file", file)
    refused = flowpilot(*words, stdin="Another company\n")
    assert (refused.returncode, refused.stdout, file.exists()) == (1, b"", False)
    assert b"That is not the account's name" in refused.stderr
    assert company.query("SELECT closed_at FROM accounts") == [(None,)]

    done = flowpilot(*words, stdin=f"Company {company.id}\n")
    assert done.returncode == 0, done.stderr
    rows = _rows(file)
    assert (rows["accounts"], rows["memberships"], rows["users"]) == (1, 4, 4)
    assert f"Removed Company {company.id} with {sum(rows.values())} rows and 4 people." in done.stdout.decode()
    assert company.query("SELECT count(*) FROM accounts") == [(0,)]


def test_if_the_export_fails_the_account_is_open_again(flowpilot: Run, company: Company, tmp_path: Path) -> None:
    file = tmp_path / "acme.zip"
    file.touch()
    failed = flowpilot("account", "delete", company.id, "--file", file, "--confirm", f"Company {company.id}")
    assert (failed.returncode, failed.stdout) == (1, b"")
    assert b"exists already" in failed.stderr
    assert company.query("SELECT closed_at FROM accounts") == [(None,)]


def test_an_account_is_exported_and_reopened(flowpilot: Run, company: Company, tmp_path: Path) -> None:
    close_account(company.urls.owner, company.id, at("2026-06-10 12:00"))
    file = tmp_path / "acme.zip"
    assert flowpilot("account", "export", company.id, "--file", file).returncode == 0
    assert _rows(file)["api_keys"] == 4
    assert flowpilot("account", "reopen", company.id).returncode == 0
    assert company.query("SELECT closed_at FROM accounts") == [(None,)]
