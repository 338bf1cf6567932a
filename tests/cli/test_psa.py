"""`flowpilot psa`: what the operator sees of an account's ticket system."""

from tests.cli.conftest import Run
from tests.company import Company
from tests.psa.connections.rows import add_connection


def test_a_check_prints_what_it_found(flowpilot: Run, company: Company) -> None:
    add_connection(company)
    done = flowpilot("psa", "check", "--account", company.id)
    assert done.returncode == 0, done.stderr
    assert "nothing leaves it" in " ".join(done.stdout.decode().split())


def test_an_error_is_the_exit_status(flowpilot: Run, company: Company) -> None:
    add_connection(company, credentials_encrypted=b"sealed with another key")
    done = flowpilot("psa", "check", "--account", company.id)
    assert done.returncode == 1
    assert "Enter them again" in " ".join(done.stdout.decode().split())


def test_without_a_connection_it_says_so(flowpilot: Run, company: Company) -> None:
    done = flowpilot("psa", "check", "--account", company.id)
    assert (done.returncode, b"not connected" in done.stderr) == (1, True)
