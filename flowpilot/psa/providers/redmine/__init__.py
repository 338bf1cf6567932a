"""Redmine: separate entries of time in decimal hours, booked for any member, and notes that are private or not."""

from flowpilot.psa.providers.redmine.forms import Credentials, Settings
from flowpilot.psa.providers.redmine.provider import Redmine

__all__ = ["Credentials", "Redmine", "Settings"]
