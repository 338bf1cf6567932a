"""Functions that are called when something happens to a flow, in the same transaction.

The proposals follow what is published, and flows import nothing above them (docs/decisions/0010).
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.flows.author import Author
from flowpilot.flows.models import Flow, FlowVersion

Published = Callable[[Db, Author, Flow, FlowVersion, datetime], Awaitable[None]]

on_published: list[Published] = []
