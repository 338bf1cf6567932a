"""Tests run side by side: what the workers share, and which of them runs what."""

import gc
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from tests.cluster.nodes import CLUSTER_URL, leave_out, not_run

# Nothing of what is loaded until the tests begin becomes garbage, so nobody need look for any.
gc.disable()

# What takes longest begins first, in this order, so that no worker is left alone with it at the end.
_SLOW_FIRST = (
    "tests/browser/",
    "tests/handoffs/claims/test_race.py",
    "tests/psa/test_reliability.py",
    "tests/psa/providers/",
    "tests/psa/members/test_tokens.py",
    "tests/handoffs/test_",
    "tests/notifications/delivery/",
    "tests/cli/",
    "tests/demo/",
    "tests/analytics/",
    "tests/db/",
)
_DIRECTORY = pytest.StashKey[Path]()


# Of the browser's tests, those that have a server of their own need not wait for the others.
_WITHOUT_DEMO = "tests/browser/test_ticket_system.py"


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """Tests of one file stay together, since they share what it sets up; the browser's share one demo."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return "tests/browser/" if file.startswith("tests/browser/") and file != _WITHOUT_DEMO else file


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One worker more than there are processors, because tests also wait: for servers, browsers and time-outs."""
    return (yield) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Hand out whole files."""
    return ByFile(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Make the shared directory, once a run."""
    workers = getattr(config, "workerinput", None)
    config.stash[_DIRECTORY] = Path(workers["directory"] if workers else tempfile.mkdtemp(prefix="flowpilot-"))
    config.stash[_DIRECTORY].chmod(0o711)  # The user who runs PostgreSQL for root passes through.


def pytest_configure_node(node: WorkerController) -> None:
    """Tell a worker where the shared directory is."""
    node.workerinput["directory"] = str(node.config.stash[_DIRECTORY])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the shared directory when all workers are done."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[_DIRECTORY])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what needs a cluster, or a single server, if it is not there, and put the slow first.

    What needs a browser and the demo takes long, and is tried once more when it fails.
    """
    left = leave_out(items)
    if left:
        left[0].config.hook.pytest_deselected(items=left)
    items.sort(key=lambda item: _turn(item.nodeid))
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.long)
            item.add_marker(pytest.mark.flaky(reruns=1))


def _turn(nodeid: str) -> int:
    return next((turn for turn, slow in enumerate(_SLOW_FIRST) if nodeid.startswith(slow)), len(_SLOW_FIRST))


def shared_directory(config: pytest.Config) -> Path:
    """The directory that all workers of this run share."""
    return config.stash[_DIRECTORY]


def pytest_collection_finish() -> None:
    """Look for garbage from now on, but not in what is loaded already, which stays for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show why a test was tried once more, and which were not run."""
    where = "without" if CLUSTER_URL is None else "with"
    terminalreporter.write_line(f"Not run {where} FLOWPILOT_TEST_CLUSTER_URL: {', '.join(not_run())}")
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first try of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)
