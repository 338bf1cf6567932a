"""pytest takes plugins from the topmost conftest alone."""

pytest_plugins = ["tests.workers"]
