"""`flowpilot notify`: what leads out of the product, from the operator's side."""

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

app = typer.Typer(help="Notifications.", no_args_is_help=True)

_TEST = Message(
    "A test of the mail server",
    "This is a test from FlowPilot. If you can read it, the mail server is set up well.",
)


class NotSentError(FlowPilotError):
    """The test e-mail was not taken."""


def register(parent: typer.Typer) -> None:
    """Add the group to the command line."""
    parent.add_typer(app, name="notify")


@app.command("test-email")
def test_email(address: str) -> None:
    """Send one e-mail now, and print what the mail server said."""
    settings = get_settings()
    try:
        letter = mail.email(settings, address, _TEST, None, message_id=new_id(), thread=None, at=now())
        said = asyncio.run(mail.send(settings, letter))
    except DeliveryError as error:
        raise NotSentError(error.reason) from error
    sys.stdout.write(f"The mail server said: {said}\n")
