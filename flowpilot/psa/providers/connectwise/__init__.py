"""ConnectWise PSA (formerly Manage), over the REST interface that it publishes."""

from flowpilot.psa.providers.connectwise.provider import ConnectWise
from flowpilot.psa.providers.connectwise.settings import Credentials, Settings

__all__ = ["ConnectWise", "Credentials", "Settings"]
