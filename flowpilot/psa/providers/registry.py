"""Which ticket systems there are, what each of them needs to know, and how to reach it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from flowpilot.psa.client import Access
from flowpilot.psa.connections.models import ProviderKind
from flowpilot.psa.provider import Provider
from flowpilot.psa.providers import autotask, connectwise, console, halopsa, redmine, request_tracker


@dataclass(frozen=True, slots=True)
class ProviderType:
    """A kind of ticket system.

    `credentials` and `settings` are forms: their fields have titles and descriptions, and credentials are secret.
    `open` makes a provider of an address and the two, filled in. `splits_at_midnight_utc`: it refuses time that
    goes over midnight (UTC), so each day gets its own. `own_token`: it books time for the credentials'
    owner alone, and this field of them may hold a member's own token, with which what is theirs is written.
    `client_text_needs`: the setting without which nothing can be written for clients.
    `tenant`: whose desk credentials lead to, where many share an address.
    `takes_files`: FlowPilot can attach files to its tickets, if the setting `files_need` is on.
    """

    name: str
    credentials: type[BaseModel]
    settings: type[BaseModel]
    open: Callable[[Access, Any, Any], Provider]
    splits_at_midnight_utc: bool = False
    own_token: str | None = None
    client_text_needs: str | None = None
    tenant: Callable[[Any], str] = lambda _: ""
    takes_files: bool = False
    files_need: str | None = None


PROVIDERS: Mapping[ProviderKind, ProviderType] = {
    ProviderKind.REQUEST_TRACKER: ProviderType(
        "Request Tracker",
        request_tracker.Credentials,
        request_tracker.Settings,
        request_tracker.RequestTracker,
        own_token="token",  # noqa: S106 - the name of a field
        takes_files=True,
    ),
    ProviderKind.CONNECTWISE: ProviderType(
        "ConnectWise PSA",
        connectwise.Credentials,
        connectwise.Settings,
        connectwise.ConnectWise,
        takes_files=True,
        tenant=lambda credentials: credentials.company,
    ),
    ProviderKind.REDMINE: ProviderType(
        "Redmine",
        redmine.Credentials,
        redmine.Settings,
        redmine.Redmine,
        takes_files=True,
        files_need="attaches_files",
    ),
    ProviderKind.AUTOTASK: ProviderType(
        "Autotask",
        autotask.Credentials,
        autotask.Settings,
        autotask.Autotask,
        takes_files=True,
        splits_at_midnight_utc=True,
        # An API user's name ends with the company's own domain.
        tenant=lambda credentials: credentials.username.rpartition("@")[2],
    ),
    ProviderKind.HALOPSA: ProviderType(
        "HaloPSA",
        halopsa.Credentials,
        halopsa.Settings,
        halopsa.HaloPsa,
        takes_files=True,
        client_text_needs="client_outcome_id",
        tenant=lambda credentials: credentials.tenant,
    ),
    ProviderKind.CONSOLE: ProviderType(
        "Console (prints only)", console.Credentials, console.Settings, console.Console, takes_files=True
    ),
}
