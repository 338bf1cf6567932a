"""A real browser for tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

# The shell of the same engine, without windows and services of a browser, which cost more than the pages.
_CHROMIUMS = ("chromium-headless-shell", "chromium")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium: Playwright's own is not installed. While it is open, this thread runs its event loop."""
    path = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    assert path is not None, f"Chromium is not installed. Run make test, or: apt-get install {_CHROMIUMS[0]}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
