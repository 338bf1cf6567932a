"""In each state of a page, the keys that are listed are those that do something.

They press what the page offers, and that this is allowed is held in tests/web/sessions/test_offers.py.
"""

import string
from collections import Counter
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page, Route

from flowpilot.db.connect import DatabaseUrls
from flowpilot.web.assets import STATIC
from tests.browser.hands import keys_listed
from tests.chromium import chromium
from tests.company import found_company
from tests.web.keys.pages import Shown, shown_pages
from tests.web.keys.reading import Keys
from tests.web.sessions.desk import open_desk

_ADDRESS = "http://flowpilot.test"
# Any that somebody may press alone.
_KEYS = [*string.ascii_letters, *string.digits, *string.punctuation, "Escape", "Enter"]

# Which of these keys do something. What is pressed is told and goes no further, so one page is enough for all.
_DOING = """(keys) => {
  let is_told = false;
  const tell = (event) => {
    is_told = true;
    if (event.type === "click") { event.preventDefault(); event.stopImmediatePropagation(); }
  };
  for (const type of ["click", "focusin"]) window.addEventListener(type, tell, true);
  const doing = keys.filter((key) => {
    is_told = false;
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    document.activeElement.blur();
    document.querySelectorAll("dialog.keys").forEach((dialog) => dialog.close());
    return is_told;
  });
  for (const type of ["click", "focusin"]) window.removeEventListener(type, tell, true);
  return doing;
}"""

# What Esc and Ctrl+Enter do in each field, all folds open: the fields that Esc does not leave, the forms that are
# not sent though they have a button, and how many forms are.
_WRITING = """() => {
  const faults = [], sent = new Set();
  const press = (field, key, ctrlKey) => {
    field.focus();
    field.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true, cancelable: true }));
  };
  const tell = (event) => {
    sent.add(event.target);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener("submit", tell, true);
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  const all = document.querySelectorAll("textarea, select, input:not([type=hidden])");
  const fields = [...all].filter((one) => one.checkVisibility() && !one.disabled);
  for (const field of fields) {
    const { form } = field;
    press(field, "Escape", false);
    if (document.activeElement === field) faults.push(`${field.name}: Esc does not leave it`);
    const answers = [...form?.querySelectorAll("[type=submit]") ?? []];
    if (!answers.length) continue;
    form.noValidate = true;
    sent.delete(form);
    press(field, "Enter", true);
    if (answers.includes(document.activeElement)) sent.add(form);
    if (!sent.has(form)) faults.push(`${form.action} ${field.name}: Ctrl+Enter does nothing`);
  }
  window.removeEventListener("submit", tell, true);
  return { faults, n_fields: fields.length, n_sent: sent.size };
}"""

_NOT_SAID = """(all) => all.map((one) => [one.dataset.key, one.getAttribute("aria-keyshortcuts")])
  .filter(([key, said]) => key !== said)"""


@pytest.fixture(scope="module")
def shown(urls: DatabaseUrls, client: TestClient) -> list[Shown]:
    """The pages, each kind once."""
    kinds = {one.kind: one for one in reversed(shown_pages(open_desk(client, found_company(urls))))}
    return list(kinds.values())


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A browser's page. What it asks for besides scripts and styles is not answered."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.route("**/*", lambda route: route.abort())
        page.route(
            f"{_ADDRESS}/static/**",
            lambda route: route.fulfill(path=STATIC / _path(route).removeprefix("/static/")),
        )
        yield page


def test_a_key_is_on_one_thing_that_can_be_pressed_and_is_written_there(shown: list[Shown]) -> None:
    for one in shown:
        keys = Keys(one.main)
        times = Counter(place.key for place in keys.places)
        assert not [key for key, n in times.items() if n > 1 or len(key) > 1], one.name
        assert [place for place in keys.places if not place.acts] == [], one.name
        assert keys.written == set(times), one.name


def test_the_keys_that_are_listed_are_those_that_do_something(shown: list[Shown], page: Page) -> None:
    faults = []
    for one in shown:
        listed = _listed(page, one)
        doing = {*page.evaluate(_DOING, _KEYS), "?"}
        writing = page.evaluate(_WRITING)
        doing |= {"Esc"} if writing["n_fields"] else set()
        doing |= {"Ctrl Enter"} if writing["n_sent"] else set()
        faults += [f"{one.name}: {fault}" for fault in writing["faults"]]
        if listed != doing:
            faults.append(f"{one.name}: lists {sorted(listed)}, and {sorted(doing)} do something")
    assert faults == [], "\n".join(faults)


def _listed(page: Page, one: Shown) -> set[str]:
    """The keys in the list that ? opens on that page."""
    page.route(f"{_ADDRESS}{one.path}", lambda route: route.fulfill(body=one.html, content_type="text/html"))
    page.goto(f"{_ADDRESS}{one.path}")
    page.keyboard.press("Escape")  # Some forms have the focus from the beginning.
    said = set(keys_listed(page))
    assert page.locator("[data-key]").evaluate_all(_NOT_SAID) == [], one.name
    return said


def _path(route: Route) -> str:
    return route.request.url.removeprefix(_ADDRESS).partition("?")[0]
