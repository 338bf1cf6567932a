"""The demo, served as `make demo` serves it, and a real browser in front of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from flowpilot.demo.seed import DEMO_PASSWORD
from flowpilot.migrations.opening import migrated_database
from flowpilot.settings import Settings
from tests.browser.long_words import LongWords, write_long_words
from tests.browser.people import Desk, SignedIn
from tests.chromium import chromium
from tests.databases import copy_migrated
from tests.places import open_directory


@dataclass(frozen=True)
class Demo:
    """Where the demo answers, and where it keeps its data."""

    url: str
    data_dir: Path


@pytest.fixture(scope="package")
def demo(run_directory: Path) -> Iterator[Demo]:
    """The demo's server."""
    with open_directory() as parent:
        copy_migrated(run_directory, parent / "data")
        environment = os.environ | {
            "FLOWPILOT_DATA_DIR": str(parent / "data"),
            "FLOWPILOT_LOGIN_ATTEMPTS_PER_MINUTE": "10000",
            "FLOWPILOT_LOGIN_ATTEMPTS_PER_MINUTE_PER_ADDRESS": "10000",
        }
        command = [str(Path(sys.executable).with_name("flowpilot")), "demo", "--port", "0"]
        with subprocess.Popen(
            command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        ) as server:
            assert server.stderr is not None
            line = next((line for line in server.stderr if b"listens on" in line), b"")
            assert line, "the demo did not start"
            yield Demo(line.split()[3].decode(), parent / "data")
            server.terminate()
            server.communicate(timeout=60)


@pytest.fixture(scope="package")
def demo_url(demo: Demo) -> str:
    """Where the demo answers."""
    return demo.url


@pytest.fixture(scope="package")
def long_words(demo: Demo) -> LongWords:
    """An account beside the demo's, in which every text is one long word."""

    def write() -> LongWords:
        with migrated_database(Settings(data_dir=demo.data_dir)) as urls:
            return write_long_words(demo.url, urls)

    # In a thread of its own, because Playwright runs an event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(write).result()


# Not for the whole session: Playwright runs an event loop in this thread, and then nobody else can run one.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A real browser."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def signed_in() -> SignedIn:
    """The browsers of the demo's people, which keep what they have loaded from one test to the next."""
    return {}


@pytest.fixture
def desk(browser: Browser, demo_url: str, signed_in: SignedIn) -> Iterator[Desk]:
    """Signed-in people of the demo, each in a browser of their own. A complaint in a console fails the test."""
    desk = Desk(browser, demo_url, DEMO_PASSWORD, signed_in)
    yield desk
    desk.close()
    assert desk.complaints == []
