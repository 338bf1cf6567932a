"""Settings: what the account asks of an escalation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flowpilot.clock import Now
from flowpilot.handoffs.rules import api
from flowpilot.handoffs.rules.requirements import Effect, Requirement
from flowpilot.handoffs.rules.schemas import EscalationSettingsIn, EscalationSettingsOut
from flowpilot.handoffs.schemas.priority import PriorityName
from flowpilot.http.fields import wrong
from flowpilot.identity.access import CanManageAccount, CanView
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.outdated import check_shown, digest
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.sections import SettingsPage

# What a rule can ask for, as its row is called.
REQUIREMENTS = {
    Requirement.CLIENT: "A client",
    Requirement.TICKET: "A ticket",
    Requirement.TRIED: "Something tried",
    Requirement.OPINION: "What the engineer thinks it is",
}

router = APIRouter(prefix="/settings/escalations", include_in_schema=False)


class EscalationsForm(BaseModel):
    """The fields of the table are called `PRIORITY.REQUIREMENT`; an empty one asks nothing. A reason is a line."""

    model_config = ConfigDict(extra="allow")

    avoidable_reasons: str = Field(default="", max_length=5_000)
    shown: str = ""

    def change(self) -> EscalationSettingsIn:
        """The settings that the form asks for.

        Raises:
            RequestValidationError: something is wrong with a field.
        """
        rules: dict[str, dict[str, str]] = {}
        for name, effect in (self.model_extra or {}).items():
            priority, _, requirement = name.partition(".")
            if effect:
                rules.setdefault(priority, {})[requirement] = effect
        lines = [line.strip() for line in self.avoidable_reasons.splitlines() if line.strip()]
        asked = {"rules": rules, **({"avoidable_reasons": lines} if lines else {})}
        try:
            return EscalationSettingsIn.model_validate(asked)
        except ValidationError as error:
            found = error.errors()[0]
            raise wrong("avoidable_reasons", found["msg"].removeprefix("Value error, ")) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalations(SettingsPage):
    """What must be there at each priority, and what could have spared an escalation."""

    template: ClassVar[str] = "settings/escalations.html"
    section: ClassVar[str] = "/settings/escalations"
    words: ClassVar[Mapping[Requirement, str]] = REQUIREMENTS
    settings: EscalationSettingsOut
    priorities: tuple[PriorityName, ...] = tuple(PriorityName)

    @property
    def shown(self) -> str:
        """A digest of the values that the form shows."""
        return digest(self.settings.model_dump_json())

    @staticmethod
    def effects(priority: PriorityName) -> list[Effect]:
        """What can be chosen at a priority: an urgent escalation is never blocked."""
        return [Effect.WARN] if priority == PriorityName.URGENT else list(Effect)

    def chosen(self, priority: PriorityName, requirement: Requirement) -> str:
        """What is chosen now; empty for nothing."""
        return self.settings.rules.get(priority, {}).get(requirement, "")


@router.get("")
async def show_escalations(request: Request, actor: CanView, db: ReadSession, frame: CurrentFrame) -> Response:
    settings = await api.read_escalation_settings(actor, db)
    return render(request, Escalations(title="Escalations", settings=settings), frame)


@router.post("")
async def change_escalations(
    body: Annotated[EscalationsForm, Form()], actor: CanManageAccount, db: WriteSession, now: Now
) -> Response:
    present = await api.read_escalation_settings(actor, db)
    check_shown(body.shown, digest(present.model_dump_json()))
    await api.change_escalation_settings(body.change(), actor, db, now)
    return go_to("/settings/escalations", "Saved. It holds from the next escalation on.")
