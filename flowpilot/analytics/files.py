"""What a CSV says beside its lines, in its name and its headers, so that its first line is its header."""

from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flowpilot.analytics.period import Window
from flowpilot.http.csv import attachment


def file_headers(name: str, window: Window, *, ending: str = "") -> dict[str, str]:
    """The file's name, with the days of the window in it, and the window to the microsecond."""
    zone = ZoneInfo(window.timezone)
    first, last = window.start.astimezone(zone).date(), window.to.astimezone(zone).date()
    asked = {"from": window.start.isoformat(), "to": window.to.isoformat(), "tz": window.timezone}
    return {
        **attachment(f"flowpilot-{name}-{first}-to-{last}{ending}"),
        "FlowPilot-Window": urlencode(asked | {"as_of": window.as_of.isoformat()}),
    }
