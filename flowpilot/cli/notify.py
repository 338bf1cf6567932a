"""`flowpilot notify`: notifications, for the operator."""

import asyncio
import sys

import typer

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.errors import FlowPilotError
from flowpilot.notifications.messages import Message
from flowpilot.notifications.transports import email as mail
from flowpilot.outgoing.failures import DeliveryError
from flowpilot.settings import get_settings

app = typer.Typer(help="Check notifications.", no_args_is_help=True)

_TEST = Message(
    "A test of the mail server",
    "This is a test from FlowPilot. If you can read it, the mail server is set up well.",
)


class NotSentError(FlowPilotError):
    """The test e-mail was not accepted."""


def register(parent: typer.Typer) -> None:
    """Add the group to the command line."""
    parent.add_typer(app, name="notify")


@app.command("test-email")
def test_email(address: str) -> None:
    """Send a test e-mail now, and print the mail server's answer."""
    settings = get_settings()
    try:
        letter = mail.compose_email(settings, address, _TEST, None, message_id=new_id(), thread=None, at=now())
        said = asyncio.run(mail.send(settings, letter))
    except DeliveryError as error:
        raise NotSentError(error.reason) from error
    sys.stdout.write(f"The mail server said: {said}\n")
