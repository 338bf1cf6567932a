"""Connections put straight into the database."""

import uuid
from typing import Any

from pydantic import BaseModel, SecretStr

from flowpilot.psa.connections.opening import seal_credentials
from flowpilot.psa.providers.console import Credentials
from flowpilot.settings import Settings
from tests.company import Company

# The secret key of the tests' installations seals them.
_SETTINGS = Settings(secret_key=SecretStr("s" * 32))


def add_connection(
    company: Company, provider: str = "console", credentials: BaseModel | None = None, **values: Any
) -> uuid.UUID:
    """The company's connection: to the console, unless it says otherwise."""
    row = {
        "provider": provider,
        "name": "Desk",
        "base_url": "https://desk.example",
        "credentials_encrypted": seal_credentials(_SETTINGS, credentials or Credentials()),
        **values,
    }
    return company.add("psa_connections", **row)
