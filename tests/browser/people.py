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


# The browsers of people who are signed in, by person and by whether scripts run.
SignedIn = dict[tuple[str, bool], BrowserContext]


class Desk:
    """Opens browsers and signs people in. `complaints` is what the browsers' consoles said is wrong."""

    def __init__(self, browser: Browser, url: str, password: str, signed_in: SignedIn | None = None) -> None:
        """`signed_in`: browsers that desks before have left, and that this one leaves to those after it."""
        self.url = url
        self.complaints: list[str] = []
        self._browser = browser
        self.password = password
        self._signed_in = {} if signed_in is None else signed_in
        self._is_last = signed_in is None
        self._strangers: list[BrowserContext] = []

    def person(self, who: str, *, width: str = "desktop", theme: Theme = "light", scripts: bool = True) -> Page:
        """A page of somebody signed in: `engineer@northwind.example`."""
        if (who, scripts) not in self._signed_in:
            self._signed_in[who, scripts] = self._context(scripts=scripts)
        page = self._open(self._signed_in[who, scripts], width, theme)
        page.goto("/healthz")
        page.evaluate("localStorage.clear()")
        page.goto("/")
        if page.url != f"{self.url}/":
            page.fill("[name=username]", who)
            page.fill("[name=password]", self.password)
            page.click("button[type=submit]")
            page.wait_for_url(f"{self.url}/")
        return page

    def stranger(self, *, width: str = "desktop", theme: Theme = "light", scripts: bool = True) -> Page:
        """A page without sign-in."""
        self._strangers.append(self._context(scripts=scripts))
        return self._open(self._strangers[-1], width, theme)

    def close(self) -> None:
        """Close all pages, and all browsers that nobody else has."""
        for context in self._signed_in.values():
            for page in context.pages:
                page.close()
        for context in [*self._strangers, *(self._signed_in.values() if self._is_last else ())]:
            context.close()

    def _context(self, *, scripts: bool) -> BrowserContext:
        return self._browser.new_context(
            base_url=self.url,
            viewport={"width": WIDTHS["desktop"], "height": _HEIGHT},
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )

    def _open(self, context: BrowserContext, width: str, theme: Theme) -> Page:
        page = context.new_page()
        page.set_viewport_size({"width": WIDTHS[width], "height": _HEIGHT})
        page.emulate_media(color_scheme=theme)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        # Chromium also logs a refusal that the page shows to a person.
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            self.complaints.append(message.text)
