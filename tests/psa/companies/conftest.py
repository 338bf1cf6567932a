"""The desk that these tests connect to."""

from tests.psa.fixtures import connect, desk, open_client, open_settings

__all__ = ["connect", "desk", "open_client", "open_settings"]
