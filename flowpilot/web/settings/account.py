"""The account and the rules of its help desk; and the person's own password."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, Field

from flowpilot.clock import Now, zone_names
from flowpilot.errors import InvalidError
from flowpilot.identity import accounts, api
from flowpilot.identity.access import CanManageAccount, CanView
from flowpilot.identity.auth import Claim, ReadSession, WriteSession
from flowpilot.identity.cookies import keep_signed_in
from flowpilot.identity.credentials import TokenClaim
from flowpilot.identity.passwords import MIN_PASSWORD_LENGTH, WrongPasswordError
from flowpilot.identity.schemas import AccountChange, AccountSettings, PasswordIn
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.outdated import check_shown, digest
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.sections import SettingsPage

router = APIRouter(prefix="/settings", include_in_schema=False)


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class AccountForm(AccountChange):
    """The form sends all fields at once: an empty limit is none, and without working hours there are none.

    `shown` stands for what they were filled in with.
    """

    work_days: list[Annotated[int, Field(ge=1, le=7)]] = Field(default_factory=list)
    keeps_hours: bool = False
    shown: str = ""

    def change(self) -> AccountChange:
        """What it asks the account to become.

        Raises:
            InvalidError: the working hours are not whole.
        """
        values = self.model_dump(exclude={"keeps_hours", "shown"})
        hours = ("work_days", "work_start", "work_end")
        if not self.keeps_hours:
            values |= dict.fromkeys(hours)
        elif not all(values[name] for name in hours):
            raise InvalidError("Working hours need at least one day, and when work begins and ends.")
        return AccountChange(**values)


class PasswordForm(BaseModel):
    """A change of one's own password; the new one is typed twice, since nobody sees what they type."""

    current_password: str = Field(max_length=1024)
    new_password: str = Field(max_length=1024)
    repeated: str = Field(max_length=1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(SettingsPage):
    """The account's name, zone and rules."""

    template: ClassVar[str] = "settings/account.html"
    section: ClassVar[str] = "/settings/account"
    account: AccountSettings
    zones: list[str]
    days: tuple[str, ...] = _DAYS

    @property
    def shown(self) -> str:
        """Stands for what the form is filled in with."""
        return _digest(self.account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(SettingsPage):
    """What a person keeps for themselves."""

    template: ClassVar[str] = "settings/profile.html"
    section: ClassVar[str] = "/settings/profile"


@router.get("/account")
async def show_account(request: Request, actor: CanView, db: ReadSession, frame: CurrentFrame) -> Response:
    """The rules, to read or to change."""
    account = await api.read_account(actor, db)
    return render(request, Account(title="Account", account=account, zones=sorted(zone_names())), frame)


@router.post("/account")
async def change_account(
    body: Annotated[AccountForm, Form()], actor: CanManageAccount, db: WriteSession, now: Now
) -> Response:
    """Save them."""
    check_shown(body.shown, _digest(AccountSettings.model_validate(await accounts.lock_account(db, actor))))
    await api.change_account(body.change(), actor, db, now)
    return go_to("/settings/account", "The account is saved.")


@router.get("/profile")
async def show_profile(request: Request, actor: CanView, frame: CurrentFrame) -> Response:
    """The form for another password."""
    return render(request, Profile(title="My profile"), frame)


@router.post("/profile/password")
async def change_password(
    request: Request, body: Annotated[PasswordForm, Form()], claimed: Claim, now: Now
) -> Response:
    """Change the password, and sign this browser in anew: what was signed before is no longer valid."""
    if body.new_password != body.repeated:
        raise InvalidError("The two new passwords are not the same. Type the new one again.")
    if len(body.new_password) < MIN_PASSWORD_LENGTH:
        raise InvalidError(f"A password needs at least {MIN_PASSWORD_LENGTH} characters.")
    wanted = PasswordIn(current_password=body.current_password, new_password=body.new_password)
    try:
        await api.change_password(request, wanted, claimed, now)
    except WrongPasswordError as error:
        # Who mistypes it is still signed in.
        raise InvalidError(error.detail) from error
    answer = go_to("/settings/profile", "Your password is changed. Other browsers have to sign in again.")
    assert isinstance(claimed, TokenClaim)
    keep_signed_in(request, answer, TokenClaim(claimed.user_id, claimed.account_id, now))
    return answer


def _digest(account: AccountSettings) -> str:
    return digest(account.model_dump_json())
