"""From an account's connection to the provider that speaks to its ticket system."""

import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from flowpilot.db.session import Database
from flowpilot.psa.client import TIMEOUT_SECONDS, Access
from flowpilot.psa.connections.models import ProviderKind, PsaConnection
from flowpilot.psa.guard import Guarded
from flowpilot.psa.limiter import JOB_PATIENCE, SharedLimiter
from flowpilot.psa.provider import CredentialsError, Provider
from flowpilot.psa.providers.registry import PROVIDERS
from flowpilot.sealed import UnsealableError, seal, unseal
from flowpilot.settings import Settings


def seal_credentials(settings: Settings, credentials: BaseModel) -> bytes:
    """Credentials as they are stored."""
    return seal(settings.signing_key(), json.dumps(_plain(credentials)))


def files_of(settings: Settings, account_id: uuid.UUID) -> Path:
    """The directory of an account's own, for a ticket system that is only files."""
    return settings.data_dir / "ticket-systems" / str(account_id)


def open_provider(
    database: Database,
    settings: Settings,
    connection: PsaConnection,
    *,
    own_token: str | None = None,
    patience: timedelta = JOB_PATIENCE,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Provider:
    """The connection's ticket system. Close it after use.

    No transaction may be open while its methods run: they wait for another server, and take transactions of their
    own for their turn.

    Args:
        database: in which all processes agree on the connection's requests.
        settings: of this process.
        connection: of any transaction; what it says now is used.
        own_token: of a member, in place of the connection's; only where `ProviderType.own_token` says so.
        patience: how long a request waits for its turn.
        timeout_seconds: how long it waits for its answer.

    Raises:
        CredentialsError: the credentials cannot be read with this installation's secret key.
    """
    kind = PROVIDERS[ProviderKind(connection.provider)]
    limiter = SharedLimiter(
        database,
        connection.account_id,
        connection.id,
        patience=patience,
    )
    access = Access(
        connection.base_url,
        settings.allowed_private_networks,
        limiter,
        files_of(settings, connection.account_id),
        timeout_seconds=timeout_seconds,
    )
    credentials = _unsealed(settings, connection)
    if own_token is not None and kind.own_token is not None:
        credentials[kind.own_token] = own_token
    try:
        filled_in = kind.credentials.model_validate(credentials), kind.settings.model_validate(connection.settings)
    except ValidationError:
        raise CredentialsError(
            "This version of FlowPilot needs more credentials or settings of the ticket system. Enter them again."
        ) from None
    provider = kind.open(access, *filled_in)
    limiter.places = provider.capabilities.parallel_calls
    return Guarded(provider, kind.name)


def _plain(credentials: BaseModel) -> dict[str, Any]:
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in credentials
        if value is not None
    }


def _unsealed(settings: Settings, connection: PsaConnection) -> dict[str, Any]:
    try:
        credentials: dict[str, Any] = json.loads(unseal(settings.signing_key(), connection.credentials_encrypted))
    except UnsealableError:
        raise CredentialsError(
            "The installation's secret key has changed since the credentials were entered. Enter them again."
        ) from None
    return credentials
