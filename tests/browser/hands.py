"""How somebody works a page: with a pointer or with keys alone, with scripts or without."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

# More places than any page of a session has.
_MOST_TABS = 150


@dataclass(frozen=True)
class Hands:
    """Somebody at a page."""

    page: Page
    only_keys: bool = False
    has_scripts: bool = True

    def press(self, name: str, *, within: Locator | None = None) -> None:
        """Press a button, a link or the head of a folded part by its name."""
        area = within or self.page.locator("main")
        named = re.compile(rf"^\s*{re.escape(name)}\b")
        roles = area.get_by_role("button", name=named).or_(area.get_by_role("link", name=named))
        self.use(roles.or_(area.locator("summary").filter(has_text=named)).locator("visible=true").first)

    def use(self, target: Locator) -> None:
        """Press what is there, once new content takes a press."""
        expect(self.page.locator(".fresh")).to_have_count(0)
        if not self.only_keys:
            target.click()
            return
        self.reach(target)
        self.page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        """Fill in the field of that label."""
        field = self.page.locator("main").get_by_label(label).locator("visible=true").first
        if not self.only_keys:
            field.fill(text)
            return
        self.reach(field)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def reach(self, target: Locator) -> None:
        """Go there with Tab, as far as that leads."""
        for _ in range(_MOST_TABS):
            if target.evaluate("place => place === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {target}")

    def look(self) -> None:
        """See what others have done: the page says it by itself, or is opened again."""
        if not self.has_scripts:
            self.page.goto(self.page.url)


def keys_listed(page: Page) -> list[str]:
    """The keys in the list that ? opens, which is closed again."""
    page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Keys")
    expect(listed).to_be_visible()
    said = [" ".join(term.locator("kbd").all_inner_texts()) for term in listed.locator("dt").all()]
    page.keyboard.press("Escape")
    expect(listed).to_have_count(0)
    return said
