"""E-mail, to mail servers that work, are down, do not answer or refuse."""

import ssl
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.handoffs.events import NOTIFY_JOB
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.identity.actor import Role
from flowpilot.notifications.messages import TEST
from flowpilot.notifications.transports import email as mail
from flowpilot.outgoing.failures import RefusedError
from tests.notifications.desk import PROBLEM, Desk
from tests.outgoing.servers import certificates, free_port, mail_server, silence

pytestmark = pytest.mark.anyio


async def test_only_people_with_an_address_get_an_email(desk: Desk) -> None:
    with mail_server() as mailbox:
        desk = desk.with_mail(mailbox.port, public_url="https://desk.example")
        _, email = await desk.person(Role.ENGINEER)
        handoff = desk.escalated()
        await desk.happens(handoff, HandoffEventKind.CREATED, Role.ENGINEER)
        await desk.work()
    [letter] = mailbox.letters
    assert mailbox.recipients == [email]
    assert letter["To"] == email
    assert letter["From"] == "FlowPilot <desk@flowpilot.example>"
    assert letter["Subject"] == f"Help needed: {PROBLEM}"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime is not None
    assert letter.get_content().splitlines() == [
        f"engineer needs help with “{PROBLEM}”.",
        "",
        f"Problem: {PROBLEM}",
        "Reason: Out of ideas",
        "Priority: High",
        "Ticket: T-1001",
        "Escalated by: engineer",
        "Escalated: 10 minutes ago",
        "",
        f"Open in FlowPilot: https://desk.example/handoffs/{handoff}",
    ]
    assert desk.log("kind", "status", "attempts") == [("email", "sent", 1)]


async def test_without_a_mail_server_there_are_no_emails(desk: Desk) -> None:
    await desk.person(Role.ENGINEER)
    await desk.escalates()
    await desk.work()
    assert desk.log("id") == []


async def test_people_who_switched_email_off_get_none(desk: Desk) -> None:
    with mail_server() as mailbox:
        desk = desk.with_mail(mailbox.port)
        user, _ = await desk.person(Role.ENGINEER)
        await desk.chooses(user, email=False)
        await desk.escalates()
        await desk.work()
    assert (mailbox.letters, desk.log("id")) == ([], [])
    assert user in desk.notified()


async def test_the_emails_of_a_handoff_are_one_thread(desk: Desk) -> None:
    with mail_server() as mailbox:
        desk = desk.with_mail(mailbox.port)
        user, _ = await desk.person(Role.ENGINEER)
        for handoff in (desk.escalated(target_user_id=user), desk.escalated(target_user_id=user)):
            for kind in (HandoffEventKind.CREATED, HandoffEventKind.REASSIGNED):
                await desk.happens(handoff, kind, Role.ENGINEER, target=str(user))
        await desk.work()
    assert len({letter["Message-ID"] for letter in mailbox.letters}) == 4
    threads = [letter["References"] for letter in mailbox.letters]
    assert sorted(map(threads.count, set(threads))) == [2, 2]
    assert [letter["In-Reply-To"] for letter in mailbox.letters] == threads


async def test_a_problem_cannot_write_headers(desk: Desk) -> None:
    problem = "Printer\r\nBcc: thief@elsewhere.example\r\n\r\nInvented text\u2028Bcc: thief@elsewhere.example"
    with mail_server() as mailbox:
        desk = desk.with_mail(mailbox.port)
        _, email = await desk.person(Role.ENGINEER)
        await desk.escalates(problem=problem)
        await desk.work()
    [letter] = mailbox.letters
    assert mailbox.recipients == [email]
    assert letter["Bcc"] is None
    assert letter["Subject"].startswith("Help needed: Printer Bcc: thief@elsewhere.example Invented text Bcc:")


async def test_a_domain_outside_ascii_gets_mail_from_any_server(desk: Desk) -> None:
    with mail_server(utf8=False) as mailbox:
        desk = desk.with_mail(mailbox.port)
        await desk.person(Role.ENGINEER, email=f"{new_id()}@müller.example")
        await desk.escalates()
        await desk.work()
    [letter], [recipient] = mailbox.letters, mailbox.recipients
    assert letter["To"] == recipient
    assert recipient.endswith("@xn--mller-kva.example")
    assert desk.log("status", "attempts") == [("sent", 1)]


async def test_an_address_that_smtp_cannot_carry_is_refused_for_good(desk: Desk) -> None:
    with mail_server(utf8=False) as mailbox:
        desk = desk.with_mail(mailbox.port)
        await desk.person(Role.ENGINEER, email=f"jörg-{new_id()}@desk.example")
        await desk.escalates()
        await desk.work()
    assert (mailbox.letters, desk.jobs()) == ([], [])
    [(status, attempts, error)] = desk.log("status", "attempts", "error")
    assert (status, attempts) == ("failed", 1)
    assert "SMTPUTF8" in error


async def test_an_invalid_address_is_refused_for_good(desk: Desk) -> None:
    settings = desk.with_mail(free_port()).settings
    with pytest.raises(RefusedError, match="cannot be used"):
        mail.compose_email(settings, "jo@mül_ler.example", TEST, None, message_id=new_id(), thread=None, at=now())


async def test_an_address_outside_ascii_gets_mail_from_a_server_that_knows_such(desk: Desk) -> None:
    with mail_server(utf8=True) as mailbox:
        desk = desk.with_mail(mailbox.port)
        _, email = await desk.person(Role.ENGINEER, email=f"jörg-{new_id()}@müller.example")
        await desk.escalates(problem="Zoë's printer")
        await desk.work()
    expected = email.replace("müller", "xn--mller-kva")
    assert mailbox.recipients == [expected]
    assert [(letter["To"], letter["Subject"]) for letter in mailbox.letters] == [
        (expected, "Help needed: Zoë's printer")
    ]


async def test_a_dead_mail_server_neither_fails_nor_delays_an_escalation_and_gets_it_later(desk: Desk) -> None:
    desk = desk.with_mail(free_port())
    await desk.person(Role.ENGINEER)
    began = time.monotonic()
    await desk.escalates()
    assert time.monotonic() - began < 5
    assert desk.jobs() == [NOTIFY_JOB]
    await desk.work()
    assert desk.log("status", "error") == [("pending", "The mail server could not be reached.")]
    with mail_server(desk.settings.smtp_port) as revived:
        await desk.work_again()
        assert len(revived.letters) == 1
    assert desk.log("status", "attempts", "error") == [("sent", 2, None)]


async def test_a_mail_server_that_says_nothing_is_given_up_on_and_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 0.2)
    with silence() as port:
        desk = desk.with_mail(port)
        await desk.person(Role.ENGINEER)
        await desk.escalates()
        await desk.work()
    assert desk.log("status", "error") == [("pending", "The mail server did not answer in time.")]
    assert desk.jobs() == ["handoffs.deliver"]


@pytest.mark.parametrize(
    ("refusal", "status"), [("550 5.1.1 Nobody of that name", "failed"), ("451 4.7.1 Try later", "pending")]
)
async def test_a_refusal_for_good_is_final_and_one_for_now_is_not(desk: Desk, refusal: str, status: str) -> None:
    with mail_server() as mailbox:
        mailbox.refusal = refusal
        desk = desk.with_mail(mailbox.port)
        await desk.person(Role.ENGINEER)
        await desk.escalates()
        await desk.work()
    code, _, words = refusal.partition(" ")
    assert desk.log("status", "error") == [(status, f"The mail server answered {code}: {words}")]
    assert (desk.jobs() == []) == (status == "failed")


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A root certificate, and the certificate of a mail server called localhost."""
    return certificates(tmp_path_factory.mktemp("tls"), "localhost")


async def test_the_password_is_given_and_written_down_nowhere(
    desk: Desk,
    certified: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    root, tls = certified
    monkeypatch.setenv("SSL_CERT_FILE", str(root))
    with mail_server(password="right one", tls=tls) as mailbox:
        desk = desk.with_mail(mailbox.port).with_settings(smtp_host="localhost", smtp_security="starttls")
        desk = desk.with_settings(smtp_username="desk", smtp_password=SecretStr("wrong one"))
        await desk.person(Role.ENGINEER)
        await desk.escalates()
        await desk.work()
        [(status, error)] = desk.log("status", "error")
        assert status == "pending"
        assert error.startswith("The mail server answered 535: ")
        desk = desk.with_settings(smtp_password=SecretStr("right one"))
        await desk.work_again()
    assert mailbox.logins[-1] == (b"desk", b"right one")
    assert desk.log("status") == [("sent",)]
    flowpilots = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]
    assert not any("right one" in line or "wrong one" in line for line in flowpilots)


async def test_starttls_is_insisted_on(desk: Desk) -> None:
    with mail_server() as mailbox:
        desk = desk.with_mail(mailbox.port).with_settings(smtp_security="starttls")
        await desk.person(Role.ENGINEER)
        await desk.escalates()
        await desk.work()
    assert mailbox.letters == []
    [(status, error)] = desk.log("status", "error")
    assert status == "pending"
    assert "STARTTLS" in error


async def test_starttls_checks_the_servers_certificate(
    desk: Desk, certified: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, tls = certified
    with mail_server(tls=tls) as mailbox:
        desk = desk.with_mail(mailbox.port).with_settings(smtp_security="starttls", smtp_host="localhost")
        await desk.person(Role.ENGINEER)
        await desk.escalates()
        await desk.work()
        assert mailbox.letters == []
        monkeypatch.setenv("SSL_CERT_FILE", str(root))
        await desk.work_again()
    assert len(mailbox.letters) == 1
