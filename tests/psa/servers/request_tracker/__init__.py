"""A Request Tracker of the tests' own, and a desk in it."""

from tests.psa.servers.request_tracker.desk import Desk
from tests.psa.servers.request_tracker.server import RequestTrackerServer, request_tracker

__all__ = ["Desk", "RequestTrackerServer", "request_tracker"]
