"""Where the replica is, and as whom it is read."""

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from flowpilot.db.connect import libpq_url
from flowpilot.errors import FlowPilotError

# Where a URL leads is its own; what else the primary's demands, of its encryption for one, holds for both.
_WHERE = frozenset({"host", "hostaddr", "port", "target_session_attrs", "load_balance_hosts", "service"})


class ReplicaUrlError(FlowPilotError):
    """FLOWPILOT_REPLICA_URL cannot be used."""


def replica_url(said: str, runtime_url: str) -> str:
    """The replica's URL as the runtime role: what it does not say is as in the primary's.

    Raises:
        ReplicaUrlError: it is no PostgreSQL URL, or names another role or database.
    """
    runtime = make_url(runtime_url)
    try:
        url = make_url(said)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in {"postgresql", "postgres"}:
        raise ReplicaUrlError("FLOWPILOT_REPLICA_URL must look like postgresql://host:5432/.")
    if url.username is None:
        url = url.set(username=runtime.username, password=runtime.password)
    if not url.database:
        url = url.set(database=runtime.database)
    if (url.username, url.database) != (runtime.username, runtime.database):
        raise ReplicaUrlError(
            f"FLOWPILOT_REPLICA_URL must lead to the database {runtime.database} as the role {runtime.username}, "
            "like the primary's: any other role might not be held by row security. Leave both out of the URL."
        )
    demands = {name: value for name, value in runtime.query.items() if name not in _WHERE}
    return libpq_url(url.set(query={**demands, **url.query}))
