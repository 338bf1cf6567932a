"""Autotask, over its REST API. What is not verified on a real tenant is a setting (docs/how-to/autotask.md)."""

from flowpilot.psa.providers.autotask.forms import Credentials, Settings
from flowpilot.psa.providers.autotask.provider import Autotask

__all__ = ["Autotask", "Credentials", "Settings"]
