"""People of the demo at their browsers."""

from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

WIDTHS = {"desktop": 1280, "phone": 390}
_HEIGHT = 900
Theme = Literal["light", "dark"]


def resize(page: Page, width: str) -> None:
    """Give the page that width, and let it draw itself again."""
    page.set_viewport_size({"width": WIDTHS[width], "height": _HEIGHT})
    page.evaluate("new Promise(requestAnimationFrame)")


class Desk:
    """Opens browsers and signs people in. `complaints` is what the browsers' consoles said is wrong."""

    def __init__(self, browser: Browser, url: str, password: str) -> None:
        self.url = url
        self.complaints: list[str] = []
        self._browser = browser
        self._password = password
        self._contexts: list[BrowserContext] = []

    def person(self, who: str, *, width: str = "desktop", theme: Theme = "light", scripts: bool = True) -> Page:
        """A page of somebody signed in: `engineer@northwind.example`."""
        page = self.stranger(width=width, theme=theme, scripts=scripts)
        page.goto("/sign-in")
        page.fill("[name=username]", who)
        page.fill("[name=password]", self._password)
        page.click("button[type=submit]")
        page.wait_for_url(f"{self.url}/")
        return page

    def stranger(self, *, width: str = "desktop", theme: Theme = "light", scripts: bool = True) -> Page:
        """A page without sign-in."""
        context = self._browser.new_context(
            base_url=self.url,
            viewport={"width": WIDTHS[width], "height": _HEIGHT},
            color_scheme=theme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def close(self) -> None:
        """Close all browsers."""
        for context in self._contexts:
            context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        # Chromium also logs a refusal that the page shows to a person.
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            self.complaints.append(message.text)
