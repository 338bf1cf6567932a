"""Whether a text for the client can go over a connection, which some ticket systems have to be set up for."""

from flowpilot.psa.connections.models import ProviderKind, PsaConnection
from flowpilot.psa.providers.registry import PROVIDERS


def client_text_refusal(connection: PsaConnection) -> str | None:
    """Why no text for the client can go over this connection; None if it can."""
    kind = PROVIDERS[ProviderKind(connection.provider)]
    needed = kind.client_text_needs
    if needed is None or connection.settings.get(needed) is not None:
        return None
    field = kind.settings.model_fields[needed]
    return (
        f"{connection.name} cannot send texts to clients yet. A team admin can enter “{field.title}” under "
        "Settings, Ticket system."
    )
