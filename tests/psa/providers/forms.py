"""The forms of each ticket system, filled in for no ticket system in particular."""

from typing import Any

from pydantic import BaseModel

from flowpilot.psa.connections.models import ProviderKind
from flowpilot.psa.providers.registry import PROVIDERS

_CREDENTIALS: dict[ProviderKind, dict[str, str]] = {
    ProviderKind.REQUEST_TRACKER: {"token": "1-2-x"},
    ProviderKind.REDMINE: {"api_key": "k"},
    ProviderKind.CONNECTWISE: {"company": "c", "public_key": "p", "private_key": "q", "client_id": "i"},
    ProviderKind.HALOPSA: {"client_id": "a", "client_secret": "b"},
    ProviderKind.AUTOTASK: {"username": "u", "secret": "s", "integration_code": "i"},
}
_SETTINGS: dict[ProviderKind, dict[str, Any]] = {
    ProviderKind.HALOPSA: {"outcome_id": 1, "client_outcome_id": 2},
    ProviderKind.AUTOTASK: {"role_id": 1},
    ProviderKind.CONNECTWISE: {"hosting": "own_server"},
}

# All but the one that only prints.
REAL = tuple(_CREDENTIALS)


def filled_in(kind: ProviderKind, **changed: Any) -> tuple[BaseModel, BaseModel]:
    """Credentials and settings, with some settings changed."""
    entry, settings = PROVIDERS[kind], {**_SETTINGS.get(kind, {}), **changed}
    return entry.credentials.model_validate(_CREDENTIALS[kind]), entry.settings.model_validate(settings)
