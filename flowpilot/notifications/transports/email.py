"""Composing e-mails, and sending them over SMTP."""

import asyncio
import uuid
from datetime import datetime
from email import message_from_string
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import aiosmtplib
from email_validator import EmailNotValidError

from flowpilot.email_address import with_ascii_domain
from flowpilot.errors import FlowPilotError
from flowpilot.notifications.messages import Message
from flowpilot.outgoing.failures import RefusedError, TryLaterError
from flowpilot.settings import Settings
from flowpilot.text import tidy

TIMEOUT_SECONDS = 10.0
_WHOLE_SECONDS = 30.0
_REASON = 200
_PLAIN_SUBJECT = 68  # With the header's name, the longest line that a header should have.


class NoMailServerError(FlowPilotError):
    """The operator has configured no mail server."""

    def __init__(self) -> None:
        super().__init__("No mail server is configured. Set FLOWPILOT_SMTP_HOST and FLOWPILOT_SMTP_SENDER.")


def compose_email(
    settings: Settings,
    to: str,
    message: Message,
    link: str | None,
    *,
    message_id: uuid.UUID,
    thread: uuid.UUID | None,
    at: datetime,
) -> EmailMessage:
    """The message as an e-mail. Mail programs group e-mails with the same `thread`.

    Raises:
        NoMailServerError: no sender is configured.
        RefusedError: the recipient's address is not valid.
    """
    if settings.smtp_sender is None:
        raise NoMailServerError
    try:
        recipient = with_ascii_domain(to)
    except EmailNotValidError as error:
        raise RefusedError(f"The recipient's e-mail address cannot be used: {error}") from None
    domain = _domain(settings.smtp_sender)
    # A header that was parsed is sent unchanged, and not folded again.
    mail = message_from_string(f"Subject: {_encoded(message.subject)}\n\n", EmailMessage, policy=SMTP)
    # The policy refuses line breaks in headers, and the subject of a message has none.
    mail["From"] = Address("FlowPilot", addr_spec=settings.smtp_sender)
    mail["To"] = recipient
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message_id}@{domain}>"
    if thread is not None:
        # The message referred to was never sent, but all e-mails of a thread refer to the same one.
        mail["In-Reply-To"] = mail["References"] = f"<handoff-{thread}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    facts = "\n".join(f"{label}: {value}" for label, value in message.fields)
    parts = (message.text, facts, f"Open in FlowPilot: {link}" if link else "")
    mail.set_content("\n\n".join(part for part in parts if part) + "\n")
    return mail


async def send(settings: Settings, mail: EmailMessage) -> str:
    """Hand an e-mail to the mail server, and return its answer.

    Raises:
        NoMailServerError: none is configured.
        RefusedError: the server refuses the recipient or the message.
        TryLaterError: the server cannot be reached, or asks to try later.
    """
    if settings.smtp_host is None or settings.smtp_sender is None:
        raise NoMailServerError
    password = settings.smtp_password
    server = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=None if password is None else password.get_secret_value(),
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        local_hostname=_domain(settings.smtp_sender),
        timeout=TIMEOUT_SECONDS,
    )
    try:
        async with asyncio.timeout(_WHOLE_SECONDS), server:
            return await _hand_over(server, mail, settings.smtp_sender)
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _refusal(error.recipients[0].code, error.recipients[0].message) from None
    except aiosmtplib.SMTPDataError as error:
        raise _refusal(error.code, error.message) from None
    except aiosmtplib.SMTPResponseException as error:
        raise TryLaterError(_answered(error.code, error.message)) from None
    except TimeoutError:
        raise TryLaterError("The mail server did not answer in time.") from None
    except OSError:
        raise TryLaterError("The mail server could not be reached.") from None
    except aiosmtplib.SMTPException as error:
        raise TryLaterError(
            f"The mail server does not work with its current settings: {_line(error.message)}"
        ) from None


def _encoded(subject: str) -> str:
    """The subject as a header: a short line of ASCII unchanged, anything else in encoded words (RFC 2047).

    `EmailMessage` folds longer lines itself, but loses or adds blanks if they are not ASCII.
    """
    is_plain = subject.isascii() and len(subject) <= _PLAIN_SUBJECT and "=?" not in subject
    return subject if is_plain else Header(subject, "utf-8", maxlinelen=75, header_name="Subject").encode()


async def _hand_over(server: aiosmtplib.SMTP, mail: EmailMessage, sender: str) -> str:
    try:
        _, said = await server.send_message(mail, sender=sender)
    except aiosmtplib.SMTPNotSupported:
        if mail["To"].isascii():
            raise
        # Trying later would not help.
        raise RefusedError(
            "The recipient's address has letters outside ASCII before the @, and the mail server does not accept "
            "those (it lacks SMTPUTF8). Use another address for this person, or another mail server."
        ) from None
    return said


def _refusal(code: int, words: str) -> RefusedError | TryLaterError:
    """In SMTP, a code that begins with 5 is permanent. The server itself works, or it could not have answered."""
    return (RefusedError if code >= 500 else TryLaterError)(_answered(code, words), of_message=True)


def _answered(code: int, words: str) -> str:
    return f"The mail server answered {code}: {_line(words)}"


def _line(words: str) -> str:
    return tidy(words, _REASON)


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
