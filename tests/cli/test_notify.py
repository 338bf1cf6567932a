"""`flowpilot notify test-email`: does the mail server take what we send?"""

import subprocess

from tests.cli.conftest import COMMAND, HERE
from tests.outgoing.servers import free_port, mail_server

ADDRESS = "somebody@desk.example"


def _send(**settings: object) -> subprocess.CompletedProcess[str]:
    variables = {f"FLOWPILOT_{name}": str(value) for name, value in settings.items()}
    return subprocess.run(
        [COMMAND, "notify", "test-email", ADDRESS],
        env={**HERE, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _on(port: int) -> subprocess.CompletedProcess[str]:
    return _send(SMTP_HOST="127.0.0.1", SMTP_PORT=port, SMTP_SECURITY="none", SMTP_SENDER="desk@flowpilot.example")


def test_it_sends_one_email_and_says_what_the_server_said() -> None:
    with mail_server() as mailbox:
        done = _on(mailbox.port)
    assert (done.returncode, done.stdout, done.stderr) == (0, "The mail server said: Taken as 4711\n", "")
    assert mailbox.recipients == [ADDRESS]
    assert [letter["Subject"] for letter in mailbox.letters] == ["A test of the mail server"]


def test_it_says_why_it_could_not() -> None:
    done = _on(free_port())
    assert (done.returncode, done.stderr) == (1, "error: The mail server could not be reached.\n")


def test_it_says_what_is_missing() -> None:
    done = _send()
    words = "error: No mail server is configured. Set FLOWPILOT_SMTP_HOST and FLOWPILOT_SMTP_SENDER.\n"
    assert (done.returncode, done.stderr) == (1, words)
    done = _send(SMTP_HOST="127.0.0.1")
    assert done.returncode == 1
    assert "FLOWPILOT_SMTP_SENDER" in done.stderr
