"""`flowpilot psa`: what the operator sees of an account's ticket system."""

from flowpilot.identity.actor import Role
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


def test_nothing_posted_is_no_difference(flowpilot: Run, company: Company) -> None:
    add_connection(company)
    done = flowpilot("psa", "reconcile", "--account", company.id)
    assert done.returncode == 0, done.stderr
    assert b"Compared: 0, different: 0. Desk keeps time in units of 60 s" in done.stdout


def test_a_note_that_is_not_on_its_ticket_is_the_exit_status(flowpilot: Run, company: Company) -> None:
    connection = add_connection(company)
    session = company.add("ai_sessions", psa_ticket_id="4711", user_id=company.users[Role.ENGINEER])
    about = {"ai_session_id": session, "ticket_id": "4711", "audience": "internal", "occasion": "resolved"}
    posting = company.add("psa_postings", connection_id=connection, state="confirmed", **about)
    step = {"position": 0, "kind": "note", "marker": "FP-1", "state": "confirmed"}
    company.add("psa_posting_steps", posting_id=posting, **step)
    done = flowpilot("psa", "reconcile", "--account", company.id, "--session", session)
    assert done.returncode == 1, done.stderr
    assert "not on the ticket" in " ".join(done.stdout.decode().split())
