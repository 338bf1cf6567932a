"""What a person enters for a connection, checked field by field by the provider that will use it."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from flowpilot.http.fields import wrong
from flowpilot.outgoing.destinations import AddressRefusedError, Network, lookup, parse
from flowpilot.psa.connections.models import ProviderKind
from flowpilot.psa.providers.registry import PROVIDERS

# How long a person who enters an address waits for a slow name server.
_LOOKUP_SECONDS = 3.0


def credentials_of(kind: ProviderKind, given: Mapping[str, Any]) -> BaseModel:
    """The credentials, checked.

    Raises:
        RequestValidationError: names each wrong field, such as `credentials.token`.
    """
    return _checked("credentials", PROVIDERS[kind].credentials, given)


def settings_of(kind: ProviderKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, checked, as they are stored.

    Raises:
        RequestValidationError: names each wrong field, such as `settings.time_unit`.
    """
    return _checked("settings", PROVIDERS[kind].settings, given).model_dump(mode="json")


async def address_of(text: str, allowed: Sequence[Network]) -> str:
    """The address of a ticket system, without a slash at its end.

    A name that cannot be looked up now may exist later; it is checked again for every request.

    Raises:
        RequestValidationError: requests may not be sent there; the sentence says which setting would allow it.
    """
    address = text.strip().rstrip("/")
    try:
        url = parse(address)
        with contextlib.suppress(OSError):
            async with asyncio.timeout(_LOOKUP_SECONDS):
                await lookup(url, allowed)
    except AddressRefusedError as error:
        raise wrong("base_url", error.detail) from None
    if url.query or url.fragment:
        raise wrong("base_url", "Enter the address without what follows a question mark or a hash.")
    return address


def addresses_in(settings: Mapping[str, Any]) -> set[str]:
    """The web addresses among the settings: credentials may be sent there, too."""
    return {value for value in settings.values() if isinstance(value, str) and "://" in value}


def _checked(part: str, model: type[BaseModel], given: Mapping[str, Any]) -> BaseModel:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        # Without what was entered, which is secret.
        errors = error.errors(include_url=False, include_input=False)
    raise RequestValidationError([{**item, "loc": ("body", part, *item["loc"])} for item in errors])
