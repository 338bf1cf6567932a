"""Whether a request reads the replica or the primary."""

import uuid
from enum import StrEnum

from fastapi import Request
from prometheus_client import CollectorRegistry, Counter

from flowpilot.db.replica.replica import Replica
from flowpilot.http.replica.writes import LateWriters

# What may pass between a look at the replica and a read that relies on it.
_SLACK_SECONDS = 1.0


class Place(StrEnum):
    """Where a read was answered; in the primary, why."""

    REPLICA = "replica"
    PRIMARY_BEHIND = "primary, the replica is behind"
    PRIMARY_OWN_WRITE = "primary, the reader has written"
    PRIMARY_FAILED = "primary, the replica has failed"


class ReplicaReads:
    """The replica of one server process, and who may read it."""

    def __init__(self, replica: Replica, storage_url: str, registry: CollectorRegistry | None = None) -> None:
        self.replica = replica
        self.writers = LateWriters(storage_url, seconds=replica.most_seconds + _SLACK_SECONDS)
        self._reads = Counter(
            "flowpilot_replica_reads", "Reports and lists, by where they were read.", ["place"], registry=registry
        )
        for place in Place:
            self._reads.labels(place)

    async def place_of(self, request: Request, user_id: uuid.UUID) -> Place:
        """Where this request of this person has to be read."""
        if getattr(request.state, "replica_has_failed", False):
            return Place.PRIMARY_FAILED
        # Who has written comes first: the replica is then looked at as late as can be.
        if await self.writers.includes(user_id):
            return Place.PRIMARY_OWN_WRITE
        return Place.REPLICA if self.replica.is_fresh() else Place.PRIMARY_BEHIND

    def count(self, place: Place) -> None:
        """Count one read."""
        self._reads.labels(place).inc()

    async def close(self) -> None:
        """Close all connections."""
        await self.replica.close()
        await self.writers.close()
