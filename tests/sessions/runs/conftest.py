"""What the tests of runs share."""

from tests.sessions.runs.procedure import run_id

__all__ = ["run_id"]
