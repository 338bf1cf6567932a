"""The desk that these tests connect to."""

from tests.psa.fixtures import connect, desk

__all__ = ["connect", "desk"]
