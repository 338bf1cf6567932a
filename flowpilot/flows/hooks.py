"""Functions that are called when something happens to a flow, in the same transaction.

The proposals follow what is published, people are notified, and flows import nothing above them
(docs/decisions/0010).
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.flows.author import Author
from flowpilot.flows.models import Flow, FlowVersion

Published = Callable[[Db, Author, Flow, FlowVersion, datetime], Awaitable[None]]
Trusted = Callable[[Db, Flow, datetime], Awaitable[None]]

on_published: list[Published] = []
on_trust: list[Trusted] = []


async def follow_trust(db: Db, flow: Flow, now: datetime) -> None:
    """Call those who follow whether a flow has trust, who answers for it, and whether it is offered."""
    for follow in on_trust:
        await follow(db, flow, now)
