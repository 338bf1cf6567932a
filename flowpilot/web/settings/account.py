"""Settings: the account and the rules of its help desk."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response

from flowpilot.clock import Now, zone_names
from flowpilot.flows.matching.meanings import Meanings, meanings
from flowpilot.identity import accounts, api
from flowpilot.identity.access import CanManageAccount, CanView
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.schemas import AccountChange, AccountSettings
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.outdated import check_shown, digest
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.sections import SettingsPage

router = APIRouter(prefix="/settings/account", include_in_schema=False)


class AccountForm(AccountChange):
    """The form sends all fields at once but the working hours, which have a page of their own.

    An empty limit is no limit. `shown` is a digest of the values that the page showed.
    """

    reports_by_person: bool = False
    shown: str = ""

    def change(self) -> AccountChange:
        """The change that the form asks for."""
        return AccountChange(**self.model_dump(exclude={"work_days", "work_start", "work_end", "shown"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(SettingsPage):
    """The account's name, zone and rules."""

    template: ClassVar[str] = "settings/account.html"
    section: ClassVar[str] = "/settings/account"
    account: AccountSettings
    zones: list[str]
    meanings: Meanings

    @property
    def shown(self) -> str:
        """A digest of the values that the form shows."""
        return _digest(self.account)


@router.get("")
async def show_account(request: Request, actor: CanView, db: ReadSession, frame: CurrentFrame) -> Response:
    account = await api.read_account(actor, db)
    page = Account(
        title="Account",
        account=account,
        zones=sorted(zone_names()),
        meanings=await meanings(db, actor.account_id),
    )
    return render(request, page, frame)


@router.post("")
async def change_account(
    body: Annotated[AccountForm, Form()], actor: CanManageAccount, db: WriteSession, now: Now
) -> Response:
    check_shown(body.shown, _digest(AccountSettings.model_validate(await accounts.lock_account(db, actor))))
    await api.change_account(body.change(), actor, db, now)
    return go_to("/settings/account", "The account is saved.")


def _digest(account: AccountSettings) -> str:
    return digest(account.model_dump_json())
