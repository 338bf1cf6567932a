"""The replica that the settings name."""

from prometheus_client import CollectorRegistry

from flowpilot.db.replica.place import replica_url
from flowpilot.db.replica.replica import Replica
from flowpilot.settings import Settings


def replica_of(settings: Settings, runtime_url: str, registry: CollectorRegistry | None = None) -> Replica | None:
    """The installation's replica, if it has one.

    Raises:
        ReplicaUrlError: its URL cannot be used.
    """
    if settings.replica_url is None:
        return None
    return Replica(
        replica_url(settings.replica_url.get_secret_value(), runtime_url),
        runtime_url,
        most_seconds=settings.replica_lag_seconds,
        pool_size=settings.database_pool_size,
        registry=registry,
    )
