"""Whether files can go over a connection."""

from flowpilot.psa.connections.models import ProviderKind, PsaConnection
from flowpilot.psa.providers.registry import PROVIDERS


def takes_files(connection: PsaConnection) -> bool:
    """Whether FlowPilot attaches files to the tickets of this connection."""
    kind = PROVIDERS[ProviderKind(connection.provider)]
    return kind.takes_files and (kind.files_need is None or bool(connection.settings.get(kind.files_need)))
