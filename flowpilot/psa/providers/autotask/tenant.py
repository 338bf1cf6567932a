"""What this process knows of a tenant: its zone, and how many of its requests all integrations have used."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

_FRESH = timedelta(minutes=1)
_PAUSE = timedelta(minutes=5)


@dataclass(slots=True)
class Tenant:
    """One tenant. `api_url` ends with a slash, and is None until its zone is known; `used` is a share of 1."""

    api_url: str | None = None
    used: float | None = None
    asked_at: datetime | None = None

    def is_usage_known(self, now: datetime) -> bool:
        """Whether the usage has been asked for in the last minute."""
        return self.asked_at is not None and now - self.asked_at < _FRESH

    def learn_usage(self, threshold: Any, now: datetime) -> None:
        """Keep what Autotask said of the usage; nothing is known if it did not say it."""
        self.asked_at = now
        limit = threshold.get("externalRequestThreshold") if isinstance(threshold, dict) else None
        self.used = threshold.get("currentTimeframeRequestCount", 0) / limit if limit else None

    def rests_until(self, share_percent: int, now: datetime) -> datetime | None:
        """Until when FlowPilot leaves the rest to the other integrations; None if it need not."""
        return now + _PAUSE if self.used is not None and self.used * 100 >= share_percent else None


_tenants: dict[tuple[str, str], Tenant] = {}


def tenant_of(zone_lookup_url: str, username: str) -> Tenant:
    """The tenant of an API user. A provider lives for one job; what it has learnt stays for the next one."""
    return _tenants.setdefault((zone_lookup_url, username), Tenant())
