"""HaloPSA, over its REST API. What is not verified on a real tenant is a setting (docs/how-to/halopsa.md)."""

from flowpilot.psa.providers.halopsa.forms import Credentials, Settings
from flowpilot.psa.providers.halopsa.provider import HaloPsa

__all__ = ["Credentials", "HaloPsa", "Settings"]
