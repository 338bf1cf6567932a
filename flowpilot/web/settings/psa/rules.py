"""Settings: what the account posts to its ticket system by itself, and when."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, Field

from flowpilot.clock import Now
from flowpilot.http.fields import EmptyIsNone, wrong
from flowpilot.identity.access import CanManagePsa
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.psa.boards.queries import chosen_statuses
from flowpilot.psa.connections.queries import active_connection
from flowpilot.psa.rules import api
from flowpilot.psa.rules.schemas import LONGEST_HOLD_MINUTES, ClientText, RulesIn, RulesOut
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.outdated import check_shown, digest
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.psa.pages import HERE
from flowpilot.web.settings.sections import SettingsPage

router = APIRouter(prefix="/settings/posting-rules", include_in_schema=False)

Goes = Literal["at_once", "after", "by_hand"]


class RulesForm(BaseModel):
    """All rules at once: a box that is not ticked is not sent. `shown` is a digest of what they were."""

    posts_note: bool = False
    posts_time: bool = False
    posts_status: bool = False
    posts_escalation: bool = False
    goes: Goes
    hold_minutes: Annotated[int | None, EmptyIsNone, Field(ge=0, le=LONGEST_HOLD_MINUTES)] = None
    client_greeting: ClientText = ""
    client_signature: ClientText = ""
    shown: str = ""

    def rules(self) -> RulesIn:
        """The rules that the form asks for. How tickets are linked is set elsewhere, and stays.

        Raises:
            RequestValidationError: postings are to wait, but it does not say how long.
        """
        if self.goes == "after" and not self.hold_minutes:
            raise wrong("hold_minutes", "Enter how many minutes a posting waits.")
        values = self.model_dump(exclude={"goes", "hold_minutes", "shown"})
        return RulesIn(
            **values,
            hold_minutes=(self.hold_minutes or 0) if self.goes == "after" else 0,
            waits_for_person=self.goes == "by_hand",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules(SettingsPage):
    """What is posted by itself, when, and what surrounds a text for the client."""

    template: ClassVar[str] = "settings/psa/rules.html"
    section: ClassVar[str] = HERE
    rules: RulesOut
    lacks_statuses: bool

    @property
    def goes(self) -> Goes:
        """When a posting goes."""
        if self.rules.waits_for_person:
            return "by_hand"
        return "after" if self.rules.hold_minutes else "at_once"

    @property
    def shown(self) -> str:
        """A digest of the rules."""
        return _digest(self.rules)


@router.get("")
async def show_rules(request: Request, actor: CanManagePsa, db: ReadSession, frame: CurrentFrame) -> Response:
    rules = await api.read_rules(actor, db)
    connection = await active_connection(db, actor.account_id) if rules.posts_status else None
    lacks = connection is not None and not await chosen_statuses(db, actor.account_id, connection.id)
    return render(request, Rules(title="What is posted", rules=rules, lacks_statuses=lacks), frame)


@router.post("")
async def change_rules(
    body: Annotated[RulesForm, Form()], actor: CanManagePsa, db: WriteSession, now: Now
) -> Response:
    rules = body.rules()
    check_shown(body.shown, _digest(await api.read_rules(actor, db)))
    await api.change_rules(rules, actor, db, now)
    return go_to("/settings/posting-rules", "Saved. It holds from now on; what is already waiting stays as it is.")


def _digest(rules: RulesOut) -> str:
    return digest(rules.model_dump_json(exclude={"ticket_url_template"}))
