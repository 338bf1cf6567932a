"""`flowpilot serve | db | doctor | import`, as an operator runs them."""

import re
import signal
import socket
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from flowpilot.db.connect import DatabaseUrls
from flowpilot.migrations.upgrade import newest_revision
from tests.cli.conftest import COMMAND, Run, of_its_own
from tests.company import Company
from tests.places import open_directory

MAPPING_PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "import-a-log.md"


def test_the_owners_url_leads_to_the_database(flowpilot: Run, urls: DatabaseUrls) -> None:
    url, name = flowpilot("db", "url").stdout.decode().strip(), make_url(urls.owner).username
    with psycopg.connect(url) as owner:
        role = owner.execute(
            "SELECT current_user, pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        )
        assert role.fetchone() == (name, name)


def test_upgrade_says_the_revision(flowpilot: Run) -> None:
    done = flowpilot("db", "upgrade")
    assert (done.returncode, done.stdout) == (0, b"")
    assert f"revision {newest_revision()}" in done.stderr.decode()


def test_reconcile_corrects_what_is_wrong(flowpilot: Run, company: Company) -> None:
    session = company.add("ai_sessions", step_count=3)
    company.add("ai_session_steps", session_id=session, position=1)
    assert b"Corrected" in flowpilot("db", "reconcile").stdout
    assert company.query("SELECT step_count FROM ai_sessions") == [(1,)]


def test_doctor_finds_a_sound_installation_sound(flowpilot: Run) -> None:
    done = flowpilot("doctor")
    assert done.returncode == 0, done.stderr
    assert done.stderr.decode().count("ok ") >= 6


def test_doctor_says_what_is_wrong(flowpilot: Run) -> None:
    done = flowpilot("doctor", FLOWPILOT_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert done.returncode == 1
    assert "wrong" in done.stderr.decode()
    assert "does not answer" in done.stderr.decode()


def test_a_setting_that_cannot_be_used_is_named(flowpilot: Run) -> None:
    done = flowpilot("doctor", FLOWPILOT_TOKEN_MINUTES="soon")
    assert done.returncode == 1
    assert "FLOWPILOT_TOKEN_MINUTES" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_serve_answers_and_stops_on_a_signal(environment: dict[str, str]) -> None:
    with open_directory() as parent:
        own = of_its_own(environment, parent / "data")
        with subprocess.Popen(
            [COMMAND, "serve", "--port", "0"], env=own, stderr=subprocess.PIPE, text=True
        ) as server:
            assert server.stderr is not None
            url = ""
            while not url:
                line = server.stderr.readline()
                assert line, "the server ended before it listened"
                url = "".join(re.findall(r"http://\S+", line))
            with urllib.request.urlopen(f"{url}/readyz") as answer:  # noqa: S310 - our own server
                assert answer.status == 200
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=30) == 0
        # Its database went with it.
        assert not (Path(own["FLOWPILOT_DATA_DIR"]) / "postgres" / "postmaster.pid").exists()


def test_a_port_in_use_is_said_plainly(flowpilot: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = flowpilot("serve", "--port", taken.getsockname()[1])
    assert done.returncode == 1
    assert "Address already in use" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_import_counts_and_repeats_nothing(flowpilot: Run, company: Company) -> None:
    page = MAPPING_PAGE.read_text()
    found = re.findall(r"```(csv|toml)\n(.*?)```", page, re.DOTALL)
    blocks = dict(reversed(found))
    with tempfile.TemporaryDirectory() as parent:
        log, mapping = Path(parent) / "log.csv", Path(parent) / "mapping.toml"
        log.write_text(blocks["csv"])
        mapping.write_text(blocks["toml"])
        words = ("import", log, "--mapping", mapping, "--account", company.id)
        preview = flowpilot(*words, "--dry-run")
        assert b"nothing was imported" in preview.stdout
        assert b"MTTR      150 min (2 h 30 min), median 150 min (2 h 30 min), N 1" in preview.stdout
        assert b"HELP-1: VPN drops hourly (resolved, Network, Grace)" in preview.stdout
        first, second = flowpilot(*words), flowpilot(*words)
        assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
        assert first.stdout.startswith(b"Imported ")
        assert b"Nothing changed" in second.stdout
        log.write_text(blocks["csv"] + "HELP-9;a row\n")
        broken = flowpilot(*words)
        assert (broken.returncode, broken.stdout) == (1, b"")
        unusable = "Line 8 (ticket HELP-9): expected 11 fields as in the header, found 2"
        assert unusable in broken.stderr.decode()
        log.write_text(blocks["csv"].replace("HELP-", "LATER-") + "HELP-9;a row\n")
        left_out = flowpilot(*words, "--leave-out-unusable")
        assert left_out.returncode == 0, left_out.stderr
        assert "1 row cannot be used, so 1 ticket is left out:" in left_out.stdout.decode()
        assert unusable in left_out.stdout.decode()
        assert (1,) in company.query("SELECT count(*) FROM ai_sessions WHERE psa_ticket_id = 'LATER-1'")
