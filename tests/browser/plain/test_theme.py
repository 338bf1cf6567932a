"""Light or dark without scripts: as the system says. With scripts, what was chosen wins."""

from typing import get_args

import pytest
from playwright.sync_api import Page

from tests.browser.people import Desk, Theme

# How bright the colour behind everything is, of 255, however the browser writes it.
BRIGHTNESS = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    return Math.max(...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3));
}"""
# Of the page's ground, its surfaces, words of all tones, controls and badges.
COLOURS = """selectors => selectors.flatMap(selector => {
    const style = getComputedStyle(document.querySelector(selector));
    return [style.backgroundColor, style.color, style.borderTopColor, style.colorScheme];
})"""
PARTS = {
    "/": ["body", ".side", ".card", ".place.here", ".text-secondary", "textarea", "main .btn", "h1"],
    "/handoffs": ["body", ".handoff", ".badge", ".form-select", ".btn-primary", ".subheader"],
    "/sign-in": ["body", ".card", "[type=submit]"],
}


def ground(page: Page) -> Theme:
    """What the colour behind everything is."""
    brightness: int = page.evaluate(BRIGHTNESS)
    assert not 64 < brightness < 192
    return "dark" if brightness < 128 else "light"


@pytest.mark.parametrize("theme", get_args(Theme))
@pytest.mark.parametrize("path", PARTS)
def test_without_scripts_a_page_has_the_colours_of_the_system(desk: Desk, path: str, theme: Theme) -> None:
    found = []
    for scripts in (True, False):
        if path == "/sign-in":
            page = desk.stranger(theme=theme, scripts=scripts)
        else:
            page = desk.person("senior@northwind.example", theme=theme, scripts=scripts)
        page.goto(path)
        assert ground(page) == theme, scripts
        found.append(page.evaluate(COLOURS, PARTS[path]))
    assert found[0] == found[1]


@pytest.mark.parametrize("chosen", get_args(Theme))
def test_what_was_chosen_wins_over_the_system(desk: Desk, chosen: Theme) -> None:
    page = desk.person("senior@northwind.example", theme="dark" if chosen == "light" else "light")
    assert ground(page) != chosen
    page.locator(".side-body [data-theme-toggle]").click()
    assert ground(page) == chosen
    page.goto("/handoffs")
    assert ground(page) == chosen
