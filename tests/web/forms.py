"""Forms as a page shows them, filled in and sent with their hidden fields, as a browser does it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx2
from fastapi.testclient import TestClient


@dataclass
class Form:
    """One form of a page: its present values, the names of all its fields, and whether it can be sent."""

    method: str
    action: str
    holds: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    can_be_sent: bool = False
    # Where the form goes if a button of it, that has an address of its own, is pressed.
    others: list[str] = field(default_factory=list)

    def leads_to(self, action: str) -> str | None:
        """The address that ends so, to which it can be sent."""
        addresses = (self.action, *self.others)
        # One that has come back says in its query which page it was on.
        return next(
            (one for one in addresses if one.endswith(action) or one.partition("?")[0].endswith(action)), None
        )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._is_inside = False
        self._open: str | None = None
        self._has_option = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("method", "get"), given.get("action", "")))
            self._is_inside = True
        if not self._is_inside:
            return
        form, name = self.forms[-1], given.get("name", "")
        if name:
            form.names.add(name)
        if tag == "button" and given.get("type") == "submit" and "disabled" not in given:
            form.can_be_sent = True
            if "formaction" in given:
                form.others.append(given["formaction"])
        if tag == "input" and (given.get("type") not in {"checkbox", "radio", "file"} or "checked" in given):
            form.holds.setdefault(name, []).append(given.get("value", ""))
        elif tag in {"textarea", "select"}:
            self._open, self._has_option = name, False
            form.holds.setdefault(name, []).append("")
        elif tag == "option" and self._open and ("selected" in given or not self._has_option):
            form.holds[self._open][-1], self._has_option = given.get("value", ""), True

    def handle_data(self, data: str) -> None:
        if self._is_inside and self._open and self.lasttag == "textarea":
            self.forms[-1].holds[self._open][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        if tag in {"textarea", "select"}:
            self._open = None


def forms_of(html: str) -> list[Form]:
    """All forms of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def send(
    browser: TestClient, page: httpx2.Response | str, action: str, **said: str | list[str]
) -> httpx2.Response:
    """Fill in the form of a page whose action ends so, and send it. A path is opened first.

    A page that was opened before sends what it showed then, as an older tab does.
    """
    shown = browser.get(page) if isinstance(page, str) else page
    fitting = [
        (form, address)
        for form in forms_of(shown.text)
        if (address := form.leads_to(action)) is not None and form.names.issuperset(said)
    ]
    assert fitting, f"{shown.url} has no form {action} with {sorted(said)}"
    form, address = fitting[0]
    return browser.post(address, data={**form.holds, **said}, headers={"Referer": str(shown.url)})
