"""One session, told step by step until it ends or the present is reached."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from flowpilot.demo.simulation.case import Case
from flowpilot.demo.simulation.library import Edition, LibraryFlow
from flowpilot.demo.simulation.office_hours import next_office_moment
from flowpilot.demo.world import DemoAccount
from flowpilot.flows.filling import fill_tree
from flowpilot.flows.tree import Tree
from flowpilot.handoffs.models import HandoffEvent, SessionHandoff
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.identity.assignees import can_be_assigned
from flowpilot.notifications.models import Notification
from flowpilot.sessions import path
from flowpilot.sessions.models import AISession, AISessionStep, ConfidenceTier, StatusChange
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.runs.marks import values

# The worker takes a moment to get to a job that is due.
JOB_DELAY = timedelta(seconds=0.6)


class NotYetError(Exception):
    """The story has come to the present: what would follow has not happened."""


@dataclass
class Story:
    """What has happened so far in one session, and the present moment of it. `said` is all that its steps say.

    `flows`: those of the account, by name.
    `entered`: the editions of the sub-flows that it has come to, by version.
    """

    rng: Random
    account: DemoAccount
    case: Case
    session: AISession
    now: datetime
    moment: datetime
    step_seconds: float
    progress: float
    flows: Mapping[str, LibraryFlow]
    steps: list[AISessionStep] = field(default_factory=list)
    changes: list[StatusChange] = field(default_factory=list)
    handoffs: list[SessionHandoff] = field(default_factory=list)
    events: list[HandoffEvent] = field(default_factory=list)
    questions: list[HandoffQuestion] = field(default_factory=list)
    notices: list[Notification] = field(default_factory=list)
    said: set[Any] = field(default_factory=set)
    entered: dict[uuid.UUID, Edition] = field(default_factory=dict)
    _found: tuple[int, path.Position] = (0, path.Position())

    def wait(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            NotYetError: that would be in the future.
        """
        self.wait_until(self.moment + timedelta(seconds=seconds))

    def wait_until(self, moment: datetime) -> None:
        """Let time pass until a moment, as `wait` does."""
        if moment > self.now:
            raise NotYetError
        self.moment = moment

    def wait_for_step(self) -> None:
        """Let pass the time that a step takes."""
        self.wait(self.step_seconds * self.rng.uniform(0.5, 1.5))

    def wait_for_office(self) -> None:
        """Let time pass until somebody is in the office."""
        self.wait_until(self.in_office(self.moment))

    def in_office(self, moment: datetime) -> datetime:
        """The moment itself in office hours, otherwise one in the next working morning."""
        return next_office_moment(self.rng, ZoneInfo(self.account.timezone), moment)

    @property
    def engineer_id(self) -> uuid.UUID:
        """Who began the session."""
        assert self.session.user_id is not None
        return self.session.user_id

    @property
    def tier(self) -> ConfidenceTier:
        """How well a flow fits."""
        return self.case.tier

    @property
    def tree(self) -> Tree | None:
        """The tree that the session follows."""
        return None if self.case.edition is None else self.case.edition.guide.tree

    @property
    def shown_tree(self) -> Tree | None:
        """The same with the values of its fields."""
        return None if self.tree is None else fill_tree(self.tree, values(self.steps))

    @property
    def inner(self) -> path.Trees:
        """The same for the sub-flows that it has entered."""
        shown = values(self.steps)
        return {version_id: fill_tree(edition.guide.tree, shown) for version_id, edition in self.entered.items()}

    @property
    def where(self) -> path.Position:
        """Where the session is in its flow; cached, because it is read often and only a step changes it."""
        if self.tree is not None and (self._found[0] != len(self.steps) or self._found[1].node_id is None):
            self._found = len(self.steps), path.position(self.shown_tree, self.steps, self.inner)
        return self._found[1]

    @property
    def handoff(self) -> SessionHandoff:
        """The newest handoff."""
        return self.handoffs[-1]

    @property
    def members(self) -> set[uuid.UUID]:
        """Everybody in the account."""
        return {member.person.id for member in self.account.members}

    @property
    def assignees(self) -> set[uuid.UUID]:
        """Those of them who can be assigned a handoff: in the demo everybody can sign in."""
        members = self.account.members
        return {member.person.id for member in members if can_be_assigned(member.role, can_sign_in=True)}

    def history(self) -> SessionHistory:
        """The session as a reader of the database would find it now."""
        case = self.case
        return SessionHistory(
            session=self.session,
            steps=self.steps,
            changes=self.changes,
            flow_name=None if case.flow is None else case.flow.row.name,
            flow_number=None if case.edition is None else case.edition.version.number,
            tree=self.shown_tree,
            inner=self.inner,
            names={member.person.id: member.person.name for member in self.account.members},
        )
