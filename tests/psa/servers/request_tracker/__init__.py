"""A Request Tracker of the tests' own, and a desk in it."""

from tests.psa.servers.request_tracker.desk import CUSTOMER, Desk
from tests.psa.servers.request_tracker.server import RequestTrackerServer, request_tracker

__all__ = ["CUSTOMER", "Desk", "RequestTrackerServer", "request_tracker"]
