"""`python -m docs.walk`: the pictures of docs/two-people.md, while two people of a demo work on one case."""

import io
import re
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from docs.screenshots import chromium, demo, sign_in

IMAGES = Path(__file__).parent / "images" / "walk"

_DESK = {"width": 1280, "height": 800}
_PHONE = {"width": 390, "height": 844}
_MAIL = """\
Subject: The printer in the warehouse is offline

Hello team,
nobody in the warehouse can print since this morning, the printer shows offline.
The delivery notes of today wait for it.

Kind regards
Martina Huber
Head of Logistics | Cedar Foods
"""


def main() -> None:
    """Play the case again, and take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with demo() as url, sync_playwright() as playwright:
        browser = chromium(playwright)
        joan = sign_in(browser, url, "engineer@northwind.example", _DESK, "light")
        priya = sign_in(browser, url, "senior@northwind.example", _DESK, "light")
        on_the_way = sign_in(browser, url, "senior2@northwind.example", _PHONE, "dark")
        handoff = _get_stuck(joan)
        _claim(priya, on_the_way, handoff)
        _ask(priya, joan)
        _settle(priya, joan)
        browser.close()


def _get_stuck(joan: Page) -> str:
    """Joan begins with an e-mail, follows the flow and hands over; the path of the handoff."""
    joan.fill("#f-problem", _MAIL)
    joan.eval_on_selector("#f-problem", "field => { field.scrollTop = 0; }")
    _take(joan, "1-begin")
    joan.click("button:has-text('Find a flow and start')")
    joan.wait_for_url(re.compile("/sessions/"))
    joan.click("button:has-text('Client Cedar Foods?')")
    joan.wait_for_selector("a:text-is('Cedar Foods')")
    _take(joan, "2-question")
    _answer(joan)
    joan.fill("#f-free_text", "Its display says offline; the switch port has no link.")
    joan.click("button:has-text('Add to the record')")
    joan.wait_for_selector(".path :text('no link')")
    joan.click("a:has-text('Escalate')")
    joan.select_option("#f-priority", "high")
    joan.fill("#f-reason", "Needs rights that I do not have.")
    joan.fill("#f-note", "I think it is the cable or the port, not the printer.")
    _take(joan, "3-escalate")
    joan.click("button:has-text('Hand it over')")
    joan.wait_for_url(re.compile("/handoffs/"))
    return "/handoffs/" + joan.url.rsplit("/", 1)[1]


def _claim(priya: Page, on_the_way: Page, handoff: str) -> None:
    """It is in the queue at once, for everybody; Priya claims it."""
    on_the_way.goto("/handoffs")
    for page in (priya, on_the_way):
        page.goto("/handoffs")
        page.wait_for_selector(f"form[action='{handoff}/claim']")
        page.locator(f"form[action='{handoff}/claim']").scroll_into_view_if_needed()
    _take(on_the_way, "4-queue")
    priya.click(f"form[action='{handoff}/claim'] button")
    priya.wait_for_url(re.compile("/sessions/"))
    _take(priya, "5-claimed")


def _ask(priya: Page, joan: Page) -> None:
    """Priya asks back, Joan answers, and nothing has waited."""
    priya.click("summary:has-text('Ask Joan something')")
    priya.fill("#ask-question", "Which port of which switch?")
    priya.locator("form", has=priya.locator("#ask-question")).get_by_role("button").click()
    priya.wait_for_selector("text=no answer yet")
    joan.goto(priya.url)
    joan.fill("textarea[name=answer]", "Port 14 of the switch at the gate.")
    _take(joan, "6-asked")
    joan.click("button:has-text('Answer')")
    priya.evaluate("scrollTo(0, 0)")
    priya.wait_for_selector(".lease :text('has answered')")
    _take(priya, "7-answered")


def _settle(priya: Page, joan: Page) -> None:
    """Priya acts and gives it back; Joan applies the fix, waits, and says that it worked."""
    _answer(priya)
    priya.click("#give-back summary")
    priya.fill("#give-back-reason", "Port security had shut the port. It is open again: check it tomorrow.")
    priya.locator("#give-back button[type=submit]").click()
    priya.wait_for_url(re.compile("/handoffs"))
    joan.wait_for_selector(".alert :text('gave this back')")
    joan.evaluate("scrollTo(0, 0)")
    _take(joan, "8-given-back")
    joan.click("a:has-text('Applied: wait and look again')")
    joan.fill("#f-fix", "Opened port 14 again, and added the printer to the port's list.")
    joan.fill("#f-waiting_for", "a day of printing")
    joan.click("button:has-text('Wait and look again')")
    joan.wait_for_selector("text=Did it help?")
    _take(joan, "9-waiting")
    joan.click("button:has-text('It worked')")
    joan.wait_for_selector("#note-text")
    _take(joan, "10-note")


def _answer(page: Page) -> None:
    """Press the first choice."""
    question = page.inner_text("#now")
    page.wait_for_selector(".fresh", state="detached")
    page.click(".choice")
    page.wait_for_selector(f"#now:not(:text-is({question!r}))")


def _take(page: Page, name: str) -> None:
    """Take a picture of what the page shows, once it is complete, without the note of what was done last."""
    for awaited in ("Asking the ticket system", "Show what solved similar problems"):
        page.wait_for_selector(f"main :text('{awaited}')", state="detached")
    page.wait_for_selector(".fresh", state="detached")
    while page.locator("#notes [data-dismiss]").count():
        page.locator("#notes [data-dismiss]").first.click()
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.save(IMAGES / f"{name}.webp", quality=82, method=6)
    sys.stdout.write(f"wrote {name}.webp\n")


if __name__ == "__main__":
    main()
