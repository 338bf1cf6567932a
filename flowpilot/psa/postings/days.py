"""Days: booked time is within one, in the account's zone, and in UTC for a ticket system that insists on it."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flowpilot.psa.connections.models import ProviderKind, PsaConnection
from flowpilot.psa.providers.registry import PROVIDERS

_UTC = ZoneInfo("UTC")


def zones_of(connection: PsaConnection | None, timezone: str) -> tuple[ZoneInfo, ...]:
    """The zones whose midnights divide what is booked: the account's, and last the one that must."""
    is_strict = connection is not None and PROVIDERS[ProviderKind(connection.provider)].splits_at_midnight_utc
    return (ZoneInfo(timezone), _UTC) if is_strict else (ZoneInfo(timezone),)


def next_midnight(moment: datetime, zones: Sequence[ZoneInfo]) -> datetime:
    """The first midnight after a moment, in any of the zones, as UTC."""
    return min(_midnight(moment, zone) for zone in zones)


def day_end(started_at: datetime, minutes: int, zones: Sequence[ZoneInfo]) -> datetime:
    """By when minutes end that a person has corrected: at the first midnight.

    They may be more than the time between two midnights. Then the last zone's day counts alone.
    """
    first, must = next_midnight(started_at, zones), _midnight(started_at, zones[-1])
    fits = _midnight(first - timedelta(minutes=minutes), zones[-1]) == must
    return first if fits else must


def span(started_at: datetime, minutes: int, day_ends_at: datetime) -> tuple[datetime, datetime]:
    """From when to when minutes are booked: from the beginning on, or up to the end of the day.

    Minutes are rounded up, or corrected by a person, so from the beginning on they may reach over midnight.
    """
    ended_at = min(started_at + timedelta(minutes=minutes), day_ends_at)
    return ended_at - timedelta(minutes=minutes), ended_at


def _midnight(moment: datetime, zone: ZoneInfo) -> datetime:
    tomorrow = moment.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)
