"""`python -m docs.screenshots`: pictures of the main pages, from the demo, for the README and the tutorial."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from flowpilot.demo.seed import DEMO_PASSWORD

IMAGES = Path(__file__).parent / "images" / "pages"

_PHONE = {"width": 390, "height": 844}
_DESK = {"width": 1280, "height": 860}
_WIDE = {"width": 1440, "height": 900}
_TALL = {"width": 1280, "height": 1100}

# For each picture: who signs in, the page (" > " follows the first such link, or presses the button), the size,
# and the theme.
SHOTS = {
    "home": ("senior@northwind.example", "/", _DESK, "light"),
    "session": ("senior@northwind.example", "/ > a[href^='/sessions/0']", _DESK, "light"),
    "queue": ("senior@northwind.example", "/handoffs", _DESK, "light"),
    "queue-phone": ("senior@northwind.example", "/handoffs", _PHONE, "dark"),
    "handoff": ("senior@northwind.example", "/handoffs > .handoff-title", _DESK, "dark"),
    "flow": ("admin@northwind.example", "/flows > main a[href^='/flows/0']", _DESK, "light"),
    "canvas": (
        "owner@northwind.example",
        "/flows > main a[href^='/flows/0'] > a[href$='/canvas']",
        _WIDE,
        "light",
    ),
    "overview": ("owner@northwind.example", "/analytics/overview?compare=true", _DESK, "light"),
    "escalations": ("owner@northwind.example", "/analytics/escalations?period=90d", _DESK, "light"),
    "savings": ("owner@northwind.example", "/analytics/savings?period=90d", _DESK, "dark"),
    "stopwatch-phone": ("senior@northwind.example", "/stopwatch", _PHONE, "light"),
    "posting": ("senior@northwind.example", "/postings?state=held > .card-table a", _DESK, "light"),
    "preview": (
        "admin@northwind.example",
        "/sessions?status=active > .card-table a > a[href$='/preview']",
        _DESK,
        "light",
    ),
    "connection": (
        "owner@northwind.example",
        "/settings/ticket-system > button:has-text('Check it now')",
        _TALL,
        "light",
    ),
    "members": ("owner@northwind.example", "/settings/members", _DESK, "light"),
    "proposals": ("admin@northwind.example", "/proposals", _DESK, "light"),
    "proposal": ("admin@northwind.example", "/proposals > .card-table tr:nth-child(3) a", _TALL, "light"),
}


def main() -> None:
    """Take all pictures again."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with demo() as url, sync_playwright() as playwright:
        browser = chromium(playwright)
        for name, (who, way, size, theme) in SHOTS.items():
            page = sign_in(browser, url, who, size, theme)
            _go(page, way)
            page.screenshot(path=IMAGES / f"{name}.png")
            page.context.close()
            sys.stdout.write(f"wrote {name}.png\n")
        browser.close()


def chromium(playwright: Playwright) -> Browser:
    """Debian's Chromium, started."""
    path = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


def sign_in(browser: Browser, url: str, who: str, size: dict[str, int], theme: str) -> Page:
    """Somebody of the demo, signed in, in a browser of their own."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        has_touch=size["width"] < _DESK["width"],
        is_mobile=size["width"] < _DESK["width"],
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("[name=username]", who)
    page.fill("[name=password]", DEMO_PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{url}/")
    return page


def _go(page: Page, way: str) -> None:
    start, *links = way.split(" > ")
    page.goto(start)
    for link in links:
        if link.startswith("button"):
            page.click(link)
            page.wait_for_selector(".note")
            page.reload()
            continue
        page.goto(str(page.locator(link).first.get_attribute("href")))
    # By selectors: the pages' policy forbids evaluating text, which waiting for a function does.
    page.wait_for_selector(".chart:not(:has(canvas, svg))", state="detached")
    page.wait_for_selector("main :text('Asking the ticket system')", state="detached")
    page.wait_for_selector("[data-canvas]:not([data-ready])", state="detached")
    page.wait_for_selector("[data-live-state]:not([data-live-state=live])", state="detached")


@contextmanager
def demo() -> Iterator[str]:
    """Where a demo of its own answers, until the context ends."""
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o711)  # So that the user who runs PostgreSQL for root can enter it.
        command = [str(Path(sys.executable).with_name("flowpilot")), "demo", "--port", "0"]
        environment = os.environ | {
            "FLOWPILOT_DATA_DIR": str(Path(parent) / "data"),
            "FLOWPILOT_LOGIN_ATTEMPTS_PER_MINUTE": "1000",
        }
        with subprocess.Popen(  # noqa: S603 - our own command
            command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        ) as server:
            assert server.stderr is not None
            line = next(line for line in server.stderr if b"listens on" in line)
            try:
                yield line.split()[3].decode()
            finally:
                server.terminate()
                server.communicate(timeout=60)


if __name__ == "__main__":
    main()
