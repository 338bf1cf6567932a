"""Request Tracker 5, by its REST2 interface."""

from flowpilot.psa.providers.request_tracker.forms import Credentials, Settings
from flowpilot.psa.providers.request_tracker.provider import RequestTracker

__all__ = ["Credentials", "RequestTracker", "Settings"]
